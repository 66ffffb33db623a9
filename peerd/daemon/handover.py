"""A pass is given its task as a file, there before it is said to be handed over; its own start says that it took it."""

import asyncio
import os

from peerd.core.action import Deliver
from peerd.core.event import DeliveryHeld
from peerd.daemon.context import Daemon
from peerd.daemon.live import Live
from peerd.daemon.place import write_private
from peerd.edges import clock
from peerd.errors import InternalError, PeerdError
from peerd.model.message import Delivery, Hold
from peerd.model.session import SessionId
from peerd.store.write import SetDelivery

RESULT, RESULT_MAX_BYTES = "result.json", 64 << 10


async def give(daemon: Daemon, live: Live, action: Deliver, earlier: asyncio.Task[None] | None) -> None:
    """The evidence comes by the journal. What cannot be written is held, and tried again."""
    try:
        receipt = daemon.store.reader.receipt(action.message)
        if receipt is None:
            raise InternalError(f"{action.message} is in {action.peer}'s queue but not on record")
        await _step(daemon, live, action, Delivery.LEASED, "its run waits for it")
        keys = live.adapter.compose(receipt.message, action.attempt, live.place)
        for name, text in keys.files.items():
            path = os.path.join(live.place.folder, name)
            write_private(f"{path}.new", text)
            os.rename(f"{path}.new", path)
        await _step(daemon, live, action, Delivery.HANDED_OVER, "in the file that its run reads")
    except (PeerdError, OSError) as error:
        daemon.log.write("action-failed", peer=live.peer, session=live.id, action="hand over a task", why=str(error))
        daemon.loop.feed(DeliveryHeld(action.peer, live.id, action.message, Hold.BUSY))


async def _step(daemon: Daemon, live: Live, action: Deliver, state: Delivery, evidence: str) -> None:
    event = "leased" if state is Delivery.LEASED else "handed-over"
    daemon.log.write(event, id=action.message, to=action.peer, attempt=action.attempt, session=live.id)
    step = SetDelivery(action.message, state, action.attempt, live.id, clock.wall(), evidence)
    await daemon.record(step, about=action.message)


def result(daemon: Daemon, session: SessionId) -> str | None:
    """What a pass left in its result file, at most 64 KiB of it; None where there is none."""
    try:
        with open(os.path.join(daemon.home.session(session), RESULT), "rb") as file:
            return file.read(RESULT_MAX_BYTES).decode("utf-8", "replace")
    except OSError:
        return None
