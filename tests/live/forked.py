"""Daemons forked from a process that has all of a daemon imported already: most of what a start costs is that.

Each is a process of its own in all else: its environment, its output, its death. `python -m tests.live.forked` is that
process; it reads one request a line and answers each with a number.
"""

import functools
import gc
import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from peerd.daemon.main import run
from tests.live import dying

ROOT = Path(__file__).parents[2]


class Forked:
    """A daemon, with what `subprocess.Popen` has of verbs for it."""

    def __init__(self, env: Mapping[str, str], out: Path, dies_at: str | None = None) -> None:
        self.pid = _asked(env=dict(env), out=str(out), dies_at=dies_at)
        self.returncode: int | None = None
        self._pidfd = os.pidfd_open(self.pid)  # a zombie at least, until its exit code was asked for

    def poll(self) -> int | None:
        """Its exit code, None while it runs."""
        return self._looked(0)

    def wait(self, timeout: float | None = None) -> int:
        code = self._looked(timeout)
        if code is None:
            raise subprocess.TimeoutExpired("the daemon", timeout or 0.0)
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
    asks, answers = _parent().stdin, _parent().stdout
    assert asks is not None
    assert answers is not None
    asks.write(json.dumps(request).encode() + b"\n")
    asks.flush()
    return int(answers.readline())


def main() -> int:
    gc.freeze()
    for line in sys.stdin.buffer:
        request = json.loads(line)
        if "ended" in request:
            answer = os.waitstatus_to_exitcode(os.waitpid(request["ended"], 0)[1])
        elif not (answer := os.fork()):
            return _daemon(**request)
        print(answer, flush=True)
    return 0


def _daemon(env: dict[str, str], out: str, dies_at: str | None) -> int:
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for number in (1, 2):
        os.dup2(os.open(out, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), number)
    os.environ.clear()
    os.environ.update(env)
    return run() if dies_at is None else dying.main(dies_at)


if __name__ == "__main__":
    sys.exit(main())
