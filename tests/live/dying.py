"""A daemon that ends itself with SIGKILL at its Nth touch of the world; with `paste` or
`press` for N, once it did that for the first time; with the name of a write, once the first of those is on disk.

A touch is the beginning or the end of a commit, a look at a pane, a paste, a key, a start of a tmux server.
"""

import asyncio
import functools
import os
import signal
from collections.abc import Awaitable, Callable
from typing import Any

from peerd.daemon.main import run
from peerd.edges.tmux import server
from peerd.edges.tmux.pane import Pane
from peerd.store.write import Write
from peerd.store.writer import Writer


class Countdown:
    """Touches left to live."""

    def __init__(self, left: int) -> None:
        self.left = left

    def touch(self, *_: object) -> None:
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, act: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def touched(*args: Any, **options: Any) -> Any:
            self.touch()
            answer = await act(*args, **options)
            self.touch()
            return answer

        return touched

    def commit(self, writer: Writer, *args: Any, **options: Any) -> asyncio.Future[Any]:
        self.touch()
        written: asyncio.Future[Any] = COMMIT(writer, *args, **options)
        written.add_done_callback(self.touch)
        return written

    def commit_of(self, name: str, writer: Writer, writes: tuple[Write, ...], **options: Any) -> asyncio.Future[Any]:
        """Whoever awaits the commit is told after this."""
        written: asyncio.Future[Any] = COMMIT(writer, writes, **options)
        if any(type(write).__name__ == name for write in writes):
            written.add_done_callback(self.touch)
        return written


COMMIT = Writer.commit


def main(point: str) -> int:
    if point in ("paste", "press"):
        setattr(Pane, point, Countdown(2).around(getattr(Pane, point)))
    elif point.isdecimal():
        _count(int(point))
    else:
        once = functools.partial(Countdown(1).commit_of, point)
        Writer.commit = lambda writer, *args, **options: once(writer, *args, **options)  # type: ignore[method-assign]
    return run()


def _count(point: int) -> None:
    countdown = Countdown(point)
    Writer.commit = lambda writer, *args, **options: countdown.commit(writer, *args, **options)  # type: ignore[method-assign]
    for verb in ("look", "paste", "press"):
        setattr(Pane, verb, countdown.around(getattr(Pane, verb)))
    server.start = countdown.around(server.start)  # type: ignore[assignment]
