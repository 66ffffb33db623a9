"""Somebody who listens to journals, as the daemon does."""

import asyncio
import os
import stat
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from peerd.edges.journal import Journals
from peerd.model.session import SessionId

S1, S2, S3 = SessionId("s-1"), SessionId("s-2"), SessionId("s-3")

Heard = tuple[SessionId, list[str], int]


class Ear:
    """What the daemon is told: every delivery and every trouble, in order."""

    def __init__(self) -> None:
        self.heard: list[Heard] = []
        self.troubles: list[str] = []
        self._changed = asyncio.Event()
        self.journals = Journals(self._lines, self._trouble)

    def _lines(self, session: SessionId, lines: list[str], offset: int) -> None:
        self.heard.append((session, lines, offset))
        self._changed.set()

    def _trouble(self, session: SessionId, why: str) -> None:
        self.troubles.append(why)
        self._changed.set()

    def lines(self, session: SessionId = S1) -> list[str]:
        return [line for whose, lines, _ in self.heard for line in lines if whose == session]

    async def until(self, true: Callable[[], bool]) -> None:
        async with asyncio.timeout(5.0):
            while not true():
                self._changed.clear()
                await self._changed.wait()


def listening(body: Callable[[Ear], Coroutine[Any, Any, None]]) -> None:
    async def main() -> None:
        ear = Ear()
        try:
            await body(ear)
        finally:
            ear.journals.close()

    asyncio.run(main())


def append(path: Path, text: str | bytes) -> None:
    fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    data = text if isinstance(text, bytes) else text.encode()
    assert os.write(fd, data) == len(data)
    os.close(fd)


def mode(path: Path) -> int:
    return stat.S_IMODE(os.stat(path).st_mode)


def size(path: Path) -> int:
    return os.stat(path).st_size
