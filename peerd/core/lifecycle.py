"""The life of a session, as one total table over phase and fact.

Rule 1: `phase` changes here, in answer to a fact, or in rules.py, in answer to a state; nowhere else.
Rule 2: a transition decides and does nothing; what must follow is in the actions it returns.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, get_args

from msgspec.structs import replace

from peerd.core.action import CountReady, Decision, Kill, SaveMark
from peerd.core.death import die, holds, of_task, pause, proved, proved_at, wait_for_room, went_well
from peerd.core.event import (
    DeadlinePassed,
    SessionAdopted,
    SessionExited,
    SessionReady,
    SessionStarted,
    SpawnCalledOff,
    SpawnFailed,
    WrongConversation,
)
from peerd.core.limit import resting
from peerd.core.queue import due_at
from peerd.core.requeue import passed, returned, without_first
from peerd.core.restart import Death, ended_badly
from peerd.core.state import Lease, Look, Past, Peer, Said, Waiting, without_session
from peerd.model.message import Hold
from peerd.model.peer import Activity, Phase
from peerd.model.session import PARKS, REAPED, End, EndCause, Ending, SessionId

LifecycleEvent = (
    SessionStarted
    | SessionReady
    | SessionExited
    | WrongConversation
    | SpawnFailed
    | SpawnCalledOff
    | SessionAdopted
    | DeadlinePassed
)
Transition = Callable[[Peer, Any, float], Decision]

LIFECYCLE_EVENTS: Final = get_args(LifecycleEvent)


def ignore(peer: Peer, event: LifecycleEvent, now: float) -> Decision:
    return Decision(peer)


def settle_in(peer: Peer, event: SessionStarted, now: float) -> Decision:
    """The session has a name now, and from now on its boot is timed; it is not ready yet."""
    return Decision(replace(peer, session=event.session, no_room=(), deadline=now + peer.spec.boot_deadline_s))


def run(peer: Peer, event: SessionReady, now: float) -> Decision:
    """It takes input. What spoke for this wake's mode is used up now, not before."""
    first = (Waiting(event.first, task=False, first=True),) if event.first else ()
    awake = replace(peer, phase=Phase.RUNNING, activity=resting(peer), called=None, asked=None)
    awake = replace(awake, hold=None, held_since=None, attended=False)
    kept = _gone_on_with(peer.past, event) if peer.mode == "resume" else Past()
    marked, again = (peer.past.marked, peer.past.again) if peer.hurry else (False, None)
    past = replace(kept, parked=False, marked=marked, resume_failures=0, again=again)
    known = {"past": past, "queue": (*first, *peer.queue)}
    return Decision(replace(awake, ready=True, active_at=now, deadline=proved_at(peer, now), **known), used_up(peer))


def _gone_on_with(past: Past, event: SessionReady) -> Past:
    """It may be an older conversation than the last one: where nothing was said in that, it cannot be resumed."""
    if event.topics is None:
        return past
    return replace(past, conversation=event.conversation or past.conversation, topics=event.topics)


def used_up(peer: Peer) -> tuple[SaveMark, ...]:
    """The mark of one whose session becomes ready. On record in one commit with that, it replaces no second session.
    One that is to be replaced leaves it to the next."""
    marked = peer.phase is Phase.STARTING and peer.past.marked and not peer.hurry
    return (SaveMark(peer.spec.name, marked=False),) if marked else ()


def adopt(peer: Peer, event: SessionAdopted, now: float) -> Decision:
    """A session outlived its daemon. One that was still booting gets a whole boot deadline again, and a try after a
    crash loop is to live for as long as ever."""
    activity = resting(peer) if event.activity is Activity.IDLE else event.activity
    known = {"session": event.session, "activity": activity, "turn": event.turn}
    single = peer.ephemeral if event.single is None else event.single
    begun = event.terms or peer.terms
    over = event.served is not None or event.lost
    begun_with = event.turn is not None and event.turn.first  # given up: it has been given a task since
    finished = over and single and not event.task and (event.turn is None or begun_with)
    task = event.turn if event.turn is not None and event.turn.task else event.task
    due = due_at(task, now if event.since is None else event.since) if task is not None else None
    own = {
        "joined": event.joined,
        "served": event.served or event.failed,
        "task": event.task,
        "said": event.said,
        "sent": event.sent and event.turn is not None,
        "due": due,
        "finished": finished,
        "ready": event.ready,
        "adopted": not event.ready,
        "mode": event.mode,
        "kind": begun.kind,
        "task_attempts": begun.task_attempts,
        "edited": None if begun == peer.terms else peer.terms,
        "single": single,
        "questions": event.questions,
        "doubts": event.doubts,
        "entered": event.entered,
        "lease": Lease(event.leased, now, watched=False) if event.leased is not None else None,
        "active_at": now,
        "attended": False,
    }
    adopted = replace(peer, **known, **own)
    if event.ending is not None:
        return _end_further(adopted, event.session, event.ending)
    if event.ready:  # what it told to be open is a prompt
        hold = Hold.PROMPT if event.activity is Activity.BLOCKED else None
        return Decision(replace(adopted, phase=Phase.RUNNING, hold=hold, deadline=proved_at(peer, now)))
    boots = replace(adopted, phase=Phase.STARTING, deadline=now + peer.spec.boot_deadline_s)
    return Decision(replace(boots, hurry=peer.past.marked and not event.refreshed))


def _end_further(peer: Peer, session: SessionId, ending: Ending) -> Decision:
    """The end that the last daemon had begun goes on, whatever speaks against it by now: it may have been signalled."""
    stopping = replace(peer, phase=Phase.STOPPING, deadline=None)
    return Decision(stopping, (Kill(peer.spec.name, session, ending.cause, ending.why),))


def fall(peer: Peer, event: SessionExited, now: float) -> Decision:
    """A session is over. What it held goes back to the queue; a death counts, an end of our choosing does not. Where an
    ephemeral session dies at its task, or on the way to it, that is one of the task's attempts."""
    done = passed(peer, event.session, event.end)
    tried = proved(done.peer) if went_well(done.peer) else Decision(done.peer)
    peer = without_first(tried.peer)
    cleared = returned(peer, event.end.cause)
    cleared = Decision(cleared.peer, done.actions + tried.actions + cleared.actions)
    gone = replace(
        without_session(cleared.peer),
        session=None,
        activity=Activity.UNKNOWN,
        called=None,
        asked=None,
        served=None,
        hold=None,
        held_since=None,
        attended=False,
        ready=False,
        considered=Look.NOT_YET,
        hurry=False,
        sent=False,
        doubts=(),
        entered=None,
        said=Said(),
        questions=(),
        finished=False,
        past=_after(peer, event.end),
    )
    if event.end.cause in REAPED or (peer.finished and not holds(peer)):
        owed = {"called": peer.called, "asked": peer.asked}
        return Decision(replace(gone, phase=Phase.ASLEEP, deadline=None, **owed), cleared.actions)
    death = Death(now, event.boot_s)
    died = pause(gone, now) if of_task(peer, event.end) else die(gone, death, bad=ended_badly(event.end))
    return Decision(died.peer, cleared.actions + died.actions)


def fail_to_spawn(peer: Peer, event: SpawnFailed, now: float) -> Decision:
    never = replace(without_session(peer), called=None, asked=None)
    if event.full:
        return wait_for_room(never, now)
    past = _after(peer, End(EndCause.BOOT_FAILED))
    return die(replace(never, no_room=(), past=past), Death(now, event.boot_s), bad=True)


def rest(peer: Peer, event: SpawnCalledOff, now: float) -> Decision:
    """No death, and no session that could have one. Of one that is not held down the daemon ends; of a try nothing is
    on record yet: it is due still."""
    gone = without_session(peer)
    if event.probe and peer.probes:
        return Decision(replace(gone, phase=Phase.FAILED, probes=peer.probes - 1, deadline=now))
    return Decision(replace(gone, phase=Phase.ASLEEP))


def _after(peer: Peer, end: End) -> Past:
    """A session that was never ready leaves what was known before it, but for a resume that failed."""
    if peer.ready:
        return replace(peer.past, parked=end.cause in PARKS)
    failed = peer.mode == "resume" and end.of_itself
    return replace(peer.past, resume_failures=peer.past.resume_failures + failed)


def give_up_boot(peer: Peer, event: DeadlinePassed, now: float) -> Decision:
    """A boot past its deadline is ended, but not while it waits for a person at a dialog, nor with somebody at it, nor
    one of which nobody knows whether it is wanted, nor a service whose word may be lost; before tmux has answered there
    is nothing to end yet. A screen that nobody knows may be a dialog or a hang: it waits for who is there, no other."""
    if peer.deadline is None or now < peer.deadline or peer.session is None:
        return Decision(peer)
    waits = peer.activity is Activity.BLOCKED and peer.hold is not Hold.UNKNOWN_SCREEN
    if waits or peer.attended or peer.unclear:
        return Decision(replace(peer, deadline=now + peer.spec.boot_deadline_s))
    if peer.kind == "service" and peer.adopted:
        return Decision(replace(peer, deadline=None), (CountReady(peer.spec.name, peer.session),))
    why = f"not ready within {peer.spec.boot_deadline_s:g} s"
    stopping = replace(peer, phase=Phase.STOPPING, deadline=None)
    return Decision(stopping, (Kill(peer.spec.name, peer.session, EndCause.BOOT_FAILED, why),))


def disown(peer: Peer, event: WrongConversation, now: float) -> Decision:
    """As if it had never been ready: a resume that failed. Nothing more is given to it."""
    stopping = replace(peer, phase=Phase.STOPPING, deadline=None, ready=False)
    return Decision(stopping, (Kill(peer.spec.name, event.session, EndCause.BOOT_FAILED, event.why),))


def retry(peer: Peer, event: DeadlinePassed, now: float) -> Decision:
    """The backoff is over: asleep, so that the rules may wake it."""
    if peer.deadline is None or now < peer.deadline:
        return Decision(peer)
    return Decision(replace(peer, phase=Phase.ASLEEP, deadline=None))


TRANSITIONS: Final[Mapping[Phase, Mapping[type, Transition]]] = {
    Phase.ASLEEP: {
        SessionStarted: ignore,
        SessionReady: ignore,
        SessionExited: ignore,
        WrongConversation: ignore,
        SpawnFailed: ignore,
        SpawnCalledOff: ignore,
        SessionAdopted: adopt,
        DeadlinePassed: ignore,
    },
    Phase.STARTING: {
        SessionStarted: settle_in,
        SessionReady: run,
        SessionExited: fall,
        WrongConversation: disown,
        SpawnFailed: fail_to_spawn,
        SpawnCalledOff: rest,
        SessionAdopted: ignore,
        DeadlinePassed: give_up_boot,
    },
    Phase.RUNNING: {
        SessionStarted: ignore,
        SessionReady: ignore,
        SessionExited: fall,
        WrongConversation: disown,
        SpawnFailed: ignore,
        SpawnCalledOff: ignore,
        SessionAdopted: ignore,
        DeadlinePassed: ignore,
    },
    Phase.STOPPING: {
        SessionStarted: ignore,
        SessionReady: ignore,
        SessionExited: fall,
        WrongConversation: ignore,
        SpawnFailed: ignore,
        SpawnCalledOff: ignore,
        SessionAdopted: ignore,
        DeadlinePassed: ignore,
    },
    Phase.BACKOFF: {
        SessionStarted: ignore,
        SessionReady: ignore,
        SessionExited: ignore,
        WrongConversation: ignore,
        SpawnFailed: ignore,
        SpawnCalledOff: ignore,
        SessionAdopted: ignore,
        DeadlinePassed: retry,
    },
    Phase.FAILED: {
        SessionStarted: ignore,
        SessionReady: ignore,
        SessionExited: ignore,
        WrongConversation: ignore,
        SpawnFailed: ignore,
        SpawnCalledOff: ignore,
        SessionAdopted: ignore,
        DeadlinePassed: ignore,
    },
}
