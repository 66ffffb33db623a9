"""What a service says of itself by sd_notify(3): READY=1, over a socket of its session's own."""

import os
import socket

from peerd.adapter import Place
from peerd.daemon.context import Daemon
from peerd.daemon.hear import take
from peerd.daemon.live import Live
from peerd.edges import datagram
from peerd.model.fact import Ready


def bound(where: Place) -> socket.socket:
    """Before the service starts, so that no word of its is lost. Raises OSError."""
    return datagram.bound(os.path.join(where.tmp, "notify"))


async def listen(daemon: Daemon, live: Live, sock: socket.socket) -> None:
    """Runs as long as the session. Nothing comes from a service that was not told of the socket."""
    async for words in datagram.received(sock):
        if "READY=1" in words.split("\n"):
            await take(daemon, live, Ready(), daemon.loop.feed)
