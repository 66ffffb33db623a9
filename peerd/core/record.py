"""What happened, written into the peer: no rule is applied here, and a fact about another session is stale."""

from typing import assert_never

from msgspec.structs import replace

from peerd.core.action import Decision, Kill, RecordDone, SaveMark, SavePaused, SaveWant
from peerd.core.event import (
    ActivitySeen,
    CancelRequested,
    DeadlinePassed,
    DeliveryBarred,
    DeliveryHeld,
    DeliveryLost,
    DeliverySpoilt,
    DeliveryVanished,
    Entered,
    Event,
    FoundAtRest,
    FoundAtWork,
    LeaveRequested,
    MessageAccepted,
    MessageSent,
    MessageSubmitted,
    PauseRequested,
    RefreshRequested,
    SelfDone,
    SessionAdopted,
    SessionExited,
    SessionReady,
    SessionStarted,
    SpawnCalledOff,
    SpawnFailed,
    SpecChanged,
    StartRequested,
    StopRequested,
    TakenBack,
    TaskOver,
    TurnEnded,
    TurnLost,
    WakeRequested,
    WrongConversation,
)
from peerd.core.facts import leased, submitted, told
from peerd.core.holds import ScreenSeen, seen
from peerd.core.lifecycle import TRANSITIONS
from peerd.core.limit import TurnLimited, without_limit
from peerd.core.pair import SenderHeld, hold_sender
from peerd.core.printed_answer import AnswerHeard, heard
from peerd.core.queries import may_be_ended
from peerd.core.queue import accept, asked_under, drop, open_task, served, taken_back
from peerd.core.requeue import give_up_entered, hand_back, passed, reopen
from peerd.core.state import Lease, Look, Peer, Terms, without_session
from peerd.core.wakemode import Conversed
from peerd.model.message import Delivery, MessageId
from peerd.model.peer import Phase, Want
from peerd.model.session import EndCause

QUESTIONS_MAX = 64
"""Of what a session sent: the latest."""

_OfSession = (
    SessionReady
    | SessionExited
    | WrongConversation
    | ActivitySeen
    | ScreenSeen
    | DeliveryHeld
    | DeliverySpoilt
    | DeliveryBarred
    | Entered
    | DeliveryLost
    | DeliveryVanished
    | MessageSubmitted
    | TurnEnded
    | TurnLimited
    | Conversed
    | FoundAtRest
    | FoundAtWork
    | SelfDone
)

_Request = (
    WakeRequested
    | RefreshRequested
    | StartRequested
    | StopRequested
    | LeaveRequested
    | MessageAccepted
    | CancelRequested
    | PauseRequested
    | SpecChanged
)

UP = (Phase.STARTING, Phase.RUNNING)


def record(peer: Peer, event: Event, now: float) -> Decision:
    """The peer with this event known. Raises nothing; what does not fit the state is ignored."""
    match event:
        case SessionStarted() | SpawnFailed() | SpawnCalledOff() | SessionAdopted() | DeadlinePassed():
            return TRANSITIONS[peer.phase][type(event)](peer, event, now)
        case TurnLost():
            return given_back(peer, event, now)
        case TaskOver():
            return Decision(_over(peer, event, now))
        case TakenBack() | SenderHeld() | AnswerHeard():
            return _of_queue(peer, event)
        case MessageSent(message=message):
            return Decision(_wrote(peer, message, now))
        case SelfDone():
            return Decision(peer) if stale(peer, event) else _done(peer, event, now)
        case ScreenSeen():
            return Decision(peer if stale(peer, event) else seen(peer, event, now))
        case Conversed() | FoundAtRest() | FoundAtWork():
            return Decision(peer if stale(peer, event) else _noticed(peer, event, now))
        case SessionReady() | SessionExited() | WrongConversation():
            return Decision(peer) if stale(peer, event) else TRANSITIONS[peer.phase][type(event)](peer, event, now)
        case Entered(message=message):
            return Decision(peer if stale(peer, event) else replace(peer, entered=message))
        case ActivitySeen() | DeliveryHeld() | DeliveryLost() | DeliveryVanished() | MessageSubmitted():
            return Decision(peer) if stale(peer, event) else told(peer, event, now)
        case TurnEnded() | TurnLimited() | DeliverySpoilt() | DeliveryBarred():
            return Decision(peer) if stale(peer, event) else told(peer, event, now)
        case _:
            return _asked(peer, event)


def _of_queue(peer: Peer, event: TakenBack | SenderHeld | AnswerHeard) -> Decision:
    match event:
        case TakenBack(message=message):
            return Decision(taken_back(peer, message))
        case SenderHeld():
            return hold_sender(peer, event)
        case AnswerHeard():
            return heard(peer, event)
        case _:
            assert_never(event)


def given_back(peer: Peer, lost: TurnLost, now: float) -> Decision:
    """What no session of the peer holds any more is done, or waits again; what one holds is left alone."""
    terms = lost.terms or peer.terms
    begun = replace(peer, kind=terms.kind, task_attempts=terms.task_attempts)
    if lost.taken:
        back = _from_turn(replace(begun, turn=lost.turn), lost)
    else:
        begun = replace(begun, entered=lost.turn.id if lost.entered else None)
        waits = any(each.id == lost.turn.id for each in peer.queue)
        leased = begun if waits else replace(begun, lease=Lease(lost.turn, now))
        back = (give_up_entered if waits else hand_back)(leased, lost.end.cause)
    return Decision(replace(peer, queue=back.peer.queue, noted=back.peer.noted), back.actions)


def _from_turn(peer: Peer, lost: TurnLost) -> Decision:
    done = passed(peer, lost.session, lost.end)
    return done if done.actions else reopen(peer, lost.end.cause)


def _wrote(peer: Peer, message: MessageId | None, now: float) -> Peer:
    ours = (message,) if message and peer.ephemeral and peer.session else ()
    questions = (*peer.questions, *ours)[-QUESTIONS_MAX:]
    return replace(peer, sent=peer.turn is not None, questions=questions, active_at=now, considered=Look.NOT_YET)


def _over(peer: Peer, event: TaskOver, now: float) -> Peer:
    """An answer proves that its message was taken, also where the runtime did not say so: it is not given once more."""
    if leased(peer, event.message) and not event.taken:
        peer = replace(peer, lease=None)
    elif leased(peer, event.message) and peer.session is not None:
        peer = submitted(peer, MessageSubmitted(peer.spec.name, peer.session, event.message), now).peer
    return served(peer, event.message)


def _done(peer: Peer, event: SelfDone, now: float) -> Decision:
    """The task that this session has in hand is done, whoever asked for it."""
    task = open_task(peer) or next((each.waiting for each in peer.joined if each.waiting.task), None)
    known = replace(peer, active_at=now, considered=Look.NOT_YET)
    if task is None:
        return Decision(known)
    return Decision(served(known, task.id), (RecordDone(peer.spec.name, event.session, task.id),))


def _noticed(peer: Peer, event: Conversed | FoundAtRest | FoundAtWork, now: float) -> Peer:
    match event:
        case Conversed(runtime=runtime) if runtime not in (None, peer.spec.runtime):
            return peer  # the spec was edited: its next session could not go on with this
        case Conversed(conversation=conversation, anew=anew):
            old, topics = (None, ()) if anew else (peer.past.conversation, peer.past.topics)
            known = asked_under(peer, old, conversation) if old is not None else peer
            return replace(known, past=replace(peer.past, conversation=conversation, topics=topics))
        case FoundAtRest() if peer.considered is Look.ASKED:
            return replace(peer, considered=Look.AT_REST if may_be_ended(peer) else Look.NOT_YET)
        case FoundAtRest():
            return peer
        case FoundAtWork(ago_s=ago_s):
            return replace(peer, considered=Look.AT_WORK, active_at=max(peer.active_at, now - ago_s))
        case _:
            assert_never(event)


def stale(peer: Peer, event: _OfSession) -> bool:
    return event.session != peer.session


def _asked(peer: Peer, event: _Request) -> Decision:
    match event:
        case WakeRequested(cause=cause, mode=mode):
            if peer.phase is Phase.RUNNING or peer.want is Want.DOWN:
                return Decision(peer)
            return Decision(replace(peer, called=cause, asked=mode or peer.asked))
        case RefreshRequested():
            return without_limit(_refresh(peer, event))
        case StartRequested():
            return without_limit(_start(peer, event))
        case StopRequested():
            return _stop(peer)
        case LeaveRequested(leaving=leaving):
            return Decision(replace(peer, leaving=leaving), _end_again(peer) if leaving else ())
        case MessageAccepted(message=message):
            return accept(_anew(peer, message.id), message)
        case CancelRequested(message=message, why=why):
            return drop(peer, message, Delivery.CANCELLED, why)
        case PauseRequested(paused=paused):
            return Decision(replace(peer, paused=paused), (SavePaused(peer.spec.name, paused),))
        case SpecChanged(spec=spec, task_attempts=task_attempts, kind=kind):
            same = spec.runtime == peer.spec.runtime
            past = peer.past if same else replace(peer.past, conversation=None, topics=())
            known = peer if same else asked_under(peer, None, None)
            known = replace(known, spec=spec, past=past, edited=Terms(kind, task_attempts))
            known = known if peer.single is not None else without_session(known)
            edited = Decision(replace(known, considered=Look.NOT_YET))  # it may be idle for longer now
            return edited if same else without_limit(edited)
        case _:
            assert_never(event)


def _anew(peer: Peer, message: MessageId) -> Peer:
    """What was entered of it before somebody had it handed out anew is of no more interest."""
    return replace(peer, entered=None if peer.entered == message else peer.entered)


def _refresh(peer: Peer, event: RefreshRequested) -> Decision:
    """One that only starts is not waited for: it may have begun before what the next one is to know of. But by its own
    wish none ends before it was ready: the next one would wish that too."""
    hurry = (peer.phase is Phase.STARTING and not event.itself) or (peer.phase is Phase.RUNNING and event.now)
    wanted = event.again if peer.want is not Want.DOWN else None
    again = wanted or peer.past.again or (peer.called if hurry else None)
    marked = replace(peer, past=replace(peer.past, marked=True, again=again), hurry=hurry)
    return Decision(marked, (SaveMark(peer.spec.name, marked=True, again=again),))


def _stop(peer: Peer) -> Decision:
    """Whoever wanted it to run wants it no more; a mark stays. A session that should have ended is ended once more."""
    past = replace(peer.past, again=None)
    down = replace(peer, want=Want.DOWN, unclear=False, called=None, asked=None, past=past)
    unasked = (SaveMark(peer.spec.name, marked=True),) if peer.past.marked else ()
    return Decision(down, (SaveWant(peer.spec.name, Want.DOWN), *unasked, *_end_again(peer)))


def _end_again(peer: Peer) -> tuple[Kill, ...]:
    again = peer.session if peer.phase is Phase.STOPPING else None
    return (Kill(peer.spec.name, again, EndCause.STOPPED),) if again is not None else ()


def _start(peer: Peer, event: StartRequested) -> Decision:
    """Lifts a stop, a backoff and a crash loop, and forgets the deaths that led there."""
    wanted = event.resume and peer.phase is not Phase.RUNNING
    called, asked = (event.cause, "resume") if wanted else (peer.called, peer.asked)
    phase = Phase.ASLEEP if peer.phase in (Phase.BACKOFF, Phase.FAILED) else peer.phase
    deadline = None if phase is not peer.phase else peer.deadline
    return Decision(
        replace(
            peer,
            want=Want.ON_DEMAND,
            unclear=False,
            phase=phase,
            deaths=(),
            no_room=(),
            deadline=deadline,
            probes=0,
            called=called,
            asked=asked,
        ),
        (SaveWant(peer.spec.name, Want.ON_DEMAND),),
    )
