"""Folders that change: a configuration folder for the daemon, the log folder for `tail`.

The only importer of watchfiles, and only inside the functions, since it takes as long as a whole command. Says that
something changed and what; never reads a file. What is watched need not exist yet, and may go and come again.
"""

import asyncio
import os
import threading
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from typing import NamedTuple

DEBOUNCE_MS = 50
DAEMON_STEP_MS = 50  # a change is seen after 55 ms, at 0.1 % of a core while idle; a step of 5 ms costs 0.6 %
READER_STEP_MS = 20  # 30 ms, at 0.3 %, while somebody looks
DAEMON_NET_MS = 1_000  # a look without any event: the net under a watch that went with its folder
READER_NET_MS = 250  # and under what was written while the watch was being set up

UNWATCHABLE = (OSError, RuntimeError)  # no inotify left, the folder just went; watchfiles' own is a RuntimeError

Mark = tuple[int, int, int, int]


async def looks(path: str) -> AsyncGenerator[None, None]:
    """A turn once the watch stands, so that nothing can change between a first reading and the watching, one after each
    burst of changes, and one a second besides. For who has `marks` of the last reading. Sub-folders are not looked
    into. Ends only when it is closed or cancelled."""
    from watchfiles import awatch

    while True:
        watched = await asyncio.to_thread(_standing, path)
        bursts = awatch(
            watched.folder,
            watch_filter=None,
            debounce=DEBOUNCE_MS,
            step=DAEMON_STEP_MS,
            rust_timeout=DAEMON_NET_MS,
            yield_on_timeout=True,
            recursive=False,
        )
        try:
            async with aclosing(bursts), aclosing(_turns(bursts)) as turns:
                async for _ in turns:
                    yield
                    if await asyncio.to_thread(_standing, path) != watched:
                        break
        except UNWATCHABLE:
            await asyncio.sleep(DAEMON_NET_MS / 1000)
            yield


async def _turns(bursts: AsyncGenerator[object, None]) -> AsyncGenerator[None, None]:
    """One turn more than there are bursts: the first as soon as the watch stands."""
    burst = asyncio.ensure_future(anext(bursts))
    try:
        await asyncio.sleep(0)  # its first step sets the watch up, before it first waits
        while True:
            yield
            await burst
            burst = asyncio.ensure_future(anext(bursts))
    finally:
        burst.cancel()
        await _over(burst)


async def _over(task: "asyncio.Future[object]") -> None:
    """Once it is, also where its waiter is cancelled twice: a generator that still runs cannot be closed, and the error
    of that would hide the cancel."""
    cancelled = None
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        raise cancelled


def follow(path: str, stop: threading.Event) -> Iterator[None]:
    """A turn at once, one whenever something in the folder may have changed, and four a second besides; until
    `stop` is set. Where nothing can be watched those four are all there is. Raises KeyboardInterrupt on Ctrl-C."""
    from watchfiles import watch

    yield
    while not stop.is_set():
        watched = _standing(path)
        try:
            for _ in watch(
                watched.folder,
                watch_filter=None,
                debounce=DEBOUNCE_MS,
                step=READER_STEP_MS,
                stop_event=stop,
                rust_timeout=READER_NET_MS,
                yield_on_timeout=True,
                recursive=False,
            ):
                yield
                if _standing(path) != watched:
                    break
        except UNWATCHABLE:
            stop.wait(READER_NET_MS / 1000)
            yield


class _Standing(NamedTuple):
    """The folder, or its nearest ancestor that exists."""

    folder: str
    device: int
    inode: int


def _standing(path: str) -> _Standing:
    folder = os.path.abspath(path)
    while True:
        try:
            status = os.stat(os.path.join(folder, "."))
        except OSError:
            folder = os.path.dirname(folder)
        else:
            return _Standing(folder, status.st_dev, status.st_ino)


def marks(folder: str) -> dict[str, Mark] | None:
    """What each name in a folder stands for now; empty without the folder, None when it cannot be read."""
    try:
        names = os.listdir(folder)
    except FileNotFoundError:
        return {}
    except OSError:
        return None
    marks = ((name, _mark(os.path.join(folder, name))) for name in names)
    return {name: mark for name, mark in marks if mark}


def _mark(path: str) -> Mark | None:
    """Of what a link leads to, so that a change there is seen, if only by the net; None when it is gone."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns
