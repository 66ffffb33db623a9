"""Real processes of a test's own, ended with it."""

import os
import signal
import subprocess
import uuid
from collections.abc import Callable, Iterator

from peerd.edges.process import identify, with_variable
from peerd.model.session import Process, SessionId

Start = Callable[..., "subprocess.Popen[str]"]

STUBBORN = """
import signal
for each in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT):
    signal.signal(each, signal.SIG_IGN)
print("ready", flush=True)
signal.pause()
"""
POLITE = """
import signal, sys
signal.signal(signal.SIGTERM, lambda *_: sys.exit(5))
print("ready", flush=True)
signal.pause()
"""
GIVES_BIRTH = """
import subprocess, sys
print(subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL).pid, flush=True)
sys.stdin.read()
"""


def started() -> Iterator[Start]:
    """For a fixture: what starts a child, with a session's mark or without any."""
    children: list[subprocess.Popen[str]] = []

    def start(*argv: str, mark: str | None = None) -> "subprocess.Popen[str]":
        env = {"PATH": os.environ["PATH"]} | ({"PEERD_SESSION": mark} if mark else {})
        child = subprocess.Popen(argv, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        children.append(child)
        return child

    yield start
    for child in children:
        child.kill()
        child.communicate()


def a_session() -> Iterator[SessionId]:
    """For a fixture: the id of a session nobody else has. What carries its mark is ended."""
    session = SessionId(f"s-{uuid.uuid4().hex}")
    yield session
    for each in with_variable("PEERD_SESSION", session):
        os.kill(each.pid, signal.SIGKILL)


def known(pid: int) -> Process:
    process = identify(pid)
    assert process is not None
    return process


def first_line(child: "subprocess.Popen[str]") -> str:
    assert child.stdout is not None
    return child.stdout.readline().strip()


def press_enter(child: "subprocess.Popen[str]") -> None:
    assert child.stdin is not None
    os.write(child.stdin.fileno(), b"\n")


def command_name(pid: int) -> str:
    with open(f"/proc/{pid}/comm") as file:
        return file.read()
