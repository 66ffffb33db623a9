"""A tmux server that is just exiting listens for some ms more and answers nobody: it is waited for, and is in nobody's
way."""

import os
import signal
import time

import pytest

from peerd.edges.tmux import server
from peerd.errors import TmuxError
from tests.edges.tmux_home import TmuxHome, fake_tmux

pytestmark = pytest.mark.tmux

ROUNDS = 20


def test_a_session_begins_where_a_server_is_just_exiting(tmux_home: TmuxHome) -> None:
    pids = [tmux_home.start("sleep", "1000").server_pid]

    for _ in range(ROUNDS):
        os.kill(pids[-1], signal.SIGTERM)
        pids.append(tmux_home.start("sleep", "1000").server_pid)

    assert len(set(pids)) == ROUNDS + 1


def test_one_that_is_exiting_has_no_mark_and_is_gone_once_that_is_told(tmux_home: TmuxHome) -> None:
    for _ in range(ROUNDS):
        begun = tmux_home.start("sleep", "1000")
        os.kill(begun.server_pid, signal.SIGTERM)

        asked = (tmux_home.run(server.mark(tmux_home.socket)), tmux_home.run(server.alive(tmux_home.socket)))

        assert asked == (None, False)


def test_one_that_lives_tells_its_mark_or_that_it_has_none_at_once(tmux_home: TmuxHome) -> None:
    tmux_home.start("sleep", "1000")
    begun = time.monotonic()

    marked = tmux_home.run(server.mark(tmux_home.socket))
    tmux_home.tmux("set-option", "-gu", "@peerd_session")

    assert (marked, tmux_home.run(server.mark(tmux_home.socket))) == ("s-1", None)
    assert time.monotonic() - begun < server.GOES_S


def test_one_that_listens_on_and_answers_nobody_is_no_empty_place(
    tmux_home: TmuxHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = tmux_home.start("sleep", "1000")
    fake_tmux(tmux_home.folder, monkeypatch, "echo 'server exited unexpectedly' >&2; exit 1")

    with pytest.raises(TmuxError, match="server exited unexpectedly"):
        tmux_home.run(server.mark(tmux_home.socket))
    with pytest.raises(TmuxError, match="a live server already sits on"):
        tmux_home.start("sleep", "1000")

    assert os.path.exists(f"/proc/{begun.server_pid}/exe")
