"""A try after a crash loop whose task is late did not go well, whichever daemon tells."""

import os
import signal

import pytest

from tests.eventually import eventually
from tests.live.conftest import Team

pytestmark = pytest.mark.tmux


@pytest.mark.parametrize("killed", [False, True], ids=["one daemon", "killed once that was on disk"])
def test_a_task_that_was_late_ends_no_crash_loop(team: Team, killed: bool):
    team.start()
    team.add("sh", "shell", wake_policy="ephemeral", crash_max=1, probe_base_s=3, ephemeral_silent_s=3)
    team.call("peer.wake", peer="sh", timeout_s=20)
    os.kill(team.session("sh").host.runtime.pid, signal.SIGKILL)
    eventually(lambda: team.show("sh")["phase"] == "failed", within_s=10)
    team.send("sh", "sleep 4", id="m-1", queue=True, wait="accepted", deadline_s=1)
    if killed:
        team.kill_daemon()
        team.start_dying("SetTask")
        eventually(lambda: team.died, within_s=30)
        team.start()

    eventually(lambda: team.call("message.show", id="m-1")["task"] == "dead", within_s=30)
    eventually(lambda: team.show("sh")["phase"] == "asleep", within_s=30)

    assert "ev=recovered" not in team.log()
    assert [loop.lasts for loop in team.store().crash_loops().values()] == [True]
