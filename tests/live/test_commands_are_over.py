"""The task of an ephemeral shell is over with its command, whomever that wrote to: nothing takes an answer there."""

import os
import sys
from pathlib import Path

import pytest

from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_ephemeral import QUICK, ended

pytestmark = pytest.mark.tmux

SENDS = f"PYTHONPATH={os.getcwd()} {sys.executable} -m peerd send operator 'half done'"


@pytest.mark.parametrize("killed", [False, True], ids=["one daemon", "it ends while no daemon runs"])
def test_nobody_waits_for_its_silence(team: Team, killed: bool):
    team.start()
    team.add("sh", "shell", **QUICK, ephemeral_silent_s=600)
    waits = "until [ -e go ]; do sleep 0.05; done; touch went; (exit 3)"
    task = team.send("sh", f"{SENDS}; {waits}", wait="accepted")["id"]
    later = team.send("sh", "true", wait="accepted")["id"]
    eventually(lambda: "to=operator" in team.log("delivery"), within_s=20)
    if killed:
        team.kill_daemon()
    Path(team.work, "go").touch()
    if killed:
        journal = Path(team.home.session(team.session("sh").id), "journal")
        eventually(lambda: "turn_ended" in journal.read_text(), within_s=10)
        team.start()

    over = ended(team, task)

    assert (over["task"], over["exit_status"]) == ("turn_ended", 3)
    assert ended(team, later)["exit_status"] == 0
