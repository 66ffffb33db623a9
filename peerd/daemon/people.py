"""What was sent to the person in charge and has a time: unread by then it expires, unanswered by then it is dead. Who
asked is told."""

import asyncio
import contextlib

from peerd.daemon.context import Daemon
from peerd.edges import clock
from peerd.errors import PeerdError, StoreError
from peerd.model.message import ON_THE_WAY, Delivery, Receipt, Task
from peerd.model.peer import OPERATOR
from peerd.store.write import SetDelivery, SetTask

LOOK_S = 60.0
"""At the latest: a clock that is set, or a machine that slept, is noticed by then."""


async def follow(daemon: Daemon) -> None:
    """Runs as long as the daemon. It looks whenever a message to the operator got somewhere, and when one is due."""
    while True:
        daemon.receipts.of_people.clear()
        dues = [at for each in daemon.store.reader.unfinished(OPERATOR).receipts if (at := due_at(each)) is not None]
        now = clock.wall()
        if any(at <= now for at in dues):
            await _end(daemon, now)
            continue
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(min([LOOK_S, *(at - now for at in dues)])):
                await daemon.receipts.of_people.wait()


def due_at(receipt: Receipt) -> float | None:
    """Unix seconds. A deadline counts from when it was read."""
    if receipt.state in ON_THE_WAY:
        return receipt.message.expires_at
    if receipt.task is not Task.OPEN or receipt.message.deadline_s is None:
        return None
    read = (step.at for step in reversed(receipt.history) if step.state == Delivery.SUBMITTED.value)
    return next(read, receipt.message.accepted_at) + receipt.message.deadline_s


async def _end(daemon: Daemon, now: float) -> None:
    """Each that is due. Where the disk takes nothing it is tried again."""
    for each in daemon.store.reader.unfinished(OPERATOR).receipts:
        at = due_at(each)
        if at is None or at > now:
            continue
        try:
            await daemon.store.commit(_ending(each, now))
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
