"""What a service fetches when it starts: the listening sockets held for it, over a socket of its session's own."""

import socket

from peerd.adapter import Place
from peerd.daemon.context import Daemon
from peerd.daemon.ingest import take
from peerd.daemon.live import Live
from peerd.edges import passing
from peerd.model.fact import Ready


def bound(where: Place) -> socket.socket:
    """Before the service starts, in a folder that only our uid gets into. Raises OSError."""
    return passing.bound(where.listen)


async def give(daemon: Daemon, live: Live, ask: socket.socket, socks: tuple[socket.socket, ...]) -> None:
    """Once a session, to the first who asks. A service that has no other word for being ready is so with that."""
    names = ":".join([live.peer] * len(socks))
    given = await passing.given(ask, names.encode(), [sock.fileno() for sock in socks])
    if given and live.adapter.ready_when == "started":
        await take(daemon, live, Ready(), daemon.loop.feed)
