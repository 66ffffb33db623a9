"""`peerd attach` on a real terminal, to a real tmux server of the test's own."""

import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.stub import Stub
from tests.eventually import eventually

pytestmark = pytest.mark.tmux


def tmux(socket: Path, *words: str) -> str:
    done = subprocess.run(
        ["tmux", "-f", "/dev/null", "-S", str(socket), *words], capture_output=True, text=True, timeout=10, check=False
    )
    return done.stdout


@pytest.fixture
def server(home: Path) -> Iterator[Path]:
    path = home / "ada.sock"
    tmux(path, "new-session", "-d", "-s", "shell-ada", "cat")
    yield path
    tmux(path, "kill-server")


@pytest.fixture
def terminal() -> Iterator[int]:
    master, slave = pty.openpty()
    yield slave
    os.close(slave)
    os.close(master)


def test_a_person_sits_down_at_the_session_and_leaves_it(daemon: Stub, server: Path, terminal: int):
    daemon.answers = {"peer.attach": {"peer": "ada", "socket": str(server), "session": "shell-ada"}}

    sitting = subprocess.Popen(
        [sys.executable, "-m", "peerd", "attach", "ada"],
        stdin=terminal,
        stdout=terminal,
        env=os.environ | {"TERM": "xterm", "TMUX": "/tmp/mine,1,0"},
        start_new_session=True,
    )
    client = eventually(lambda: tmux(server, "list-clients", "-F", "#{client_name}").strip())
    tmux(server, "detach-client", "-t", client)

    assert sitting.wait(10) == 0
    assert tmux(server, "list-sessions", "-F", "#S") == "shell-ada\n"


def test_a_session_that_is_gone_is_told(daemon: Stub, server: Path, terminal: int):
    daemon.answers = {"peer.attach": {"peer": "ada", "socket": str(server), "session": "shell-bob"}}

    done = subprocess.run(
        [sys.executable, "-m", "peerd", "attach", "ada"],
        stdin=terminal,
        stdout=terminal,
        stderr=subprocess.PIPE,
        text=True,
        timeout=10,
        check=False,
    )

    assert done.returncode == 1
    assert done.stderr.startswith("peerd: tmux has-session: ")
