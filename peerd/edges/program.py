"""Short-lived programs that are asked something, such as their version. Owns their processes; of one that does not end
in time nothing is left, nor where its answer is waited for no more."""

import asyncio
import contextlib
import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from peerd.child import Child, begun

SAID_MAX_BYTES = 1 << 16  # a pipe holds as much
KILLED_S = 1.0  # SIGKILL takes effect within ms


async def output(argv: tuple[str, ...], env: Mapping[str, str], within_s: float) -> str | None:
    """What a program has printed when it ends; None where it cannot be run, fails, or takes longer."""
    try:
        with _printed() as printed:
            code = await _to_its_end(argv, env, printed.into, within_s)
            return printed.text() if code == 0 else None
    except (OSError, TimeoutError):
        return None


class Ended(NamedTuple):
    """Why it failed, "" where it did not; and the end of what it printed."""

    failed: str
    said: str


async def told(argv: tuple[str, ...], env: Mapping[str, str], text: bytes, within_s: float) -> Ended:
    """A program that is given a text on its stdin, whether it reads that or not. In a file, so that nothing waits for
    the reader."""
    try:
        with _printed() as printed, tempfile.TemporaryFile() as given:
            given.write(text)
            given.seek(0)
            try:
                code = await _to_its_end(argv, env, printed.into, within_s, given.fileno())
            except TimeoutError:
                return Ended(f"no end within {within_s:g} s", printed.text())
            return Ended("" if code == 0 else f"exit {code}", printed.text())
    except (OSError, ValueError) as error:
        return Ended(getattr(error, "strerror", None) or str(error), "")


class _Printed:
    """What a program prints `into` a pipe. The last of it is kept."""

    def __init__(self, said: int, into: int) -> None:
        self._said, self.into, self._kept = said, into, b""

    def read(self) -> None:
        with contextlib.suppress(BlockingIOError):
            self._kept = (self._kept + os.read(self._said, SAID_MAX_BYTES))[-SAID_MAX_BYTES:]

    def text(self) -> str:
        """With what nobody has read yet: a pipe holds no more than one read takes."""
        self.read()
        return self._kept.decode("utf-8", "replace")


@contextlib.contextmanager
def _printed() -> Iterator[_Printed]:
    """Read as it comes, so that no program waits for a reader. Raises OSError where no descriptor is left."""
    loop, (said, into) = asyncio.get_running_loop(), os.pipe()
    try:
        os.set_blocking(said, False)
        printed = _Printed(said, into)
        loop.add_reader(said, printed.read)
        yield printed
    finally:
        loop.remove_reader(said)
        os.close(said)
        os.close(into)


async def _to_its_end(
    argv: tuple[str, ...], env: Mapping[str, str], says: int, within_s: float, reads: int = subprocess.DEVNULL
) -> int:
    """Its own end is waited for, and not that of what it began, which may hold its output open. Raises OSError where it
    cannot be run, TimeoutError."""
    child: Child | None = None
    try:
        async with asyncio.timeout(within_s):
            child = await begun(argv, env=env, stdin=reads, stdout=says)
            return await child.wait()
    finally:
        if child is not None and child.returncode is None:
            child.kill()
            with contextlib.suppress(TimeoutError):
                await child.wait(KILLED_S)
