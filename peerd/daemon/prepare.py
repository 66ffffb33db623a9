"""What goes with a message, files or its text as one, is put into its session's folder before a byte is typed. What is
in the way of that, or of the typing, for now is told once a message and reason, however often it is tried; what is gone
for good ends it."""

import os
from collections.abc import Mapping

from peerd.core.action import Deliver
from peerd.daemon import attachments
from peerd.daemon.context import Daemon
from peerd.daemon.live import Live, Unready
from peerd.daemon.outcome import Held, Spoilt
from peerd.daemon.place import write_private
from peerd.daemon.reach import unreachable
from peerd.edges import clock
from peerd.errors import ContentLost, TmuxError, Unwritable
from peerd.model.message import Delivery, Hold, Message
from peerd.store.write import SetDelivery, SetHold


async def put(daemon: Daemon, live: Live, message: Message, files: Mapping[str, str]) -> None:
    """`files` by their names. Raises Unwritable where it cannot be done now, ContentLost where it never can."""
    try:
        await attachments.hand_over(daemon, live.place, message)
        for name, text in files.items():
            write_private(os.path.join(live.place.folder, name), text)
    except OSError as error:
        raise Unwritable(f"{live.place.folder}: {error.strerror or error}") from error


def not_ready(daemon: Daemon, live: Live, action: Deliver, doing: str, error: Exception) -> Held | Spoilt:
    """Nothing was typed."""
    if isinstance(error, ContentLost):
        return Spoilt(str(error))
    _tell(daemon, live, action, doing, error)
    if isinstance(error, Unwritable):
        return Held(Hold.UNWRITABLE)
    return Held(Hold.BUSY if unreachable(live) is None else Hold.TMUX)


def _tell(daemon: Daemon, live: Live, action: Deliver, doing: str, error: Exception) -> None:
    """The sender too of a tmux that cannot be reached, which may last for days."""
    out = unreachable(live)
    reason = "out of reach" if out is not None else error.op if isinstance(error, TmuxError) else str(error)
    known = live.unready if live.unready is not None and live.unready.message == action.message else None
    told = known.told if known is not None else frozenset()
    live.unready = Unready(action.message, str(error), told | {reason})
    if reason in told:
        return
    daemon.log.write("action-failed", peer=live.peer, session=live.id, action=doing, why=str(error))
    if out is not None and under_lease(daemon, action):
        waits = f"waits: {live.peer} is {out}"
        step = SetDelivery(action.message, Delivery.ACCEPTED, action.attempt - 1, None, clock.wall(), waits)
        daemon.record(step, SetHold(action.message, Hold.TMUX), about=action.message)


def under_lease(daemon: Daemon, action: Deliver) -> bool:
    lease = daemon.loop.peers[action.peer].lease
    return lease is not None and (lease.waiting.id, lease.waiting.attempts) == (action.message, action.attempt)
