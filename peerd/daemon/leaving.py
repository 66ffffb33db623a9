"""Peers that leave their name, removed or renamed: nothing is taken for it meanwhile, for nobody would be there."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from peerd.core.event import LeaveRequested
from peerd.daemon.context import Daemon
from peerd.errors import PeerdError
from peerd.model.peer import PeerName


@contextlib.asynccontextmanager
async def leaving(daemon: Daemon, *names: PeerName) -> AsyncIterator[None]:
    """A peer that stays after all goes on as it was. What was being written of it is whole before."""
    for name in names:
        begin(daemon, name)
    try:
        async with daemon.at_specs:
            pass  # who comes to it from now on finds that the name is left
        yield
    finally:
        for name in reversed(names):
            end(daemon, name)
            daemon.loop.feed(LeaveRequested(name, leaving=False))


def begin(daemon: Daemon, name: PeerName) -> None:
    daemon.leaving[name] = asyncio.Event()


def end(daemon: Daemon, name: PeerName) -> None:
    daemon.leaving.pop(name).set()
    daemon.receipts.ended.set()  # what it is owed is told it by the name it has now, or nobody


async def left(daemon: Daemon, name: PeerName, within_s: float) -> None:
    """Returns once it has left, or stays; at the latest after `within_s`, and then it is still at it."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(within_s):
            while name in daemon.leaving:  # another may begin as one ends
                await daemon.leaving[name].wait()


def unfinished(daemon: Daemon, name: PeerName, action: str, error: PeerdError | OSError) -> str:
    """Told once, and among the notices, until it is `finished`. `name`: what the file goes by. Returns why."""
    why = f"{error.strerror}: {error.filename}" if isinstance(error, OSError) else str(error).rstrip(".")
    if daemon.unfinished.get(name) != why:
        daemon.log.write("action-failed", peer=name, action=action, why=why)
    daemon.unfinished[name] = why
    return why


def finished(daemon: Daemon, name: PeerName) -> None:
    daemon.unfinished.pop(name, None)
