"""A pass is given its task as a file, there before it is said to be handed over; its own start says that it took it."""

import asyncio
import os

from peerd.core.action import Deliver
from peerd.daemon import prepare
from peerd.daemon.context import Daemon
from peerd.daemon.deliver import leased, message_of, step, tell
from peerd.daemon.live import Live
from peerd.daemon.outcome import Held
from peerd.errors import PeerdError
from peerd.model.message import Delivery, Hold


async def give(daemon: Daemon, live: Live, action: Deliver, earlier: asyncio.Task[None] | None) -> None:
    """The evidence comes by the journal. What cannot be written is held, and tried again."""
    try:
        message = message_of(daemon, action)
        files = live.adapter.compose(message, action.attempt, live.place).files
        new = {f"{name}.new": text for name, text in files.items()}
        await prepare.put(daemon, live, message, new)  # first: what cannot be written is no attempt
        if await leased(daemon, live, action, "its run waits for it"):
            for path in (os.path.join(live.place.folder, name) for name in files):
                os.rename(f"{path}.new", path)
            await step(daemon, live, action, Delivery.HANDED_OVER, "in the file that its run reads")
            return
        tell(daemon, live, action, Held(Hold.BUSY))
    except (PeerdError, OSError) as error:
        tell(daemon, live, action, prepare.not_ready(daemon, live, action, "hand over a task", error))
