"""The tmux program: finding it, and running one command of it to its end. Never lets it start a server by itself
except where the words say so, and never lets it read the user's TMUX."""

import asyncio
import contextlib
import os
import re
import shutil
from collections.abc import Mapping, Sequence
from typing import BinaryIO

import msgspec

from peerd.child import Child, begun
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
        with _in_memory() as out, _in_memory() as complaint:
            code = await _to_its_end(argv, env or {}, cwd, (out, complaint), deadline_s)
            return Answer(code, _said(out), _said(complaint).strip()[:COMPLAINT_MAX_CHARS])
    except TimeoutError:
        raise TmuxError(op, f"{NO_ANSWER} within {deadline_s:g} s") from None
    except (OSError, ValueError) as error:  # ValueError: a NUL, or a name with `=` in the environment
        raise TmuxError(op, f"cannot be run: {error}") from error


async def _to_its_end(
    argv: tuple[str, ...], env: Mapping[str, str], cwd: str, says: tuple[BinaryIO, BinaryIO], within_s: float
) -> int:
    """To files, not pipes: a server that hangs keeps the pipes of its clients open, also after their death."""
    child: Child | None = None
    try:
        async with asyncio.timeout(within_s):
            out, complaint = (each.fileno() for each in says)
            child = await begun(argv, env=env, cwd=cwd, stdout=out, stderr=complaint)
            return await child.wait()
    finally:
        if child is not None and child.returncode is None:
            child.kill()
            with contextlib.suppress(TimeoutError):
                await child.wait(KILLED_S)


def _in_memory() -> BinaryIO:
    """What is said is read also where every disk is full."""
    return open(os.memfd_create("tmux"), "rb")


def _said(file: BinaryIO) -> str:
    file.seek(0)
    return file.read().decode("utf-8", "replace")


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
