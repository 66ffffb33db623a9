"""A person at a terminal of their own, outside every session."""

import os
import pty
import select
import signal
import sys
import time
from contextlib import suppress
from typing import NamedTuple

from tests.live.conftest import Team

ASKS = b"[y/N] "


class Said(NamedTuple):
    """Stdout and stderr are one on a terminal."""

    code: int
    out: str


def at_a_terminal(team: Team, *words: str, ahead: str = "", typed: str = "", env: dict[str, str] | None = None) -> Said:
    """`peerd WORDS`, the controlling terminal its own; `typed` once it asks."""
    pid, fd = pty.fork()
    if pid == 0:
        os.execve(sys.executable, (sys.executable, "-m", "peerd", *words), team.env | (env or {}))
    try:
        os.write(fd, ahead.encode())
        return Said(*read_to_end(pid, fd, typed))
    finally:
        os.close(fd)


def read_to_end(pid: int, fd: int, typed: str = "") -> tuple[int, str]:
    """Its exit code, and all it wrote. `typed` is what it is told once it asks."""
    told, give_up = b"", time.monotonic() + 40
    while True:
        if time.monotonic() > give_up:
            os.kill(pid, signal.SIGKILL)
        if not select.select([fd], [], [], 0.2)[0]:
            continue
        part = b""
        with suppress(OSError):
            part = os.read(fd, 65536)
        if not part:
            break
        told += part
        if typed and ASKS in told:
            os.write(fd, typed.encode())
            typed = ""
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status), told.decode("utf-8", "replace").replace("\r\n", "\n")
