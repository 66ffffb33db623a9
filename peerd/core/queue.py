"""What waits for a peer: taken in, taken out again, expired, late."""

from collections.abc import Callable

from msgspec.structs import replace

from peerd.core.action import Action, Decision, Drop, NoteHold
from peerd.core.order import first_waiting
from peerd.core.state import Joined, Limited, Peer, Waiting
from peerd.model.attempt import AttemptEnd
from peerd.model.message import TOOK_ITS_PLACE, Delivery, Hold
from peerd.model.peer import PeerName, removed


def accept(peer: Peer, message: Waiting) -> Decision:
    """As the last of the queue; the one that its sender has waiting under the same key is dropped. It gets no place but
    its own: what the sender sent between the two stays before it. One that is known already stays where it is: the
    queue may have been read off the record before it was told of."""
    if any(each.id == message.id for each in (*peer.waits, *in_hand(peer))):
        return Decision(peer)
    older = next((each for each in peer.waits if gives_way(each, message)), None)
    if older is None:
        return _added(peer, message)
    added = _added(_without(peer, (older,)), message)
    return Decision(added.peer, (_given_way(peer, older, message), *added.actions))


def _added(peer: Peer, message: Waiting) -> Decision:
    if message.not_before is not None:
        return Decision(replace(peer, later=(*peer.later, message)))
    known = replace(peer, queue=(*peer.queue, message))
    if message.sender in peer.held_from:
        return _held_back(known, message)
    same = first_waiting(peer) is first_waiting(known)
    return Decision(replace(known, noted=peer.noted if same else None))


def _held_back(peer: Peer, message: Waiting) -> Decision:
    """Of a sender that the peer is paused with: told of by itself, whatever is before it."""
    noted = Hold.PAIR_PAUSED if first_waiting(peer) is message else peer.noted
    return Decision(replace(peer, noted=noted), (NoteHold(peer.spec.name, message.id, Hold.PAIR_PAUSED),))


def _without(peer: Peer, gone: tuple[Waiting, ...]) -> Peer:
    queue, later = (tuple(each for each in kept if each not in gone) for kept in (peer.queue, peer.later))
    return replace(peer, queue=queue, later=later, noted=peer.noted if queue == peer.queue else None)


def put_back(peer: Peer, waiting: Waiting) -> Decision:
    """At the head of the queue, nothing of it having been typed; not where a later one came under its key meanwhile,
    which waits where it is."""
    later = next((each for each in peer.waits if not each.attempts and gives_way(waiting, each)), None)
    if later is None:
        return Decision(replace(peer, queue=(waiting, *peer.queue)))
    return Decision(replace(peer, noted=None), (_given_way(peer, waiting, later),))


def _given_way(peer: Peer, older: Waiting, later: Waiting) -> Action:
    return _dropped(peer, older, Delivery.CANCELLED, f"{later.id} {TOOK_ITS_PLACE}")


def of_key(peer: Peer, sender: PeerName, key: str | None) -> Waiting | None:
    """What this sender has waiting under this key, or on its way."""
    leased = (peer.lease.waiting,) if peer.lease is not None else ()
    waits = (each for each in (*leased, *peer.waits) if (each.sender, each.key) == (sender, key))
    return None if key is None else next(waits, None)


def gives_way(waiting: Waiting, later: Waiting) -> bool:
    """To the same sender's alone. One that was typed already may have been taken; an answer's place is no task's."""
    same_key = later.key is not None and (waiting.sender, waiting.key) == (later.sender, later.key)
    return same_key and waiting.task is later.task and not waiting.attempts


def drop(peer: Peer, message: str, state: Delivery, why: str) -> Decision:
    """It waits no more; nothing where it does not."""
    waiting = next((each for each in peer.waits if each.id == message), None)
    if waiting is None:
        return Decision(peer)
    return Decision(_without(peer, (waiting,)), (_dropped(peer, waiting, state, why),))


def drop_each(peer: Peer, lost: tuple[Waiting, ...], state: Delivery, why: Callable[[Waiting], str]) -> Decision | None:
    """All of these at once, however many; None where there are none."""
    if not lost:
        return None
    dropped = tuple(_dropped(peer, each, state, why(each)) for each in lost)
    return Decision(_without(peer, lost), dropped)


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
    queue, later = (tuple(each for each in kept if each.id != message) for kept in (peer.queue, peer.later))
    joined = tuple(_without_task(each) if each.waiting.id == message else each for each in peer.joined)
    ours = next((each for each in in_hand(replace(peer, joined=())) if each.id == message), None)
    if ours is not None and peer.ephemeral:
        peer = replace(peer, finished=True)
    turn = replace(peer.turn, task=False) if peer.turn is not None and peer.turn.id == message else peer.turn
    task = None if peer.task is not None and peer.task.id == message else peer.task
    lease = peer.lease
    if lease is not None and lease.waiting.id == message:
        lease = replace(lease, waiting=replace(lease.waiting, task=False))
    known = {"queue": queue, "later": later, "turn": turn, "joined": joined, "lease": lease, "task": task}
    return replace(peer, **known, due=None if ours else peer.due)


def _without_task(joined: Joined) -> Joined:
    return Joined(replace(joined.waiting, task=False))


def in_hand(peer: Peer) -> tuple[Waiting, ...]:
    held = (peer.turn, peer.task, peer.lease.waiting if peer.lease else None)
    return (*(each for each in held if each is not None), *(each.waiting for each in peer.joined))


def expired(peer: Peer, now: float) -> tuple[Waiting, ...]:
    """What nobody wants any more."""
    return tuple(each for each in peer.waits if each.expires_at is not None and now >= each.expires_at)


def slept(peer: Peer, for_s: float) -> Peer:
    """The machine did, and its clock stood still: what is to expire, or is due, at a time of the day does so that much
    sooner, and so is a limit over."""
    sooner = _told(peer, lambda each: _sooner(each, for_s))
    return replace(sooner, limited=peer.limited and _over_sooner(peer.limited, for_s))


def sender_renamed(peer: Peer, old: PeerName, new: PeerName) -> Peer:
    """What it sent before, and what it sends from now on, is one sender's."""

    held_from = frozenset(new if each == old else each for each in peer.held_from)
    given = tuple(new if each == old else each for each in peer.given if each != new)
    renamed = replace(peer, held_from=held_from, given=given)
    return _told(renamed, lambda each: replace(each, sender=new) if each.sender == old else each)


def sender_removed(peer: Peer, gone: PeerName) -> Peer:
    """What it sent waits on, under no key: whoever has its name next is another sender, and was given to never. Nobody
    is paused with it by then."""
    renamed = replace(peer, given=tuple(each for each in peer.given if each != gone))
    return _told(renamed, lambda each: replace(each, key=None, sender=removed(gone)) if each.sender == gone else each)


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
    queue, later = (tuple(of(each) for each in kept) for kept in (peer.queue, peer.later))
    joined = tuple(replace(each, waiting=of(each.waiting)) for each in peer.joined)
    return replace(peer, queue=queue, later=later, lease=lease, turn=turn, task=task, joined=joined)


def _sooner(waiting: Waiting, by_s: float) -> Waiting:
    expires_at, not_before = (None if at is None else at - by_s for at in (waiting.expires_at, waiting.not_before))
    return replace(waiting, expires_at=expires_at, not_before=not_before)


def _over_sooner(limited: Limited, by_s: float) -> Limited:
    return limited if limited.until is None else replace(limited, until=limited.until - by_s)


def next_expiry(peer: Peer) -> float | None:
    return min((each.expires_at for each in peer.waits if each.expires_at is not None), default=None)


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
