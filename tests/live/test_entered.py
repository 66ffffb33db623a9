"""What was entered into a runtime without hooks, and whose session ended before that was seen to be taken, may have
been taken."""

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from peerd.edges import process
from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_declared_runtimes import CHAT, declare
from tests.live.test_seen_after_all import _die_after, _screen

pytestmark = pytest.mark.tmux

ONCE = "not delivered again"
ENDS_AT_ONCE = ("--thinks", "0.01")
THREE_TIMES = f"{CHAT}task_attempts = 3\n"


@pytest.mark.parametrize("policy", ["warm", "ephemeral"])
def test_what_may_have_been_taken_by_a_program_that_died_at_once_is_not_handed_over_again(team: Team, policy: str):
    _up(team, *ENDS_AT_ONCE, wake_policy=policy)

    team.send("eve", "leave", id="m-1", wait="accepted")

    assert _told(team) == ("dead", 1, "session ended (exited) after it was entered: it may have been taken; " + ONCE)


def test_what_its_last_screen_shows_to_be_taken_was_submitted(team: Team):
    _up(team, *ENDS_AT_ONCE, "--echoes")

    team.send("eve", "leave", id="m-1", wait="accepted")

    assert _told(team) == ("submitted", 1, "session ended (exited) before the turn did; " + ONCE)


def test_where_it_may_be_handed_over_again_it_is_and_each_death_is_one_of_its_tasks(team: Team):
    _up(team, *ENDS_AT_ONCE, runtime=THREE_TIMES, backoff_base_s=0.1, crash_max=10)

    team.send("eve", "leave", id="m-1", wait="accepted")

    state, attempt, why = _told(team)
    assert (state, attempt) == ("dead", 3)
    assert "its session died 3 times" in why


def test_what_was_entered_when_the_daemon_died_may_have_been_taken_by_what_died_since(team: Team):
    _up(team, *ENDS_AT_ONCE)
    _die_after(team, "press", body="leave")
    eventually(lambda: not _lives(team))

    team.start()

    assert _told(team)[:2] == ("dead", 1)
    assert "it may have been taken" in _told(team)[2]


def test_so_may_what_waits_again_when_its_session_is_replaced(team: Team):
    _up(team, "--deaf", "9", lease_s=15.0)
    team.send("eve", "hello", id="m-1", wait="accepted")
    eventually(lambda: "seen in the input line" in team.run("message", "m-1").out)

    team.call("peer.new", peer="eve", now=True)

    assert _told(team)[:2] == ("dead", 1)


def _up(team: Team, *args: str, runtime: str = CHAT, **fields: Any) -> None:
    declare(team, runtime, "chat")
    team.start()
    team.add("eve", "chat", *args, **fields)


def _lives(team: Team) -> bool:
    return process.alive(team.session("eve").host.runtime)


def _told(team: Team) -> tuple[str, int, str]:
    told = team.call("message.wait", id="m-1", until="ended", timeout_s=20)
    return told["state"], told["attempt"], team.call("message.show", id="m-1")["history"][-1]["evidence"]


@pytest.mark.parametrize("ends", ["by a stop", "by itself"])
def test_so_may_what_was_entered_where_nobody_knows_its_runtime_any_more(team: Team, ends: str):
    _up(team, "--thinks", "0.3")
    _die_after(team, "press")
    eventually(lambda: "you said" in _screen(team))
    runtime = team.session("eve").host.runtime
    Path(team.home.runtimes, "chat.toml").unlink()
    if ends == "by itself":
        os.kill(runtime.pid, signal.SIGKILL)
        eventually(lambda: not process.alive(runtime))

    team.start()
    assert team.run("stop", "eve").code == 0
    declare(team, CHAT, "chat")
    eventually(lambda: team.run("start", "eve").code == 0)

    _, attempt, why = _told(team)
    assert (attempt, why.endswith(ONCE), process.alive(runtime)) == (1, True, False)
