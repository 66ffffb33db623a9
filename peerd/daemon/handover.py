"""A pass is given its task as a file, there before it is said to be handed over; its own start says that it took it."""

import asyncio
import os

from peerd.core.action import Deliver
from peerd.core.event import DeliveryHeld
from peerd.daemon import attached
from peerd.daemon.context import Daemon
from peerd.daemon.deliver import leased, message_of, step
from peerd.daemon.live import Live
from peerd.daemon.place import write_private
from peerd.errors import PeerdError
from peerd.model.message import Delivery, Hold


async def give(daemon: Daemon, live: Live, action: Deliver, earlier: asyncio.Task[None] | None) -> None:
    """The evidence comes by the journal. What cannot be written is held, and tried again."""
    try:
        message = message_of(daemon, action)
        await attached.hand_over(daemon, live.place, message)
        keys = live.adapter.compose(message, action.attempt, live.place)
        paths = {os.path.join(live.place.folder, name): text for name, text in keys.files.items()}
        for path, text in paths.items():
            write_private(f"{path}.new", text)  # first: what cannot be written is no attempt
        if await leased(daemon, live, action, "its run waits for it"):
            for path in paths:
                os.rename(f"{path}.new", path)
            await step(daemon, live, action, Delivery.HANDED_OVER, "in the file that its run reads")
            return
    except (PeerdError, OSError) as error:
        daemon.log.write("action-failed", peer=live.peer, session=live.id, action="hand over a task", why=str(error))
    daemon.loop.feed(DeliveryHeld(action.peer, live.id, action.message, Hold.BUSY))
