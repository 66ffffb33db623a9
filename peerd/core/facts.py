"""What a session tells of its turns, and of what is on its way into it: held, lost, submitted, over."""

from typing import assert_never

from msgspec.structs import replace

from peerd.core import shared_turn
from peerd.core.action import Decision, Drop, GiveUp, NoteLate, RecordSaid, RecordSubmitted, RecordTurn
from peerd.core.event import (
    ActivitySeen,
    DeliveryBarred,
    DeliveryHeld,
    DeliveryLost,
    DeliverySpoilt,
    DeliveryVanished,
    MessageSubmitted,
    TurnEnded,
)
from peerd.core.holds import found
from peerd.core.limit import TurnLimited, met, resting, without_limit
from peerd.core.order import taken_from
from peerd.core.queue import due_at, not_entered, open_task, put_back, without_doubt
from peerd.core.requeue import release, spare
from peerd.core.state import Look, Peer, Said, Waiting
from peerd.core.wakemode import remembered
from peerd.model.attempt import AttemptEnd
from peerd.model.limit import WORDS
from peerd.model.message import Delivery, first_id
from peerd.model.peer import Activity

LOOK_AGAIN_BASE_S = 0.1
LOOK_AGAIN_CAP_S = 5.0

Told = (
    ActivitySeen
    | DeliveryHeld
    | DeliveryLost
    | DeliverySpoilt
    | DeliveryBarred
    | DeliveryVanished
    | MessageSubmitted
    | TurnEnded
    | TurnLimited
)


def told(peer: Peer, event: Told, now: float) -> Decision:
    match event:
        case ActivitySeen(activity=activity, hold=hold):
            seen = resting(peer) if activity is Activity.IDLE else activity
            known = replace(_look_now(peer, now), activity=seen, attended=event.attended)
            return Decision(known if hold is None else found(known, hold, now))
        case DeliveryHeld():
            return _held(peer, event, now)
        case DeliveryLost():
            return _lost(peer, event, now)
        case DeliverySpoilt() | DeliveryVanished():
            return _never_typed(peer, event)
        case DeliveryBarred():
            return _barred(peer, event)
        case MessageSubmitted():
            return submitted(peer, event, now)
        case TurnEnded():
            return _turn_ended(peer, event, now)
        case TurnLimited():
            return _turn_limited(peer, event, now)
        case _:
            assert_never(event)


def _look_now(peer: Peer, now: float) -> Peer:
    """Something changed on its own, a sign of work: what was in the way may be gone."""
    return replace(peer, hold=None, held_since=None, looks=0, retry_at=None, active_at=now, considered=Look.NOT_YET)


def _look_again_s(looks: int) -> float:
    return min(LOOK_AGAIN_CAP_S, LOOK_AGAIN_BASE_S * 2.0 ** min(looks, 10))


def leased(peer: Peer, message: str) -> bool:
    return peer.lease is not None and peer.lease.waiting.id == message


def only_task(peer: Peer) -> Waiting | None:
    """The task on its way into a session for one alone that was given nothing before and has said nothing: if it speaks
    once that was entered, it took it."""
    if not peer.ephemeral or peer.lease is None or not peer.lease.waiting.task:
        return None
    began = peer.served or peer.turn or peer.task or peer.questions or peer.finished or peer.limited
    of_another = any(each != peer.lease.waiting.id for each in peer.doubts)
    return None if began or of_another else peer.lease.waiting


def _held(peer: Peer, event: DeliveryHeld, now: float) -> Decision:
    """Nothing was typed, so the attempt does not count."""
    if peer.lease is None or not leased(peer, event.message):
        return Decision(peer)
    waiting = replace(peer.lease.waiting, attempts=peer.lease.waiting.attempts - 1)
    retry_at = now + _look_again_s(peer.looks)
    known = found(peer, event.hold, now)
    return put_back(replace(known, lease=None, looks=peer.looks + 1, retry_at=retry_at), waiting)


def _lost(peer: Peer, event: DeliveryLost, now: float) -> Decision:
    if not leased(peer, event.message):
        return Decision(peer)
    known = not_entered(peer, event.message)
    paced = replace(known, looks=peer.looks + 1, retry_at=now + _look_again_s(peer.looks))
    return release(paced, event.why, AttemptEnd.NOT_TAKEN)


def _never_typed(peer: Peer, event: DeliverySpoilt | DeliveryVanished) -> Decision:
    """Nor will be. The end of one that is spoilt says what came of earlier attempts, as that of any other."""
    if peer.lease is None or not leased(peer, event.message):
        return Decision(peer)
    waiting = peer.lease.waiting
    why = f"{event.why}{waiting.tally.words}" if isinstance(event, DeliverySpoilt) else event.why
    gone = GiveUp(peer.spec.name, event.message, waiting.attempts - 1, why, submitted=False)
    return Decision(replace(peer, lease=None), (gone,))


def _barred(peer: Peer, event: DeliveryBarred) -> Decision:
    """Cancelled, as what waits for others is that take nothing from who sent it."""
    if peer.lease is None or not leased(peer, event.message):
        return Decision(peer)
    waiting = peer.lease.waiting
    why, attempts = f"{event.why}{waiting.tally.words}", waiting.attempts - 1
    return Decision(replace(peer, lease=None), (Drop(peer.spec.name, waiting.id, attempts, Delivery.CANCELLED, why),))


def submitted(peer: Peer, event: MessageSubmitted, now: float) -> Decision:
    """Evidence counts whenever it comes, for a lease or for a message that waits again already. Another turn that was
    open is over then, unless it is known to go on: nothing else will tell of its end."""
    taken = _taken(peer, event.message)
    if taken is None:
        return _late(peer, event, now)
    goes_on = peer.turn is not None and peer.turn.id == event.beside
    if peer.turn is not None and not goes_on:
        over = _turn_ended(peer, TurnEnded(peer.spec.name, event.session, peer.turn.id), now)
        then = submitted(over.peer, event, now)
        return Decision(then.peer, over.actions + then.actions)
    queue = tuple(waiting for waiting in peer.queue if waiting.id != event.message)
    lease = None if leased(peer, event.message) else peer.lease
    past = replace(peer.past, topics=remembered(peer.past.topics, taken.topic))
    known = replace(_look_now(peer, now), lease=lease, queue=queue, past=past)
    known = replace(known, given=taken_from(peer.given, taken.sender), activity=Activity.BUSY, noted=None)
    known, proved = without_doubt(known, taken.id), replace(taken, tally=replace(taken.tally, unknown=0))
    begun = shared_turn.join(known, proved, now) if goes_on else _begun(known, proved, now)
    attempt, other = event.attempt or taken.attempts, event.beside if goes_on else None
    return Decision(begun, (RecordSubmitted(peer.spec.name, event.session, taken.id, attempt, other),))


def _begun(peer: Peer, taken: Waiting, now: float) -> Peer:
    return replace(peer, turn=taken, sent=False, due=due_at(taken, now) if taken.task else peer.due)


def _late(peer: Peer, event: MessageSubmitted, now: float) -> Decision:
    """Heard again of what is known; or else of what is in no queue any more."""
    busy = replace(_look_now(peer, now), activity=Activity.BUSY)
    held = (peer.turn.id if peer.turn else None, peer.task.id if peer.task else None)
    if peer.ephemeral and event.message == first_id(event.session) and event.message not in held:
        return Decision(replace(busy, deadline=None))  # it may hang there: what proves it now is its task alone
    if event.message in (*held, *shared_turn.ids(peer), peer.served, first_id(event.session)):
        return Decision(busy)
    late = NoteLate(peer.spec.name, event.session, event.message)
    had_it = peer.ephemeral and event.message in peer.doubts and open_task(peer) is None
    return Decision(replace(busy, served=event.message if had_it else peer.served), (late,))


def _of_another(peer: Peer, turn: Waiting) -> bool:
    """An answer to what was asked for an earlier task: what its turn says is no end of this one."""
    return not turn.task and turn.reply_to not in peer.questions


def _taken(peer: Peer, message: str) -> Waiting | None:
    if peer.lease is not None and peer.lease.waiting.id == message:
        return peer.lease.waiting
    return next((waiting for waiting in peer.queue if waiting.id == message and waiting.attempts), None)


def of_another_turn(peer: Peer, message: str | None) -> bool:
    """Whether an end that names this message is not that of the turn that is open: one told late, or a human's."""
    return peer.turn is not None and peer.turn.id != message and message not in shared_turn.ids(peer)


def _turn_ended(peer: Peer, event: TurnEnded, now: float) -> Decision:
    """The runtime is at its input line again. A turn that went well shows that no limit holds it up."""
    if of_another_turn(peer, event.message):
        return Decision(peer)
    over = shared_turn.closed(_closed(replace(_look_now(peer, now), activity=resting(peer)), event), peer.turn, event)
    return without_limit(over) if _went_well(event) else over


def _went_well(event: TurnEnded) -> bool:
    """A turn of which only the screen shows that it is over may have failed."""
    return event.exit_status == 0 or (event.exit_status is None and event.last_words is not None)


def _closed(peer: Peer, event: TurnEnded) -> Decision:
    """Of one that is at its input line again."""
    if peer.turn is None:
        return Decision(peer)
    over, task, said = replace(peer, turn=None, sent=False), open_task(peer), Said(event.exit_status, event.last_words)
    if peer.task is not None and (peer.turn.task or _of_another(peer, peer.turn)):
        late = (_turn_recorded(peer, event, peer.turn, said),) if peer.turn.task else ()
        return Decision(over, late)  # of another task; its own is still to come
    if task is not None and peer.sent and peer.ephemeral and not event.final:
        asked = replace(over, task=task, said=said)  # its end is still to come
        return Decision(asked, (RecordSaid(peer.spec.name, task.id, said),))
    ended = task or peer.turn
    recorded = _turn_recorded(peer, event, ended, said)
    closed = replace(over, task=None, due=None)
    if ended.first:
        return Decision(closed, (recorded,))
    return Decision(replace(closed, served=ended.id, finished=peer.finished or peer.ephemeral), (recorded,))


def _turn_limited(peer: Peer, event: TurnLimited, now: float) -> Decision:
    """Its task has no end by that. What else was said to it was taken, and what came of it is not known."""
    if of_another_turn(peer, event.message):
        return Decision(peer)
    known, turn = met(_look_now(peer, now), event, now), peer.turn
    if turn is None:
        return known
    why = f"its turn failed: {WORDS[event.kind]}"
    others = shared_turn.spared(replace(known.peer, turn=None, sent=False), why)
    over, actions = others.peer, known.actions + others.actions
    task = turn if turn.task else None if _of_another(peer, turn) else peer.task
    if task is not None:
        spared = spare(over, task, why)
        return Decision(spared.peer, actions + spared.actions)
    had = next((each.waiting.id for each in peer.joined), None) if turn.first else turn.id
    if had is None or peer.task is not None or others.actions:
        return Decision(over, actions)
    return Decision(replace(over, served=had, finished=peer.finished or peer.ephemeral), actions)


def _turn_recorded(peer: Peer, event: TurnEnded, ended: Waiting, said: Said) -> RecordTurn:
    return RecordTurn(peer.spec.name, event.session, ended.id, said.exit_status, said.last_words)
