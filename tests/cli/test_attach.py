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


def attaching(terminal: int) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "peerd", "attach", "ada"],
        stdin=terminal,
        stdout=terminal,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"TERM": "xterm", "TMUX": "/tmp/mine,1,0"},
        start_new_session=True,
    )


def test_a_person_sits_down_at_the_session_and_leaves_it(daemon: Stub, server: Path, terminal: int):
    daemon.answers = {"peer.attach": {"peer": "ada", "socket": str(server), "session": "shell-ada"}}

    sitting = attaching(terminal)
    client = eventually(lambda: tmux(server, "list-clients", "-F", "#{client_name}").strip())
    tmux(server, "detach-client", "-t", client)

    assert sitting.wait(10) == 0
    assert tmux(server, "list-sessions", "-F", "#S") == "shell-ada\n"


def test_one_whose_session_ended_on_the_way_there_sits_down_at_the_next_one(daemon: Stub, server: Path, terminal: int):
    gone = {"peer": "ada", "socket": str(server), "session": "shell-bob"}
    daemon.first = [gone]
    daemon.answers = {"peer.attach": gone | {"session": "shell-ada"}}

    sitting = attaching(terminal)
    client = eventually(lambda: tmux(server, "list-clients", "-F", "#{client_name}").strip())
    tmux(server, "detach-client", "-t", client)

    assert sitting.wait(10) == 0


def test_one_whose_session_is_gone_again_is_told_what_to_do(daemon: Stub, server: Path, terminal: int):
    daemon.answers = {"peer.attach": {"peer": "ada", "socket": str(server), "session": "shell-bob"}}

    told = attaching(terminal)
    _, said = told.communicate(timeout=10)

    assert (told.returncode, len(daemon.asked)) == (1, 2)
    assert said.startswith(
        "peerd: ada's session ended before you could attach to it, twice in a row (tmux has-session:"
    )
    assert said.endswith("`peerd show ada` tells what happened to it; `peerd attach ada` tries again.\n")
