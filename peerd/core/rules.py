"""What follows from where things stand. A rule returns None, or a decision after which it no longer applies."""

from collections.abc import Callable
from typing import Final

from msgspec.structs import replace

from peerd.core.action import Decision, Deliver, Kill, NoteHold, Spawn
from peerd.core.returning import release
from peerd.core.state import Lease, Peer
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
    """An ephemeral session that had its one task."""
    return peer.spec.policy == "ephemeral" and peer.served is not None


def forget_when_stopped(peer: Peer, now: float) -> Decision | None:
    """A stop ends a scheduled restart and a crash loop's waiting too."""
    if peer.want is not Want.DOWN or peer.phase not in (Phase.BACKOFF, Phase.FAILED):
        return None
    return Decision(replace(peer, phase=Phase.ASLEEP, deadline=None))


def spawn_when_called(peer: Peer, now: float) -> Decision | None:
    if peer.want is Want.DOWN or peer.phase is not Phase.ASLEEP:
        return None
    cause = reason_to_run(peer)
    if cause is None:
        return None
    starting = replace(
        peer,
        phase=Phase.STARTING,
        activity=Activity.UNKNOWN,
        deadline=now + peer.spec.boot_deadline_s,
        served=None,
        mode="fresh",
    )
    return Decision(starting, (Spawn(peer.spec.name, peer.mode, cause),))


def kill_when_unwanted(peer: Peer, now: float) -> Decision | None:
    """A stop wins over a boot too, as soon as there is a session to end."""
    if peer.want is not Want.DOWN or peer.phase not in (Phase.STARTING, Phase.RUNNING) or peer.session is None:
        return None
    stopping = replace(peer, phase=Phase.STOPPING, deadline=None)
    return Decision(stopping, (Kill(peer.spec.name, peer.session, EndCause.STOPPED),))


def kill_when_spent(peer: Peer, now: float) -> Decision | None:
    if peer.phase is not Phase.RUNNING or peer.session is None or not spent(peer) or peer.turn or peer.lease:
        return None
    stopping = replace(peer, phase=Phase.STOPPING, deadline=None)
    return Decision(stopping, (Kill(peer.spec.name, peer.session, EndCause.FINISHED),))


def release_when_overdue(peer: Peer, now: float) -> Decision | None:
    """No evidence came in time: the outcome is unknown, so it waits again and its next attempt says so."""
    if peer.lease is None or now < peer.lease.deadline:
        return None
    return release(peer, "no evidence of its submission in time")


def deliver_when_listening(peer: Peer, now: float) -> Decision | None:
    if not peer.queue or peer.lease or not listening(peer) or peer.session is None:
        return None
    if peer.retry_at is not None and now < peer.retry_at:
        return None
    head = replace(peer.queue[0], attempts=peer.queue[0].attempts + 1)
    lease = Lease(head, now + peer.spec.lease_s)
    leased = replace(peer, queue=peer.queue[1:], lease=lease, retry_at=None)
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
            return Hold.BUSY if peer.turn else peer.hold


RULES: Final[tuple[Rule, ...]] = (
    forget_when_stopped,
    spawn_when_called,
    kill_when_unwanted,
    release_when_overdue,
    kill_when_spent,
    deliver_when_listening,
    note_hold_when_changed,
)
