"""Work in the background that stands still between its steps, in a session that was just begun; and what a runtime
keeps beside it, which stands still for ever."""

import sys
from typing import Any

import pytest

from peerd_adapters.actor import PROGRAM
from tests.eventually import eventually
from tests.live.conftest import Team

pytestmark = pytest.mark.tmux

BETWEEN_STEPS = "(while :; do sleep 30; done) >/dev/null 2>&1 &"
"""As a loop is at nearly every look, whose steps are seconds apart."""
LOOKS = 4  # one more than it takes for the first of them to be forgotten


def begins(team: Team, **figures: Any) -> None:
    team.start()
    team.add("sh", "shell", **figures)
    assert team.send("sh", BETWEEN_STEPS, wait="ended", timeout_s=20)["task"] == "turn_ended"


def is_left_alone(team: Team) -> None:
    before = team.session("sh").id
    for asked in (["rm", "sh"], ["rename", "sh", "eve"]) * (LOOKS // 2):
        ran = team.run(*asked)
        assert (ran.code, "sh is at work: a child of it works" in ran.err) == (1, True), ran.err
    ran = team.run("new", "sh", "--timeout", "6")
    assert (ran.code, f"sh goes on in {before}: a child of it works" in ran.err) == (3, True), ran.err


def test_a_session_that_just_began_a_loop_is_left_alone_however_often_it_is_asked_for(team: Team):
    begins(team)

    is_left_alone(team)


def test_so_it_is_by_a_daemon_that_has_not_seen_the_loop_begin(team: Team):
    begins(team)
    team.kill_daemon()
    team.start()

    is_left_alone(team)


def test_it_is_not_parked_either_where_it_is_looked_at_all_the_time(team: Team):
    begins(team, idle_s=0.2)

    eventually(lambda: team.log().count('why="a child of it works"') >= LOOKS, within_s=20)

    assert team.show("sh")["phase"] == "running"


def with_a_helper(team: Team, **figures: Any) -> None:
    """As a runtime with an MCP server is."""
    program = team.work / "with-a-helper"
    program.write_text(f'#!/bin/sh\nsleep 1000 >/dev/null 2>&1 &\nexec {sys.executable} -I {PROGRAM} "$@"\n')
    program.chmod(0o700)
    team.start()
    team.add("ada", "actor", bin=str(program), stop_grace_s=0.1, **figures)
    team.send("ada", "hello", wait="ended", timeout_s=20)


@pytest.mark.parametrize("adopted", [False, True])
def test_what_a_runtime_keeps_beside_it_from_its_start_on_is_no_work(team: Team, adopted: bool):
    with_a_helper(team)
    if adopted:
        team.kill_daemon()
        team.start()

    assert team.run("rename", "ada", "eve").code == 0


def test_nor_does_it_keep_a_session_from_being_parked(team: Team):
    with_a_helper(team, idle_s=0.2)

    end = eventually(lambda: team.show("ada")["last_end"], within_s=15)

    assert end["cause"] == "parked"
