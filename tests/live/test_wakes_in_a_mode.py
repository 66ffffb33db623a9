"""A wake that is asked to begin afresh, or to go on, and brings a task: the task is done in that mode or not at all
silently in the other."""

import sys
from pathlib import Path
from typing import Any

import pytest

from peerd.errors import PeerdError
from tests.eventually import eventually
from tests.live.conftest import RUN_DAEMON, Team

pytestmark = pytest.mark.tmux


def asleep(team: Team, *args: str, **fields: Any) -> None:
    """ada, who spoke of tax and is down."""
    team.add("ada", "actor", "--remember", *args, **fields)
    team.send("ada", "what about tax?", topic="tax", wait="ended", timeout_s=20)
    team.call("peer.stop", peer="ada")
    team.call("peer.start", peer="ada")


def sent_to(team: Team) -> list[str]:
    return [each["id"] for each in team.call("message.list", peer="ada")["messages"]]


@pytest.mark.parametrize("front", ["agent", "person"])
@pytest.mark.parametrize("mode", ["fresh", "resume"])
def test_a_peer_that_sleeps_is_given_its_task_in_the_mode_asked_for(up: Team, front: str, mode: str):
    asleep(up, front=front)

    woken = up.call("peer.wake", peer="ada", mode=mode, task="and now?", task_id="m-task", timeout_s=20)
    done = up.call("message.wait", id="m-task", until="ended", timeout_s=20)

    assert (woken["mode"], woken["because"], woken["message"]) == (mode, "asked for", "m-task")
    assert done["session"] == woken["session"] == up.session("ada").id


@pytest.mark.parametrize("front", ["agent", "person"])
@pytest.mark.parametrize("mode", ["fresh", "resume"])
def test_a_peer_that_is_being_ended_is_given_its_task_in_the_mode_asked_for(up: Team, front: str, mode: str):
    up.add("ada", "actor", "--remember", "--ignore-hup", idle_s=0.2, stop_grace_s=1.0, front=front)
    before = up.send("ada", "what about tax?", wait="ended", timeout_s=20)["session"]
    eventually(lambda: up.show("ada")["phase"] == "stopping", within_s=10)

    woken = up.call("peer.wake", peer="ada", mode=mode, task="and now?", timeout_s=20)

    assert (woken["mode"], woken["because"], woken["session"] != before) == (mode, "asked for", True)


@pytest.mark.parametrize("front", ["agent", "person"])
def test_a_peer_without_a_conversation_is_given_no_task_to_go_on_with(up: Team, front: str):
    up.add("ada", "actor", front=front)

    ran = up.run("wake", "ada", "--resume", "--task", "and now?")

    assert (ran.code, "no conversation to resume" in ran.err, sent_to(up)) == (1, True, [])


def test_a_peer_that_begins_afresh_already_is_given_no_task_to_go_on_with(up: Team):
    asleep(up, "--boot-s", "0.5")
    up.send("ada", "of cats", topic="cats", wait="accepted")
    before = sent_to(up)

    with pytest.raises(PeerdError, match="ada starts afresh already"):
        up.call("peer.wake", peer="ada", mode="resume", task="and now?", timeout_s=20)

    assert sent_to(up) == before


def test_who_wanted_a_peer_to_go_on_that_cannot_is_told_of_the_task_it_has(up: Team):
    asleep(up)
    for file in Path(up.home.state, "logins", "ada", "actor").iterdir():
        file.unlink()

    with pytest.raises(PeerdError, match="did not come up: .*`peerd wait m-task` waits for it; do not send it again"):
        up.call("peer.wake", peer="ada", mode="resume", task="and now?", task_id="m-task", timeout_s=20)


DIES_ONCE_ACCEPTED = f"""
import os
from peerd.daemon import send
send.log_accepted = lambda daemon, message, task: os._exit(9) if message.id == "m-task" else None
{RUN_DAEMON}
"""


@pytest.mark.parametrize(("front", "came"), [("agent", "fresh"), ("person", "resume")])
def test_who_asks_again_where_the_daemon_died_in_between_is_told_how_it_came_up(team: Team, front: str, came: str):
    team.start(sys.executable, "-c", DIES_ONCE_ACCEPTED)
    asleep(team, front=front)
    wanted = {"peer": "ada", "task": "and now?", "task_id": "m-task", "timeout_s": 20}
    other = "resume" if came == "fresh" else "fresh"
    with pytest.raises(PeerdError):
        team.call("peer.wake", mode=other, **wanted)
    assert team.daemon is not None
    team.daemon.wait()
    team.start()
    team.call("message.wait", id="m-task", until="ended", timeout_s=20)

    with pytest.raises(PeerdError, match=r"m-task.*do not send it again"):
        team.call("peer.wake", mode=other, **wanted)

    assert team.call("peer.wake", mode=came, **wanted)["message"] == "m-task"
    assert sent_to(team).count("m-task") == 1
