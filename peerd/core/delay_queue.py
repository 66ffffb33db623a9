"""What is not to be handed over yet. It is kept apart from the queue, is no reason to run, and joins the queue, as the
last, when it is due: of one sender's messages that one comes first that is due first."""

from msgspec.structs import replace

from peerd.core.action import BecomeDue, Decision, NoteHold
from peerd.core.state import Peer, Waiting
from peerd.model.message import Hold


def in_time(later: tuple[Waiting, ...]) -> tuple[Waiting, ...]:
    """As they become due; what is due at one moment, in the order accepted."""
    return tuple(sorted(later, key=lambda each: each.not_before or 0.0))


def next_due(peer: Peer) -> float | None:
    return min((each.not_before or 0.0 for each in peer.later), default=None)


def join_when_due(peer: Peer, now: float) -> Decision | None:
    """All of them at once, however many."""
    due = tuple(each for each in in_time(peer.later) if (each.not_before or 0.0) <= now)
    if not due:
        return None
    later = tuple(each for each in peer.later if (each.not_before or 0.0) > now)
    joined = (*peer.queue, *(replace(each, not_before=None) for each in due))
    told = tuple(BecomeDue(peer.spec.name, each.id) for each in due)
    held = tuple(NoteHold(peer.spec.name, each.id, Hold.PAIR_PAUSED) for each in due if each.sender in peer.held_from)
    return Decision(replace(peer, queue=joined, later=later, noted=None), (*told, *held))
