"""The program that a service with listening sockets is started by, with the daemon's half played by the test."""

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from peerd.edges import passing
from peerd_adapters.here import FETCH, PYTHON

TELLS = """
import os
print(os.environ["LISTEN_PID"] == str(os.getpid()), os.environ["LISTEN_FDS"], os.environ["LISTEN_FDNAMES"])
print(os.getpid(), *(os.fstat(int(name)).st_ino for name in sorted(os.listdir("/proc/self/fd"), key=int)
                     if int(name) > 2 and os.path.exists(f"/proc/self/fd/{name}")))
"""


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "ask")


@pytest.fixture
def three() -> Iterator[list[socket.socket]]:
    socks = [socket.socket() for _ in range(3)]
    yield socks
    for sock in socks:
        sock.close()


def started(path: str, *program: str) -> "subprocess.Popen[str]":
    command = (PYTHON, "-I", "-S", FETCH, path, *program)
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def said(child: "subprocess.Popen[str]") -> tuple[str, str]:
    return child.communicate(timeout=20)


def test_the_program_has_the_sockets_in_order_and_nothing_else(path: str, three: list[socket.socket]):
    ask = passing.bound(path)
    child = started(path, sys.executable, "-I", "-S", "-c", TELLS)
    asyncio.run(passing.given(ask, b"web:web:web", [sock.fileno() for sock in three]))

    first, second = said(child)[0].splitlines()

    assert first == "True 3 web:web:web"
    pid, *inodes = (int(word) for word in second.split())
    assert (pid, inodes) == (child.pid, [os.fstat(sock.fileno()).st_ino for sock in three])


def test_without_a_daemon_nothing_is_started(path: str):
    _, wrong = said(child := started(path, "/bin/echo", "started"))

    assert (child.returncode, wrong.count("\n")) == (1, 1)
    assert wrong.startswith("the daemon ended before it handed the listening sockets over")


def test_a_daemon_that_ends_meanwhile_is_none(path: str):
    ask = passing.bound(path)
    child = started(path, "/bin/echo", "started")
    ask.setblocking(True)
    ask.accept()[0].close()
    ask.close()

    out, wrong = said(child)

    assert (out, wrong.startswith("the daemon ended")) == ("", True)


def test_a_program_that_cannot_be_run_is_named(path: str, three: list[socket.socket]):
    ask = passing.bound(path)
    child = started(path, "/no/such")
    asyncio.run(passing.given(ask, b"web", [three[0].fileno()]))

    assert said(child)[1] == "cannot run /no/such: No such file or directory\n"
