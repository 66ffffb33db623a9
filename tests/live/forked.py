"""Python processes forked from one that has all of peerd imported already: most of what a start costs is that.

Each is a process of its own in all else: its arguments, its environment, its output, its death. `python -m
tests.live.forked` is the one they come from; it reads one request a line and answers each with a number.
"""

import ctypes
import functools
import gc
import importlib
import json
import os
import pkgutil
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import peerd.cli
import peerd.daemon.main

ROOT = Path(__file__).parents[2]
IMPORTED_LATE = ("anyio._backends._asyncio", "concurrent.futures.thread", "tomllib", "watchfiles")
"""What peerd imports only once it is needed, beside its commands and its adapters."""

ASKING = threading.Lock()


class Forked:
    """`python -c CODE WORDS`, with what `subprocess.Popen` has of verbs for it. The outputs are appended to."""

    def __init__(self, code: str, *words: str, env: Mapping[str, str], out: str, err: str | None = None) -> None:
        self.pid = _asked(code=code, words=words, env=dict(env), cwd=os.getcwd(), out=out, err=err or out)
        self.returncode: int | None = None
        self._pidfd = os.pidfd_open(self.pid)  # a zombie at least, until its exit code was asked for

    def poll(self) -> int | None:
        """Its exit code, None while it runs."""
        return self._looked(0)

    def wait(self, timeout: float | None = None) -> int:
        code = self._looked(timeout)
        if code is None:
            raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0.0)
        return code

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            signal.pidfd_send_signal(self._pidfd, number)

    def _looked(self, within_s: float | None) -> int | None:
        if self.returncode is None and select.select([self._pidfd], [], [], within_s)[0]:
            self.returncode = _asked(ended=self.pid)
            os.close(self._pidfd)
        return self.returncode


@functools.cache
def _parent() -> "subprocess.Popen[bytes]":
    """One for all tests of this process; it ends with it. A Ctrl-C is not for it."""
    command, pipe = (sys.executable, "-m", "tests.live.forked"), subprocess.PIPE
    return subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, start_new_session=True)


def _asked(**request: Any) -> int:
    with ASKING:
        asks, answers = _parent().stdin, _parent().stdout
        assert asks is not None
        assert answers is not None
        asks.write(json.dumps(request).encode() + b"\n")
        asks.flush()
        return int(answers.readline())


def main() -> int:
    _import_all()
    gc.freeze()
    for line in sys.stdin.buffer:
        request = json.loads(line)
        if "ended" in request:
            answer = os.waitstatus_to_exitcode(os.waitpid(request["ended"], 0)[1])
        elif not (answer := os.fork()):
            return _python(**request)
        print(answer, flush=True)
    return 0


def _import_all() -> None:
    commands = (f"peerd.cli.{module.name}" for module in pkgutil.iter_modules(peerd.cli.__path__))
    for name in (*commands, *IMPORTED_LATE):
        importlib.import_module(name)
    for group in ("peerd.adapters", "peerd.declared"):
        for point in entry_points(group=group):
            point.load()


def _python(code: str, words: list[str], env: dict[str, str], cwd: str, out: str, err: str) -> int:
    """What python does with -c, and what it then exits with."""
    for number, path in ((0, os.devnull), (1, out), (2, err)):
        os.dup2(os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600), number)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    _show(env)
    sys.argv = ["-c", *words]
    exec(code, {"__name__": "__main__"})  # noqa: S102
    return 0


def _show(env: dict[str, str]) -> None:
    """As its environment in /proc, for what it forks too until that is a program of its own: so it is known whose it
    is. What is peerd's comes first, for there may not be room for all."""
    start, end = map(int, Path("/proc/self/stat").read_text().rpartition(")")[2].split()[47:49])
    names = sorted(env, key=lambda name: not name.startswith("PEERD_"))
    shown = "".join(f"{name}={env[name]}\0" for name in names).encode()
    ctypes.memmove(start, shown.ljust(end - start, b"\0"), end - start)


if __name__ == "__main__":
    sys.exit(main())
