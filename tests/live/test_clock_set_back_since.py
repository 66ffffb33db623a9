"""The wall clock is set back by an hour between what is on record, and the daemon dies: what came after what is told by
the record's own order."""

import os
import signal
import sys

import pytest

from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.hands import declare_hands
from tests.live.test_clock_set_back import SET_BACK, set_back, start

pytestmark = pytest.mark.tmux

CLOCKS = pytest.mark.parametrize("back", [False, True], ids=["right", "set back"])


@CLOCKS
def test_a_restart_that_is_due_is_made_by_the_next_daemon(team: Team, back: bool):
    start(team)
    team.add("ada", "actor", restart="permanent", backoff_base_s=2)
    team.call("peer.stop", peer="ada")
    team.call("peer.start", peer="ada")
    team.call("peer.wake", peer="ada", timeout_s=20)
    first = team.session("ada")
    if back:
        set_back(team)
    os.kill(first.host.runtime.pid, signal.SIGKILL)
    eventually(lambda: team.show("ada")["phase"] == "backoff", within_s=10)
    team.kill_daemon()

    team.start(sys.executable, "-c", SET_BACK)

    eventually(lambda: team.show("ada")["phase"] == "running", within_s=15)
    assert team.session("ada").id != first.id


@CLOCKS
def test_a_question_that_was_asked_is_known_to_the_next_daemon_and_its_task_goes_on(team: Team, back: bool):
    declare_hands(team)
    start(team)
    team.add("bob", "actor", "--busy-s", "60")
    team.add("eve", "hands", wake_policy="ephemeral")
    until = "until [ -e {} ]; do sleep 0.1; done"
    asks = f"run: {until.format('go')}; peerd send bob 'what now?'; touch asked; {until.format('end')}"
    task = team.send("eve", asks, timeout_s=20)["id"]
    if back:
        set_back(team)
    (team.work / "go").touch()
    eventually((team.work / "asked").exists, within_s=10)
    team.kill_daemon()
    team.start(sys.executable, "-c", SET_BACK)

    (team.work / "end").touch()

    eventually(lambda: team.show("eve")["activity"] == "idle", within_s=10)
    assert team.call("message.show", id=task)["task"] == "open"


@CLOCKS
def test_what_came_to_nothing_since_somebody_looked_is_told(team: Team, back: bool):
    start(team)
    team.add("ada", "shell")
    team.call("queue.pause", peer="ada")
    lost(team, "m-1")
    team.call("message.looked", ids=["m-1"])
    assert told(team) == []
    if back:
        set_back(team)

    lost(team, "m-2")

    assert told(team) == ["1 message to ada failed since you last looked"]


def lost(team: Team, id: str) -> None:
    team.send("ada", "echo", id=id, wait="accepted", expires_s=0.2)
    eventually(lambda: team.call("message.show", id=id)["state"] == "expired")


def told(team: Team) -> list[str]:
    return [each["text"] for each in team.call("notice.list")["notices"] if each["kind"] == "dead"]
