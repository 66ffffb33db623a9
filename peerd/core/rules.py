"""What follows from where things stand. A rule returns None, or a decision after which it no longer applies."""

from collections.abc import Callable
from typing import Final

from msgspec.structs import replace

from peerd.core.action import (
    Decision,
    Deliver,
    Kill,
    LookForWork,
    NoteHold,
    NoteProbe,
    NoteRecovered,
    RecordTurn,
    Spawn,
)
from peerd.core.returning import release
from peerd.core.state import Lease, Peer, Waiting
from peerd.core.wakemode import wake_mode
from peerd.model.message import Hold
from peerd.model.peer import Activity, Phase, Want
from peerd.model.session import EndCause

Rule = Callable[[Peer, float], Decision | None]


def reason_to_run(peer: Peer) -> str | None:
    """Why a peer that is not stopped should be awake; None: it may sleep."""
    if peer.called:
        return peer.called
    if peer.queue:
        return "message"
    return "kept up" if peer.want is Want.UP else None


def listening(peer: Peer) -> bool:
    """Ready for a message: awake, its turn known to be closed. Unknown is not idle."""
    return peer.phase is Phase.RUNNING and peer.activity is Activity.IDLE and peer.turn is None


def spent(peer: Peer) -> bool:
    """An ephemeral session that has had its one task; answers to its questions still come through."""
    return peer.spec.wake_policy == "ephemeral" and (peer.finished or peer.task is not None)


def forget_when_stopped(peer: Peer, now: float) -> Decision | None:
    """A stop ends a scheduled restart and a crash loop's waiting too."""
    if peer.want is not Want.DOWN or peer.phase not in (Phase.BACKOFF, Phase.FAILED):
        return None
    return Decision(replace(peer, phase=Phase.ASLEEP, deadline=None))


def spawn_when_called(peer: Peer, now: float) -> Decision | None:
    if peer.want is Want.DOWN or peer.phase is not Phase.ASLEEP:
        return None
    cause = reason_to_run(peer)
    return None if cause is None else _spawned(peer, cause, now)


def probe_when_due(peer: Peer, now: float) -> Decision | None:
    """A crash loop is tried once more after a while, with whatever waits for the peer."""
    if peer.phase is not Phase.FAILED or peer.want is Want.DOWN or peer.deadline is None or now < peer.deadline:
        return None
    probing = _spawned(replace(peer, probes=peer.probes + 1), "probe", now)
    return Decision(probing.peer, (NoteProbe(peer.spec.name, probing.peer.probes), *probing.actions))


def recover_when_proved(peer: Peer, now: float) -> Decision | None:
    """A try after a crash loop that has lived for a while ends it."""
    if not peer.probes or peer.phase is not Phase.RUNNING or peer.deadline is None or now < peer.deadline:
        return None
    recovered = replace(peer, probes=0, deaths=(), deadline=None)
    return Decision(recovered, (NoteRecovered(peer.spec.name, peer.probes),))


def _spawned(peer: Peer, cause: str, now: float) -> Decision:
    chosen = wake_mode(peer)
    starting = replace(
        peer,
        phase=Phase.STARTING,
        activity=Activity.UNKNOWN,
        deadline=now + peer.spec.boot_deadline_s,
        served=None,
        asked=None,
        mode=chosen.mode,
        ready=False,
    )
    resumed = peer.past.conversation if chosen.mode == "resume" and peer.asked is None else None
    return Decision(starting, (Spawn(peer.spec.name, chosen.mode, cause, chosen.because, resumed),))


def kill_when_unwanted(peer: Peer, now: float) -> Decision | None:
    """A stop wins over a boot too, as soon as there is a session to end."""
    if peer.want is not Want.DOWN or peer.phase not in (Phase.STARTING, Phase.RUNNING) or peer.session is None:
        return None
    stopping = replace(peer, phase=Phase.STOPPING, deadline=None)
    return Decision(stopping, (Kill(peer.spec.name, peer.session, EndCause.STOPPED),))


def replace_when_marked(peer: Peer, now: float) -> Decision | None:
    """A session that is to begin afresh ends when nothing is under way in it, or at once where that was asked for."""
    if peer.session is None or not ((peer.past.marked and at_rest(peer)) or _hurried(peer)):
        return None
    stopping = replace(peer, phase=Phase.STOPPING, deadline=None)
    return Decision(stopping, (Kill(peer.spec.name, peer.session, EndCause.REPLACED),))


def _hurried(peer: Peer) -> bool:
    return peer.hurry and peer.phase in (Phase.STARTING, Phase.RUNNING)


def look_for_work_when_idle(peer: Peer, now: float) -> Decision | None:
    """Before a session is parked its surroundings are looked at, once."""
    if peer.considered != "no" or not may_be_ended(peer) or peer.session is None or now < idle_at(peer):
        return None
    return Decision(replace(peer, considered="asked"), (LookForWork(peer.spec.name, peer.session),))


def end_when_at_rest(peer: Peer, now: float) -> Decision | None:
    """An idle session is parked; an ephemeral one is done with, and so is a task that was silent for too long."""
    if peer.considered != "at rest" or not may_be_ended(peer) or peer.session is None:
        return None
    name, ephemeral = peer.spec.name, peer.spec.wake_policy == "ephemeral"
    silent = (RecordTurn(name, peer.session, peer.task.id, None, None),) if peer.task else ()
    stopping = replace(peer, phase=Phase.STOPPING, deadline=None, task=None)
    return Decision(stopping, (*silent, Kill(name, peer.session, EndCause.FINISHED if ephemeral else EndCause.PARKED)))


def idle_at(peer: Peer) -> float:
    """When it has been without activity for so long that it may be ended."""
    spec = peer.spec
    if spec.wake_policy == "warm":
        return peer.active_at + spec.idle_s
    return peer.active_at + (spec.ephemeral_quiet_s if peer.finished else spec.ephemeral_silent_s)


def at_rest(peer: Peer) -> bool:
    """Awake, at its input line, nothing on its way into it."""
    return listening(peer) and peer.lease is None and peer.hold is None


def may_be_ended(peer: Peer) -> bool:
    """Nothing is under way and nothing waits for this session: only time is missing."""
    kept = peer.want is Want.UP and peer.spec.wake_policy == "warm"
    return at_rest(peer) and not kept and next_message(peer) is None


def next_message(peer: Peer) -> Waiting | None:
    """What this session is given next. One that has had its one task takes no other, but the answers it waits for."""
    if not spent(peer):
        return peer.queue[0] if peer.queue else None
    return next((each for each in peer.queue if not each.task), None)


def release_when_overdue(peer: Peer, now: float) -> Decision | None:
    """No evidence came in time: the outcome is unknown, so it waits again and its next attempt says so."""
    if peer.lease is None or now < peer.lease.deadline:
        return None
    return release(peer, "no evidence of its submission in time")


def deliver_when_listening(peer: Peer, now: float) -> Decision | None:
    message = next_message(peer)
    if message is None or peer.lease or not listening(peer) or peer.session is None:
        return None
    if peer.retry_at is not None and now < peer.retry_at:
        return None
    head = replace(message, attempts=message.attempts + 1)
    lease = Lease(head, now + peer.spec.lease_s)
    rest = tuple(each for each in peer.queue if each.id != message.id)
    leased = replace(peer, queue=rest, lease=lease, retry_at=None)
    return Decision(leased, (Deliver(peer.spec.name, peer.session, head.id, head.attempts),))


def note_hold_when_changed(peer: Peer, now: float) -> Decision | None:
    """The sender of the head of the queue is told why it waits, once for each reason."""
    hold = hold_of(peer)
    if not peer.queue or peer.lease or hold is peer.noted:
        return None
    return Decision(replace(peer, noted=hold), (NoteHold(peer.spec.name, peer.queue[0].id, hold),))


def hold_of(peer: Peer) -> Hold | None:
    """Why the head of the queue waits; None when nothing stands in its way. The queue of a peer that is down, stopped
    or failed, is paused: it goes on with `start`."""
    if peer.want is Want.DOWN:
        return Hold.QUEUE_PAUSED
    match peer.phase:
        case Phase.FAILED:
            return Hold.QUEUE_PAUSED
        case Phase.BACKOFF:
            return Hold.BACKOFF
        case Phase.STARTING if peer.activity is Activity.BLOCKED:
            return peer.hold or Hold.DIALOG
        case Phase.STARTING | Phase.ASLEEP | Phase.STOPPING:
            return Hold.STARTING
        case Phase.RUNNING:
            return _hold_awake(peer)


def _hold_awake(peer: Peer) -> Hold | None:
    match peer.activity:
        case Activity.BLOCKED:
            return peer.hold or Hold.DIALOG
        case Activity.LIMITED:
            return Hold.LIMITED
        case Activity.BUSY | Activity.UNKNOWN:
            return Hold.BUSY
        case Activity.IDLE:
            return Hold.BUSY if peer.turn or spent(peer) else peer.hold


RULES: Final[tuple[Rule, ...]] = (
    forget_when_stopped,
    spawn_when_called,
    probe_when_due,
    recover_when_proved,
    kill_when_unwanted,
    release_when_overdue,
    replace_when_marked,
    deliver_when_listening,
    note_hold_when_changed,
    look_for_work_when_idle,
    end_when_at_rest,
)
