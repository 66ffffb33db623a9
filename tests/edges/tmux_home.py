"""A place for tmux servers of a test's own: short, private, gone at the end."""

import asyncio
import contextlib
import fcntl
import os
import pty
import signal
import struct
import subprocess
import sys
import termios
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest

from peerd.edges import clock
from peerd.edges.tmux import server
from peerd.edges.tmux.control import Control
from peerd.edges.tmux.pane import Pane
from peerd.edges.tmux.server import Started
from tests.eventually import eventually

T = TypeVar("T")
READER = """
import os, sys, termios, tty
tty.setraw(0)
out = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
os.write(1, sys.argv[2].encode() + b"ready")
while data := os.read(0, 1 << 16):
    while data:
        data = data[os.write(out, data):]
"""
BRACKETS_ON = "\x1b[?2004h"
BRACKETED = (b"\x1b[200~", b"\x1b[201~")
ENV = {"PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8"}


class TmuxHome:
    """A folder with room for servers. `run` drives coroutines on one loop that lasts as long as the test."""

    def __init__(self, folder: Path, runner: asyncio.Runner) -> None:
        self.folder = folder
        self.socket = str(folder / "s.sock")
        self.started: list[Started] = []
        self.clients: list[Control] = []
        self._runner = runner

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(work)

    def start(self, *argv: str, env: dict[str, str] | None = None, log: str | None = None) -> Started:
        """A server with the session `shell-ada`, whose pane runs these words."""
        conf = server.write_conf(str(self.folder), "s-1")
        env = ENV if env is None else env
        begun = self.run(server.start(self.socket, conf, "shell-ada", argv, cwd=str(self.folder), env=env, log=log))
        self.started.append(begun)
        return begun

    def attach(self) -> Control:
        client = self.run(Control.attach(self.socket, "shell-ada"))
        self.clients.append(client)
        return client

    def pane(self, *argv: str) -> Pane:
        """A new session's pane, behind a client of its own."""
        begun = self.start(*argv)
        return Pane(self.attach(), begun.pane, clock.second)

    def tmux(self, *words: str) -> str:
        """What another client of the same server gets."""
        command = ("tmux", "-u", "-N", "-S", self.socket, *words)
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.rstrip("\n")

    def end(self) -> None:
        """Every client, then every server started here, by its own socket; one that was stopped goes on first."""
        for begun in self.started:
            with contextlib.suppress(ProcessLookupError):
                os.kill(begun.server_pid, signal.SIGCONT)
        for client in self.clients:
            self.run(client.close())
        for socket in self.folder.rglob("*.sock"):
            with contextlib.suppress(subprocess.TimeoutExpired):
                command = ("tmux", "-N", "-S", str(socket), "kill-server")
                subprocess.run(command, capture_output=True, check=False, timeout=5)
        for begun in self.started:
            _make_sure(begun.server_pid, str(self.folder))


def _make_sure(pid: int, folder: str) -> None:
    """End a server that lost its socket. Only one that was started with a path in this folder."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        if folder in Path(f"/proc/{pid}/cmdline").read_text():
            os.kill(pid, signal.SIGKILL)


def fake_tmux(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """A shell script in tmux's place, for what is found on our own PATH."""
    program = folder / "bin" / "tmux"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o700)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")


class Reader:
    """A runtime that keeps every byte it reads."""

    def __init__(self, home: TmuxHome, greeting: str = BRACKETS_ON) -> None:
        self.home = home
        self.file = home.folder / "read"
        self.pane = home.pane(sys.executable, "-S", "-c", READER, str(self.file), greeting)
        eventually(lambda: "ready" in home.run(self.pane.history(1)))

    def got(self, size: int) -> bytes:
        """All it read, once that is so much."""
        eventually(lambda: self.file.stat().st_size >= size, within_s=20)
        return self.file.read_bytes()

    def buffers(self) -> str:
        return self.home.tmux("list-buffers")


def dead(home: TmuxHome, says: str = "", how: str = "exit 7") -> Pane:
    """A pane whose runtime said this and then ended. tmux drops what it has not read when it hears of an end."""
    pane = home.pane("sh", "-c", f"{says or ':'}; echo last words; read line; {how}")
    eventually(lambda: "last words" in home.run(pane.history(1)))
    home.run(pane.press("Enter"))
    assert home.run(pane.drained(5))
    return pane


@contextlib.contextmanager
def human(home: TmuxHome, *, columns: int = 100, rows: int = 30) -> Iterator[int]:
    """A person's terminal, attached; yields the descriptor they type into."""
    command = ("tmux", "-N", "-S", home.socket, "attach-session", "-t", "=shell-ada")
    with terminal(command, {"TERM": "xterm", "HOME": str(home.folder)}, columns=columns, rows=rows) as typing:
        yield typing


@contextlib.contextmanager
def terminal(command: tuple[str, ...], env: dict[str, str], *, columns: int = 100, rows: int = 30) -> Iterator[int]:
    """A terminal of this size with a program in it."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    program = subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env={**ENV, **env}, start_new_session=True
    )
    os.close(theirs)
    try:
        yield ours
    finally:
        program.terminate()
        program.wait(timeout=5)
        os.close(ours)
