"""The tmux program: finding it, and running one command of it to its end. Never lets it start a server by itself
except where the words say so, and never lets it read the user's TMUX."""

import asyncio
import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence

import msgspec

from peerd.errors import TmuxError

OLDEST = (3, 2)  # control clients with no-output and ignore-size, -N, pane_dead_status; older ones lack one of them
NEWEST = (1_000, 0)
TO_INSTALL = "install tmux >= 3.2 (Debian: apt install tmux; Fedora: dnf install tmux; macOS: brew install tmux)"
COMPLAINT_MAX_CHARS = 2_000
OF_ANOTHER_VERSION = (
    "protocol version mismatch",
    "server version is too old for client",
    "open terminal failed: not a terminal",
    "server exited unexpectedly",
    "lost server",
)
"""What a client says whose server is of another version. The last two it says of one that dies under it, too."""
NO_ANSWER = "no answer"
KILLED_S = 1.0  # SIGKILL takes effect within ms


class Answer(msgspec.Struct, frozen=True):
    """What one command of tmux came to."""

    code: int
    out: str
    complaint: str


class Once(asyncio.SubprocessProtocol):
    """A process that runs to its end. Not asyncio's own Process: a server that hangs keeps the pipes of its clients
    open, and `Process.wait` waits for those even after a kill."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.exited: asyncio.Future[None] = loop.create_future()
        self.ended: asyncio.Future[None] = loop.create_future()
        self._said = {1: bytearray(), 2: bytearray()}

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        self._said[fd] += data

    def process_exited(self) -> None:
        if not self.exited.done():
            self.exited.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.ended.done():
            self.ended.set_result(None)

    def said(self, fd: int) -> str:
        return self._said[fd].decode("utf-8", "replace")


def found() -> str | None:
    """Where tmux is, by our own PATH and not that of a session."""
    path = shutil.which("tmux")
    return os.path.abspath(path) if path else None


def program() -> str:
    """As `found`. Raises TmuxError where there is none."""
    path = found()
    if path is None:
        raise TmuxError("find", f"there is no tmux on the PATH; {TO_INSTALL}")
    return path


def own_program(server_pid: int, ours: str | None) -> str | None:
    """The program that this server runs, also when its file was replaced or deleted since: that one speaks its
    protocol. None where it is `ours`, or cannot be run (macOS has no /proc)."""
    own = f"/proc/{server_pid}/exe"
    try:
        same = ours is not None and os.path.samefile(own, ours)
    except OSError:
        return None
    return own if not same and os.access(own, os.X_OK) else None


async def run(
    op: str,
    words: Sequence[str],
    *,
    deadline_s: float,
    env: Mapping[str, str] | None = None,
    cwd: str = "/",
    by: str | None = None,
) -> Answer:
    """Run tmux once, `by` this program (None: the one on our PATH). `env` is all it gets (None: nothing). Raises
    TmuxError when it cannot be run or has not ended within `deadline_s` seconds; then its process is killed, and
    whether the server did it is not known."""
    argv = (by or program(), *words)
    try:
        transport, once = await asyncio.get_running_loop().subprocess_exec(
            Once, *argv, stdin=subprocess.DEVNULL, env=dict(env or {}), cwd=cwd, start_new_session=True
        )
    except (OSError, ValueError) as error:  # ValueError: a NUL, or a name with `=` in the environment
        raise TmuxError(op, f"cannot be run: {error}") from error
    try:
        async with asyncio.timeout(deadline_s):
            await once.ended
    except TimeoutError:
        raise TmuxError(op, f"{NO_ANSWER} within {deadline_s:g} s") from None
    finally:
        transport.close()
        await asyncio.wait((once.exited,), timeout=KILLED_S)
    return Answer(transport.get_returncode() or 0, once.said(1), once.said(2).strip()[:COMPLAINT_MAX_CHARS])


def release(version: str) -> tuple[int, int]:
    """`3.3a` and `tmux next-3.4` as numbers; a name without any (`master`) counts as newer than all."""
    match = re.search(r"(\d+)\.(\d+)", version)
    return (int(match[1]), int(match[2])) if match else NEWEST


def mismatched(complaint: str) -> bool:
    """Whether a client of another version than its server complains so. It proves that only of a server that lives."""
    return any(each in complaint for each in OF_ANOTHER_VERSION)


def timed_out(why: str) -> bool:
    """Of what could not be done: whether the server had said nothing when time ran out."""
    return why.startswith(NO_ANSWER)
