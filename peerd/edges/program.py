"""Short-lived programs that are asked something, such as their version. Owns their processes; of one that does not end
in time nothing is left, nor where its answer is waited for no more."""

import asyncio
import contextlib
import os
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from typing import NamedTuple

SAID_MAX_BYTES = 1 << 16  # a pipe holds as much; who prints more is not read to the end, and does not end
KILLED_S = 1.0  # SIGKILL takes effect within ms


async def output(argv: tuple[str, ...], env: Mapping[str, str], within_s: float) -> str | None:
    """What a program has printed when it ends; None where it cannot be run, fails, or takes longer."""
    said, says = os.pipe()
    try:
        code = await _to_its_end(argv, env, says, within_s)
        return _waiting(said).decode("utf-8", "replace") if code == 0 else None
    except (OSError, TimeoutError):
        return None
    finally:
        os.close(said)
        os.close(says)


class Ended(NamedTuple):
    """Why it failed, "" where it did not; and the end of what it printed."""

    failed: str
    said: str


async def told(argv: tuple[str, ...], env: Mapping[str, str], text: bytes, within_s: float) -> Ended:
    """A program that is given a text on its stdin, whether it reads that or not. In a file, so that nothing waits for
    the reader."""
    said, says = os.pipe()
    try:
        with tempfile.TemporaryFile() as given:
            given.write(text)
            given.seek(0)
            code = await _to_its_end(argv, env, says, within_s, given.fileno())
        return Ended("" if code == 0 else f"exit {code}", _waiting(said).decode("utf-8", "replace"))
    except TimeoutError:
        return Ended(f"no end within {within_s:g} s", _waiting(said).decode("utf-8", "replace"))
    except (OSError, ValueError) as error:
        return Ended(getattr(error, "strerror", None) or str(error), "")
    finally:
        os.close(said)
        os.close(says)


async def _to_its_end(
    argv: tuple[str, ...], env: Mapping[str, str], says: int, within_s: float, reads: int = subprocess.DEVNULL
) -> int:
    """Its own end is waited for, and not that of what it began, which may hold its output open."""
    child = await asyncio.create_subprocess_exec(
        *argv, env=env, stdin=reads, stdout=says, stderr=subprocess.STDOUT, start_new_session=True
    )
    try:
        async with asyncio.timeout(within_s):
            return await child.wait()
    finally:
        if child.returncode is None:
            await _kill(child)


async def _kill(child: asyncio.subprocess.Process) -> None:
    """With all of its process group."""
    with contextlib.suppress(ProcessLookupError, TimeoutError):
        os.killpg(child.pid, signal.SIGKILL)
        await asyncio.wait_for(child.wait(), KILLED_S)


def _waiting(pipe: int) -> bytes:
    os.set_blocking(pipe, False)
    try:
        return os.read(pipe, SAID_MAX_BYTES)
    except BlockingIOError:
        return b""
