"""A pass is given its task as a file, there before it is said to be handed over; its own start says that it took it."""

import asyncio
import os

import msgspec

from peerd.core.action import Deliver
from peerd.core.event import DeliveryHeld
from peerd.daemon.context import Daemon
from peerd.daemon.deliver import message_of, step
from peerd.daemon.live import Live
from peerd.daemon.place import write_private
from peerd.errors import PeerdError
from peerd.model.message import Delivery, Hold
from peerd.model.session import SessionId

RESULT_MAX_BYTES = 64 << 10


async def give(daemon: Daemon, live: Live, action: Deliver, earlier: asyncio.Task[None] | None) -> None:
    """The evidence comes by the journal. What cannot be written is held, and tried again."""
    try:
        keys = live.adapter.compose(message_of(daemon, action), action.attempt, live.place)
        await step(daemon, live, action, Delivery.LEASED, "its run waits for it")
        for name, text in keys.files.items():
            path = os.path.join(live.place.folder, name)
            write_private(f"{path}.new", text)
            os.rename(f"{path}.new", path)
        await step(daemon, live, action, Delivery.HANDED_OVER, "in the file that its run reads")
    except (PeerdError, OSError) as error:
        daemon.log.write("action-failed", peer=live.peer, session=live.id, action="hand over a task", why=str(error))
        daemon.loop.feed(DeliveryHeld(action.peer, live.id, action.message, Hold.BUSY))


def done(daemon: Daemon, session: SessionId) -> tuple[str, str | None]:
    """How a session ended its task, and what a pass left as its result: at most 64 KiB of it, None where there is
    none."""
    live = daemon.live.get(session)
    if live is None or live.adapter.kind != "pass":
        return "said that it is done", None
    try:
        with open(live.place.result, "rb") as file:
            left = file.read(RESULT_MAX_BYTES + 1)
    except FileNotFoundError:
        return "did it", None
    except OSError as error:
        return f"did it; its result could not be read: {error.strerror}", None
    return f"did it, and left its result{_amiss(left)}", left[:RESULT_MAX_BYTES].decode("utf-8", "replace")


def _amiss(left: bytes) -> str:
    if len(left) > RESULT_MAX_BYTES:
        return f", which is cut after {RESULT_MAX_BYTES >> 10} KiB"
    try:
        msgspec.json.decode(left)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ", which is no JSON"
    return ""
