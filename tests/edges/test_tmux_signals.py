"""Signals that a tmux server of ours heeds, and that only it gets."""

import os
from functools import partial
from pathlib import Path

import pytest

from peerd.edges import process
from peerd.edges.tmux import server
from peerd.model.session import Process
from tests.edges.children import known
from tests.edges.tmux_home import TmuxHome

pytestmark = pytest.mark.tmux


def test_a_nudge_to_a_server_that_is_gone_is_silent() -> None:
    beyond_all = int(Path("/proc/sys/kernel/pid_max").read_text()) + 1

    server.nudge(partial(process.tell, Process(beyond_all, 1)))


def test_a_deleted_socket_is_shown_again_by_its_own_server_and_asked_of_no_stranger(tmux_home: TmuxHome) -> None:
    begun = known(tmux_home.start("sleep", "1000").server_pid)
    os.unlink(tmux_home.socket)

    tmux_home.run(server.show(tmux_home.socket, partial(process.tell, Process(begun.pid, begun.start - 1))))
    assert not os.path.exists(tmux_home.socket)
    tmux_home.run(server.show(tmux_home.socket, partial(process.tell, begun)))

    assert tmux_home.run(server.alive(tmux_home.socket))
