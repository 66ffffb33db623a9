"""What could not be ended with its session is told by the daemons that follow too."""

import contextlib
import os
import signal
import sqlite3
import sys
import uuid
from pathlib import Path

import pytest

from peerd.edges.host import boot_id
from peerd.edges.process import alive
from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_other_environments import ANOTHER_USERS, as_root, left_by
from tests.live.test_other_environments import begun as begun

pytestmark = pytest.mark.tmux


def on_record(team: Team, change: str) -> None:
    with contextlib.closing(sqlite3.connect(team.home.store)) as store, store:
        store.execute(change)


@as_root
def test_the_next_daemon_tells_of_it_too(team: Team, begun: Path):
    unable = ("setpriv", "--bounding-set=-kill", sys.executable, "-m", "peerd", "daemon", "run")
    team.start(*unable)
    team.add("sh", "shell", stop_grace_s=0.2)
    child = left_by(team, ANOTHER_USERS, begun)
    try:
        assert team.run("stop", "sh").code == 1
        team.kill_daemon()
        on_record(team, f"UPDATE session SET boot_id = '{uuid.UUID(int=0)}'")  # the numbers are others' by now
        team.start(*unable)
        assert team.run("stop", "sh").code == 0
        team.kill_daemon()
        on_record(team, f"UPDATE session SET boot_id = '{boot_id()}'")
        team.start(*unable)
        stopped = team.run("stop", "sh")
        assert (stopped.code, f"sh is stopped; pid {child.pid} (sleep) of it could not be" in stopped.err) == (1, True)

        assert team.run("rename", "sh", "eve").code == 1
        team.kill_daemon()
        team.start(*unable)
        assert team.run("stop", "eve").code == 1
        assert team.run("rm", "eve").code == 1
        team.kill_daemon()
        team.start(*unable)
        team.add("eve", "shell")
        assert team.run("stop", "eve").code == 0
    finally:
        os.kill(child.pid, signal.SIGKILL)
    eventually(lambda: not alive(child))
