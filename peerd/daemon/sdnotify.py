"""What a service says of itself by sd_notify(3): READY=1, over a socket of its session's own.

What it says during a restart in place waits in the socket; what it says while no daemon runs is lost.
"""

import os
import re
from collections.abc import Iterable
from socket import socket

from peerd.adapter import Place
from peerd.core.action import CountReady
from peerd.daemon.context import Daemon
from peerd.daemon.ingest import take
from peerd.daemon.live import Live
from peerd.edges import datagram
from peerd.edges.manager import Passed
from peerd.model.fact import Ready
from peerd.model.session import SessionId

NAMED = re.compile(r"notify\.(s-\w+)")


def bound(where: Place) -> socket:
    """Before the service starts, so that no word of its is lost. Raises OSError."""
    return datagram.bound(os.path.join(where.tmp, "notify"))


async def listen(daemon: Daemon, live: Live, sock: socket) -> None:
    """Runs as long as the session. Nothing comes from a service that was not told of the socket."""
    async for words in datagram.received(sock):
        if "READY=1" in words.split("\n"):
            await take(daemon, live, Ready(), daemon.loop.feed)


async def count_ready(daemon: Daemon, action: CountReady) -> None:
    live = daemon.live.get(action.session)
    if live is not None:
        why = "it outlived a daemon before it was ready, and its word may have been lost meanwhile"
        daemon.log.write("counts-as-ready", peer=live.peer, session=live.id, why=why)
        await take(daemon, live, Ready(), daemon.loop.feed)


def pass_on(daemon: Daemon) -> dict[str, int]:
    """For the next daemon, by the names that `handed_down` knows; nobody listens here any more."""
    held: dict[str, int] = {}
    for live in daemon.live.values():
        if live.notified is not None and live.notify is not None:
            held[f"notify.{live.id}"] = os.dup(live.notify.fileno())
            live.notified.cancel()
    return held


def handed_down(passed: Iterable[Passed]) -> dict[SessionId, socket]:
    """What the daemon before this one passed on, where this process was that."""
    named = ((each.fd, NAMED.fullmatch(each.name)) for each in passed)
    return {SessionId(name[1]): datagram.passed(fd) for fd, name in named if name is not None}


def forget_strangers(daemon: Daemon) -> None:
    """What came down for sessions that are over."""
    while daemon.notify:
        daemon.notify.popitem()[1].close()
