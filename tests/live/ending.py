"""The end of all that has a folder of ours in its environment, as all of a session has, or in its arguments, as a tmux
server has, whenever it was forked: certain once nobody who could have begun more of it has been there."""

import contextlib
import os
import signal
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.eventually import eventually

WITHIN_S = 10.0  # measured 20 ms


def end_all_of(folders: Iterable[Path], within_s: float = WITHIN_S) -> None:
    """Fails where something is left: a process that does not die, or one unknown to us that listens there."""
    marks = [f"{folder}/".encode() for folder in folders]
    done_with = {str(os.getpid())}
    eventually(lambda: _looked(marks, done_with), within_s=within_s, every_s=0.001)
    with contextlib.suppress(pytest.fail.Exception):  # what died has closed them in a moment
        eventually(lambda: _sockets(marks) == [], within_s=within_s, every_s=0.001)
    left = _sockets(marks)
    assert left == [], f"somebody has sockets of a team that is over: {left}"


def _sockets(marks: list[bytes]) -> list[bytes]:
    return [line for line in Path("/proc/net/unix").read_bytes().splitlines() if any(mark in line for mark in marks)]


def _looked(marks: list[bytes], done_with: set[str]) -> bool:
    """Whether all that there is was dead already, or none of ours. One of ours that died since the last look may have
    forked after it."""
    found = {name for name in os.listdir("/proc") if name.isdecimal()} - done_with
    done_with |= {pid for pid in found if not _ended(pid, marks)}
    return not found


def _ended(pid: str, marks: list[bytes]) -> bool:
    """Whether it was ours, or cannot be told from it yet."""
    try:
        shown = _read(f"/proc/{pid}/cmdline")
        if not shown:  # dead; else in the middle of an exec, in which it shows nothing
            return bool(os.readlink(f"/proc/{pid}/exe"))
        if not any(mark in shown + _read(f"/proc/{pid}/environ") for mark in marks):
            return False
        os.kill(int(pid), signal.SIGKILL)
    except OSError:
        return False
    return True


def _read(path: str) -> bytes:
    with open(path, "rb", buffering=0) as file:
        return file.read()
