"""Sessions that were idle for long: parked, but never with somebody at them or with work under way."""

import os
import signal
from datetime import datetime
from pathlib import Path

import pytest

from tests.edges.tmux_home import terminal
from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.impatient import IMPATIENT
from tests.live.test_holds import at_the_keyboard

pytestmark = pytest.mark.tmux

BUSY_CHILD = "(while :; do :; done) & echo $! > child"


def is_kept(team: Team, name: str, why: str) -> None:
    eventually(lambda: why in team.log(), within_s=10)
    assert team.show(name)["phase"] == "running"


def test_an_idle_session_is_parked_and_woken_again(up: Team):
    up.add("ada", "actor", idle_s=0.2)
    first = up.send("ada", "hello", wait="ended", timeout_s=20)
    end = eventually(lambda: up.show("ada")["last_end"], within_s=10)

    again = up.send("ada", "hello again", wait="ended", timeout_s=20)

    assert (end["cause"], end["why"]) == ("parked", "")
    assert (again["task"], again["session"] != first["session"]) == ("answered", True)
    assert "crash-loop" not in up.log()


def test_a_session_somebody_sits_at_is_not_parked(up: Team):
    up.add("ada", "actor", idle_s=0.2)
    up.call("peer.wake", peer="ada")
    host = up.session("ada").host
    command = ("tmux", "-N", "-S", host.socket, "attach-session", "-t", "=actor-ada")

    with terminal(command, {"TERM": "xterm", "HOME": str(up.root)}):
        is_kept(up, "ada", 'why="1 attached"')

    eventually(lambda: up.show("ada")["phase"] == "asleep", within_s=10)


def test_a_session_somebody_was_just_told_to_sit_down_at_is_not_parked(up: Team):
    up.add("ada", "actor", idle_s=0.2)
    up.call("peer.wake", peer="ada")

    at = up.call("peer.attach", peer="ada")

    is_kept(up, "ada", 'why="somebody is about to attach"')
    host = up.session("ada").host
    assert (at["socket"], at["session"]) == (host.socket, "actor-ada")


def test_a_session_with_a_draft_is_not_parked(up: Team):
    up.add("ada", "actor", idle_s=0.2)
    up.call("peer.wake", peer="ada")
    at_the_keyboard(up, "ada", "send-keys", "-l", "half a thought")

    is_kept(up, "ada", 'why="its screen is not at rest"')


def test_a_session_whose_child_works_is_not_parked(up: Team):
    up.add("sh", "shell", idle_s=0.2)
    up.send("sh", BUSY_CHILD, wait="ended", timeout_s=20)
    is_kept(up, "sh", 'why="a child of it works"')

    up.send("sh", "kill $(cat child)", wait="ended", timeout_s=20)

    eventually(lambda: up.show("sh")["phase"] == "asleep", within_s=10)


def test_a_session_that_cannot_be_looked_at_is_not_parked(team: Team):
    team.start(*IMPATIENT)
    team.add("ada", "actor", idle_s=0.5)
    team.call("peer.wake", peer="ada")
    server = team.session("ada").host.server.pid
    os.kill(server, signal.SIGSTOP)
    try:
        is_kept(team, "ada", "it could not be looked at")
    finally:
        os.kill(server, signal.SIGCONT)
    eventually(lambda: team.show("ada")["phase"] == "asleep", within_s=15)


def test_a_screen_that_never_rests_is_no_sign_of_work(up: Team):
    up.add("ada", "actor", "--spinner", idle_s=0.2)
    up.call("peer.wake", peer="ada")

    end = eventually(lambda: up.show("ada")["last_end"], within_s=10)

    assert end["cause"] == "parked"


def test_a_child_that_works_is_seen_at_each_census_and_keeps_its_session_from_then_on(team: Team):
    """Also one that is gone by the time that its session has been idle for long."""
    os.makedirs(team.home.config)
    Path(team.home.settings_file).write_text("census_s = 1\nlog_verbose = true\n")
    team.start()
    team.add("sh", "shell", idle_s=5)
    team.send("sh", BUSY_CHILD, wait="ended", timeout_s=20)
    so_far = team.log().count("ev=census")
    eventually(lambda: team.log().count("ev=census") >= so_far + 3, within_s=15)
    os.kill(int(Path(team.work, "child").read_text()), signal.SIGKILL)

    eventually(lambda: team.show("sh")["last_end"], within_s=20)

    assert _when(team.log(), "session-ended") - _when(team.log("delivery"), "turn-ended") >= 5.9


def _when(log: str, event: str) -> float:
    line = next(line for line in log.splitlines() if f" ev={event} " in line)
    return datetime.fromisoformat(line.split()[0].removeprefix("ts=")).timestamp()
