"""What was sent to the person in charge and has a time: unread by then it expires, unanswered by then it is dead. Who
asked is told. The sleep of the machine counts; a clock that is set while the daemon runs does not."""

import asyncio
import contextlib
import math
from collections.abc import Mapping

from peerd.daemon.context import Daemon
from peerd.edges import clock
from peerd.errors import PeerdError, StoreError
from peerd.model.message import ON_THE_WAY, Delivery, MessageId, Receipt, Task
from peerd.model.peer import OPERATOR
from peerd.store.write import SetDelivery, SetTask

LOOK_S = 60.0
"""At the latest: that the machine slept is noticed by then."""

Dues = Mapping[tuple[MessageId, float], float]
"""When each is due on a clock that nobody sets, by the message and its time of the day."""


async def follow(daemon: Daemon) -> None:
    """Runs as long as the daemon. It looks whenever a message to the operator got somewhere, and when one is due."""
    dues: Dues = {}
    while True:
        daemon.receipts.of_people.clear()
        dues, now = _dues(daemon, dues), clock.now_with_sleep()
        if any(at <= now for at in dues.values()):
            await _end(daemon, dues, now)
            continue
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(min([LOOK_S, *(at - now for at in dues.values())])):
                await daemon.receipts.of_people.wait()


def _dues(daemon: Daemon, known: Dues) -> Dues:
    """Of each, by the clock as that stood when this daemon first saw it."""
    waits = ((each.message.id, due_at(each)) for each in daemon.store.reader.unfinished(OPERATOR).receipts)
    ahead_s = clock.now_with_sleep() - clock.wall()
    return {(id, at): known.get((id, at), at + ahead_s) for id, at in waits if at is not None}


def due_at(receipt: Receipt) -> float | None:
    """Unix seconds. A deadline counts from when it was read."""
    if receipt.state in ON_THE_WAY:
        return receipt.message.expires_at
    if receipt.task is not Task.OPEN or receipt.message.deadline_s is None:
        return None
    read = (step.at for step in reversed(receipt.history) if step.state == Delivery.SUBMITTED.value)
    return next(read, receipt.message.accepted_at) + receipt.message.deadline_s


async def _end(daemon: Daemon, dues: Dues, now: float) -> None:
    """Each that is due. Where the disk takes nothing it is tried again."""
    for each in daemon.store.reader.unfinished(OPERATOR).receipts:
        at = due_at(each)
        if at is None or dues.get((each.message.id, at), math.inf) > now:
            continue
        try:
            await daemon.store.commit(_ending(each, clock.wall()))
        except StoreError:
            await clock.pause(1.0)
        except PeerdError:  # it was read, answered or cancelled meanwhile
            continue
        else:
            daemon.receipts.changed(each.message.id)


def _ending(receipt: Receipt, now: float) -> SetDelivery | SetTask:
    id = receipt.message.id
    if receipt.state in ON_THE_WAY:
        return SetDelivery(id, Delivery.EXPIRED, 0, None, now, f"{OPERATOR} has not read it in time")
    return SetTask(
        id, Task.DEAD, now, f"{OPERATOR} has read it, and not answered within {receipt.message.deadline_s:g} s"
    )
