"""What was sent to the person in charge, or waits for a peer that is no more, and has a time: it lies unread from when
it is due on; unread or undelivered by its end it expires, unanswered by its deadline it is dead. Who asked is told;
where that was removed, what was read awaits no answer any more. The sleep of the machine counts; a clock that is set
while the daemon runs does not."""

import asyncio
import contextlib
from collections.abc import Mapping

from peerd.core.history import all_told, behind
from peerd.daemon import peerless, unread
from peerd.daemon.context import Daemon, guarded
from peerd.edges import clock
from peerd.errors import PeerdError, StoreError
from peerd.model.message import ON_THE_WAY, Delivery, MessageId, Receipt, Task
from peerd.model.peer import OPERATOR
from peerd.store.write import SetDelivery, SetTask

LOOK_S = 60.0
"""At the latest: that the machine slept is noticed by then."""
AGAIN_S = 1.0
"""Where the disk takes nothing."""

Dues = Mapping[tuple[MessageId, float], float]
"""When each is due on a clock that nobody sets, by the message and its time of the day."""


async def follow(daemon: Daemon) -> None:
    """Runs as long as the daemon. It looks whenever a message to the operator got somewhere, and when one is due. A
    fault of ours over one message costs no other, nor this one later."""
    dues: Dues = {}
    while True:
        daemon.receipts.of_people.clear()
        again_s = AGAIN_S
        with contextlib.suppress(StoreError):
            dues, again_s = await _round(daemon, dues)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(again_s):
                await daemon.receipts.of_people.wait()


async def _round(daemon: Daemon, known: Dues) -> tuple[Dues, float]:
    """Ends each that is due. When each is, by the clock as that stood when this daemon first saw it; and in how many
    seconds to look again."""
    await _give_way(daemon)
    dues, again_s, now = dict[tuple[MessageId, float], float](), LOOK_S, clock.now_with_sleep()
    ahead_s = now - clock.wall()
    for each in (*daemon.store.reader.unfinished(OPERATOR).receipts, *peerless.unfinished(daemon)):
        with guarded(daemon, f"end of {each.message.id}"):
            if (at := due_at(each)) is None:
                continue
            key = each.message.id, at
            dues[key] = due = known.get(key, at + ahead_s)
            again_s = min(again_s, due - now if due > now else await _met(daemon, each))
    return dues, again_s


async def _give_way(daemon: Daemon) -> None:
    try:
        await unread.give_way(daemon)
    except StoreError:
        raise
    except Exception as error:  # noqa: BLE001
        daemon.bug("what lies unread under one key", error)


def due_at(receipt: Receipt) -> float | None:
    """Unix seconds. A deadline counts from when it was read."""
    if unread.is_later(receipt):
        return receipt.message.not_before
    if receipt.state in ON_THE_WAY:
        return receipt.message.expires_at
    if receipt.task is Task.OPEN and receipt.message.sender_is_gone and receipt.message.target == OPERATOR:
        return 0.0  # nobody reads an answer
    if receipt.task is not Task.OPEN or receipt.message.deadline_s is None:
        return None
    read = (step.at for step in reversed(receipt.history) if step.state == Delivery.SUBMITTED.value)
    return next(read, receipt.message.accepted_at) + receipt.message.deadline_s


async def _met(daemon: Daemon, receipt: Receipt) -> float:
    """In how many seconds to look again."""
    try:
        if unread.is_later(receipt):
            await unread.join(daemon, receipt)
            return 0.0
        await _end(daemon, receipt)
    except PeerdError:  # the disk takes nothing, or it was read, answered or cancelled meanwhile
        return AGAIN_S
    return LOOK_S


async def _end(daemon: Daemon, receipt: Receipt) -> None:
    message = receipt.message
    if message.target != OPERATOR and not peerless.in_no_queue(daemon, message.target):
        return  # there is a peer of this name again, which ends it by itself
    ends = _ending(receipt, clock.wall())
    await daemon.store.commit(ends)
    if isinstance(ends, SetDelivery):
        daemon.log.write("dropped", id=message.id, to=message.target, state=ends.state, why=ends.evidence)
    daemon.receipts.changed(message.id)


def _ending(receipt: Receipt, now: float) -> SetDelivery | SetTask:
    message, id = receipt.message, receipt.message.id
    if receipt.state in ON_THE_WAY:
        return _expiring(receipt, now)
    if message.target != OPERATOR:
        return SetTask(id, Task.DEAD, now, f"not done within {message.deadline_s or 0:g} s")
    late = f"{OPERATOR} has read it, and not answered within {message.deadline_s or 0:g} s"
    why = f"{message.sender}, who asked, was removed" if message.sender_is_gone else late
    return SetTask(id, Task.DEAD, now, why)


def _expiring(receipt: Receipt, now: float) -> SetDelivery:
    id, target = receipt.message.id, receipt.message.target
    if target == OPERATOR:
        return SetDelivery(id, Delivery.EXPIRED, 0, None, now, f"{OPERATOR} has not read it in time")
    tally = all_told(behind(receipt.history)).tally
    why = f"not delivered in time: there is no longer a peer {target}{tally.words}"
    return SetDelivery(id, Delivery.EXPIRED, receipt.attempt, None, now, why)
