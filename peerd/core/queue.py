"""What waits for a peer: taken in, taken out again, expired, late."""

from collections.abc import Callable

from msgspec.structs import replace

from peerd.core.action import Action, Decision, Drop, NoteHold, TakePlace
from peerd.core.order import first_waiting
from peerd.core.state import Limited, Peer, Waiting
from peerd.model.attempt import AttemptEnd
from peerd.model.message import TOOK_ITS_PLACE, Delivery, Hold
from peerd.model.peer import PeerName


def accept(peer: Peer, message: Waiting) -> Decision:
    """As the last of the queue; or in the place of the one that waits under the same key, which is dropped. One that is
    known already stays where it is: the queue may have been read off the record before it was told of."""
    if any(each.id == message.id for each in (*peer.queue, *in_hand(peer))):
        return Decision(peer)
    older = next((each for each in peer.queue if _gives_way(each, message)), None)
    if older is None:
        known = replace(peer, queue=(*peer.queue, message))
        if message.sender in peer.held_from:
            return _held_back(known, message)
        same = first_waiting(peer) is first_waiting(known)
        return Decision(replace(known, noted=peer.noted if same else None))
    queue = tuple(message if each is older else each for each in peer.queue)
    return _given_way(replace(peer, queue=queue), older, message)


def _held_back(peer: Peer, message: Waiting) -> Decision:
    """Of a sender that the peer is paused with: told of by itself, whatever is before it."""
    noted = Hold.PAIR_PAUSED if first_waiting(peer) is message else peer.noted
    return Decision(replace(peer, noted=noted), (NoteHold(peer.spec.name, message.id, Hold.PAIR_PAUSED),))


def put_back(peer: Peer, waiting: Waiting) -> Decision:
    """At the head of the queue, nothing of it having been typed; or there a later one, which came under its key
    meanwhile."""
    later = next((each for each in peer.queue if not each.attempts and _gives_way(waiting, each)), None)
    if later is None:
        return Decision(replace(peer, queue=(waiting, *peer.queue)))
    rest = (each for each in peer.queue if each is not later)
    return _given_way(replace(peer, queue=(later, *rest)), waiting, later)


def _given_way(peer: Peer, older: Waiting, later: Waiting) -> Decision:
    why = f"{later.id} {TOOK_ITS_PLACE}"
    taken = TakePlace(peer.spec.name, later.id, older.id)
    return Decision(replace(peer, noted=None), (_dropped(peer, older, Delivery.CANCELLED, why), taken))


def of_key(peer: Peer, key: str | None) -> Waiting | None:
    """What waits under this key, or is on its way."""
    leased = (peer.lease.waiting,) if peer.lease is not None else ()
    return None if key is None else next((each for each in (*leased, *peer.queue) if each.key == key), None)


def _gives_way(waiting: Waiting, later: Waiting) -> bool:
    """One that was typed already may have been taken; an answer's place is no task's."""
    same_key = later.key is not None and waiting.key == later.key
    return same_key and waiting.task is later.task and not waiting.attempts


def drop(peer: Peer, message: str, state: Delivery, why: str) -> Decision:
    """Out of the queue; nothing where it does not wait there."""
    waiting = next((each for each in peer.queue if each.id == message), None)
    if waiting is None:
        return Decision(peer)
    queue = tuple(each for each in peer.queue if each.id != message)
    return Decision(replace(peer, queue=queue, noted=None), (_dropped(peer, waiting, state, why),))


def drop_each(peer: Peer, lost: tuple[Waiting, ...], state: Delivery, why: Callable[[Waiting], str]) -> Decision | None:
    """All of these at once, however many; None where there are none."""
    if not lost:
        return None
    queue = tuple(each for each in peer.queue if each not in lost)
    dropped = tuple(_dropped(peer, each, state, why(each)) for each in lost)
    return Decision(replace(peer, queue=queue, noted=None), dropped)


def due_at(task: Waiting, now: float) -> float | None:
    """Of a task that is handed over now."""
    return None if task.deadline_s is None else now + task.deadline_s


def open_task(peer: Peer) -> Waiting | None:
    """What the session was asked to do and has not ended: its turn's message, or one whose answer it awaits."""
    return peer.turn if peer.turn is not None and peer.turn.task else peer.task


def served(peer: Peer, message: str) -> Peer:
    """The task has come to its end, before its turn has or while it waits."""
    over = without_task(peer, message)
    return replace(over, served=message) if over.finished and not peer.finished else over


def without_task(peer: Peer, message: str) -> Peer:
    """Its end is known while it still runs, or while it waits to be handed over again, which it need not be. That of an
    ephemeral session is the end of its work."""
    queue = tuple(each for each in peer.queue if each.id != message)
    ours = next((each for each in in_hand(peer) if each.id == message), None)
    if ours is not None and peer.ephemeral:
        peer = replace(peer, finished=True)
    turn = replace(peer.turn, task=False) if peer.turn is not None and peer.turn.id == message else peer.turn
    task = None if peer.task is not None and peer.task.id == message else peer.task
    lease = peer.lease
    if lease is not None and lease.waiting.id == message:
        lease = replace(lease, waiting=replace(lease.waiting, task=False))
    return replace(peer, queue=queue, turn=turn, lease=lease, task=task, due=None if ours else peer.due)


def in_hand(peer: Peer) -> tuple[Waiting, ...]:
    held = (peer.turn, peer.task, peer.lease.waiting if peer.lease else None)
    return tuple(each for each in held if each is not None)


def expired(peer: Peer, now: float) -> tuple[Waiting, ...]:
    """What nobody wants any more."""
    return tuple(each for each in peer.queue if each.expires_at is not None and now >= each.expires_at)


def slept(peer: Peer, for_s: float) -> Peer:
    """The machine did, and its clock stood still: what is to expire at a time of the day does so that much sooner, and
    so is a limit over."""
    lease = peer.lease
    return replace(
        peer,
        queue=tuple(_sooner(each, for_s) for each in peer.queue),
        turn=peer.turn and _sooner(peer.turn, for_s),
        task=peer.task and _sooner(peer.task, for_s),
        limited=peer.limited and _over_sooner(peer.limited, for_s),
        lease=lease and replace(lease, waiting=_sooner(lease.waiting, for_s)),
    )


def sender_renamed(peer: Peer, old: PeerName, new: PeerName) -> Peer:
    """What it sent before, and what it sends from now on, is one sender's."""

    renamed = replace(peer, held_from=frozenset(new if each == old else each for each in peer.held_from))
    return _told(renamed, lambda each: replace(each, sender=new) if each.sender == old else each)


def asked_under(peer: Peer, old: str | None, new: str | None) -> Peer:
    """What was asked in a conversation was asked in it also under its other id. `new` None: it cannot be had any
    more; `old` None: nor any other."""

    def told(waiting: Waiting) -> Waiting:
        meant = waiting.asked_in is not None and old in (None, waiting.asked_in)
        return replace(waiting, asked_in=new) if meant else waiting

    return _told(peer, told)


def _told(peer: Peer, of: Callable[[Waiting], Waiting]) -> Peer:
    """All that waits for it, and what it has in hand."""
    lease = peer.lease and replace(peer.lease, waiting=of(peer.lease.waiting))
    turn, task = peer.turn and of(peer.turn), peer.task and of(peer.task)
    return replace(peer, queue=tuple(of(each) for each in peer.queue), lease=lease, turn=turn, task=task)


def _sooner(waiting: Waiting, by_s: float) -> Waiting:
    return waiting if waiting.expires_at is None else replace(waiting, expires_at=waiting.expires_at - by_s)


def _over_sooner(limited: Limited, by_s: float) -> Limited:
    return limited if limited.until is None else replace(limited, until=limited.until - by_s)


def next_expiry(peer: Peer) -> float | None:
    return min((each.expires_at for each in peer.queue if each.expires_at is not None), default=None)


def taken_back(peer: Peer, message: str) -> Peer:
    """Its last attempt was not taken after all."""
    queue = tuple(_back(each) if each.id == message else each for each in peer.queue)
    lease = peer.lease
    if lease is not None and lease.waiting.id == message:
        lease = replace(lease, waiting=_back(lease.waiting))
    at = next((n for n, each in enumerate(peer.doubts) if each == message), len(peer.doubts))
    doubts = (*peer.doubts[:at], *peer.doubts[at + 1 :])
    return not_entered(replace(peer, queue=queue, lease=lease, doubts=doubts), message)


def _back(waiting: Waiting) -> Waiting:
    return replace(waiting, tally=waiting.tally.after(AttemptEnd.TAKEN_BACK))


def without_doubt(peer: Peer, message: str) -> Peer:
    """It is known what came of what was typed of it."""
    doubts = tuple(each for each in peer.doubts if each != message)
    return not_entered(replace(peer, doubts=doubts), message)


def not_entered(peer: Peer, message: str) -> Peer:
    """Its last attempt was not; one before that may have been."""
    return replace(peer, entered=None) if peer.entered == message and message not in peer.doubts else peer


def _dropped(peer: Peer, waiting: Waiting, state: Delivery, why: str) -> Action:
    return Drop(peer.spec.name, waiting.id, waiting.attempts, state, f"{why}{waiting.tally.words}")
