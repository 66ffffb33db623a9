"""A test's own team is over once its end returns, or the test fails."""

import os
import select
import signal
import socket
from contextlib import suppress

import pytest

from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.ending import end_all_of
from tests.live.forked import Forked

FORKS_AND_LASTS = """
import os, sys, time
if not os.fork():
    with open(sys.argv[1] + ".new", "w") as told:
        told.write(str(os.getpid()))
    os.rename(sys.argv[1] + ".new", sys.argv[1])
time.sleep(60)
"""
"""What it forks is no program of its own yet, and outlives it."""


def test_what_a_killed_daemon_had_forked_for_a_start_ends_with_its_team(team: Team):
    told = team.root / "forked"
    team.daemon = Forked(FORKS_AND_LASTS, str(told), env=team.env, out=str(team.root / "daemon.out"))
    eventually(told.exists)
    forked = int(told.read_text())
    handle = os.pidfd_open(forked)
    try:
        team.kill_daemon()
        team.end()

        assert select.select([handle], [], [], 1.0)[0] == [handle]  # dead it was; that is told a moment later
    finally:
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(handle, signal.SIGKILL)
        os.close(handle)


def test_one_that_listens_in_the_folder_of_a_team_that_is_over_fails_the_test(team: Team):
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(team.root / "s.sock"))
        listening.listen()

        with pytest.raises(AssertionError, match=r"somebody has sockets .*s\.sock"):
            end_all_of(team.folders, within_s=0.5)
