"""A task that asked somebody, and ends unanswered, ends as its own last turn did, whichever daemon sees it end."""

import pytest

from tests.eventually import eventually
from tests.live.conftest import Team

pytestmark = pytest.mark.tmux


@pytest.mark.parametrize("daemon", ["one", "killed", "restarted"])
def test_who_waits_for_a_task_is_told_its_exit_status_and_its_last_words(team: Team, daemon: str):
    team.start()
    team.add("bob", "actor", "--busy-s", "60")
    team.add("sh", "shell", wake_policy="ephemeral", ephemeral_silent_s=3, ephemeral_quiet_s=0.2)
    asks = "peerd send bob 'what now?' >/dev/null; echo all is well"
    task = team.send("sh", asks, id="m-1", timeout_s=20)["id"]
    eventually(lambda: team.show("sh")["activity"] == "idle", within_s=10)
    if daemon == "killed":
        team.kill_daemon()
        team.start()
    elif daemon == "restarted":
        assert team.run("daemon", "restart").code == 0

    ran = team.run("wait", task, "--until", "ended", "--timeout", "30")

    assert (ran.code, ran.out) == (0, "all is well\n")
