"""What a session takes while the turn of another message is open: into that one, or for a turn of its own after it. No
two messages have one turn without a word of it on record."""

from msgspec.structs import replace

from peerd.core.action import Decision, NoteShared, RecordTurn
from peerd.core.event import TurnEnded
from peerd.core.queue import due_at
from peerd.core.requeue import spare
from peerd.core.state import Joined, Peer, Waiting
from peerd.model.peer import Activity


def join(peer: Peer, taken: Waiting, now: float) -> Peer:
    """The turn that is open stays that of its own message."""
    return replace(peer, joined=(*peer.joined, Joined(taken, due_at(taken, now) if taken.task else None)))


def ids(peer: Peer) -> frozenset[str]:
    return frozenset(each.waiting.id for each in peer.joined)


def closed(decision: Decision, turn: Waiting | None, event: TurnEnded) -> Decision:
    """As decided of `turn`, which is over, and what was in it with it. What has a turn of its own after it has that
    now, all of it together."""
    peer = decision.peer
    if turn is None or not peer.joined:
        return decision
    inside = tuple(each.waiting for each in peer.joined if each.waiting.id not in event.next)
    after = tuple(each for each in peer.joined if each.waiting.id in event.next)
    together = (turn.id, *(each.id for each in inside))
    shared = (NoteShared(peer.spec.name, event.session, together, event.unclear),) if inside else ()
    ended = tuple(_ended(peer, event, each) for each in inside if each.task)
    over = _had_its_task(replace(peer, joined=()), inside)
    return Decision(_begun(over, after), (*shared, *decision.actions, *ended))


def _ended(peer: Peer, event: TurnEnded, inside: Waiting) -> RecordTurn:
    """What may have been another's turn tells nothing of it."""
    known = inside.id not in event.unclear
    status, words = (event.exit_status, event.last_words) if known else (None, None)
    return RecordTurn(peer.spec.name, event.session, inside.id, status, words)


def _had_its_task(peer: Peer, ended: tuple[Waiting, ...]) -> Peer:
    """A session for one has, though that was begun in the turn of its first message."""
    if not ended or not peer.ephemeral or peer.task is not None:
        return peer
    return replace(peer, served=peer.served or ended[0].id, finished=True)


def _begun(peer: Peer, after: tuple[Joined, ...]) -> Peer:
    if not after:
        return peer
    first, *others = after
    due = first.due if first.waiting.task else peer.due
    begun = replace(peer, turn=first.waiting, joined=tuple(others), due=due)
    return replace(begun, sent=False, activity=Activity.BUSY)


def spared(peer: Peer, why: str) -> Decision:
    """The turn failed by a limit: what was taken meanwhile waits again, as its own message does, behind that."""
    decision = Decision(replace(peer, joined=()))
    for each in (each.waiting for each in reversed(peer.joined) if each.waiting.task):
        then = spare(decision.peer, each, why)
        known = replace(then.peer, turn=peer.turn, due=peer.due)
        decision = Decision(known, decision.actions + then.actions)
    return decision
