"""A deadline that passed while no daemon ran: what is seen to be done counts as done."""

import time
from typing import Any

import pytest

from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_declared_runtimes import CHAT, declare
from tests.live.test_seen_after_all import _screen

pytestmark = pytest.mark.tmux

DEADLINE_S = 3.0  # a turn without daemon ends in time


@pytest.mark.parametrize("policy", ["warm", "ephemeral"])
def test_a_task_that_was_done_meanwhile_is_done(team: Team, policy: str):
    due = _submitted(team, "--thinks", "1", wake_policy=policy)
    team.kill_daemon()
    eventually(lambda: "you said" in _screen(team) and time.time() > due, within_s=10)

    team.start()

    told = team.call("message.wait", id="m-1", until="ended", timeout_s=10)
    assert (told["state"], told["task"]) == ("submitted", "turn_ended")
    assert told["answer"].startswith("you said")


def test_a_task_that_is_still_under_way_is_late(team: Team):
    due = _submitted(team, "--thinks", "30")
    team.kill_daemon()
    eventually(lambda: time.time() > due, within_s=10)

    team.start()

    assert team.call("message.wait", id="m-1", until="ended", timeout_s=10)["task"] == "dead"


def _submitted(team: Team, *args: str, **fields: Any) -> float:
    """When it is to be done."""
    declare(team, CHAT, "chat")
    team.start()
    team.add("eve", "chat", *args, **fields)
    team.send("eve", "hello", id="m-1", timeout_s=20, deadline_s=DEADLINE_S)
    return time.time() + DEADLINE_S
