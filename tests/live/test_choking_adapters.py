"""What its adapter fails at, a line of a journal or a look, costs that, and nothing else."""

import os
import sys

import pytest

from tests.eventually import eventually
from tests.live.conftest import Team

pytestmark = pytest.mark.tmux

CHOKING = """
from peerd.daemon import main
from peerd_adapters.actor import Actor
right = Actor.facts
def facts(self, line):
    if line == "choke":
        raise RuntimeError("a fault of the adapter's")
    return right(self, line)
Actor.facts = facts
main.run()
"""
FAULT = "RuntimeError: a fault of the adapter's"


def start(team: Team) -> None:
    team.start(sys.executable, "-c", CHOKING)


def says(team: Team, line: str) -> None:
    with open(os.path.join(team.home.session(team.session("ada").id), "journal"), "a") as journal:
        journal.write(f"{line}\n")


def test_a_line_that_its_adapter_fails_at_makes_no_session_deaf(team: Team):
    start(team)
    team.add("ada")
    team.call("peer.wake", peer="ada", timeout_s=20)
    says(team, "choke")
    eventually(lambda: FAULT in team.log())

    assert team.send("ada", "hello", wait="ended", timeout_s=10)["task"] == "answered"
    eventually(lambda: team.show("ada")["activity"] == "idle")


def test_nor_does_it_keep_the_next_daemon_from_adopting_the_session(team: Team):
    start(team)
    team.add("ada")
    team.send("ada", "hello", wait="ended", timeout_s=20)
    before = team.session("ada")
    says(team, "choke")
    eventually(lambda: FAULT in team.log())
    team.kill_daemon()
    says(team, "choke")
    start(team)

    assert f"ev=session-adopted peer=ada session={before.id}" in team.log()
    assert team.send("ada", "still there?", wait="ended", timeout_s=10)["session"] == before.id
    assert f'action="adopt {before.id}"' not in team.log()
    eventually(lambda: team.show("ada")["activity"] == "idle")


CHOKING_AT_A_LOOK = """
from peerd.daemon import main, park
right, chokes = park.at_rest, ["once"]
def at_rest(live, reading):
    if chokes:
        chokes.clear()
        raise RuntimeError("a fault of the adapter's")
    return right(live, reading)
park.at_rest = at_rest
main.run()
"""


def test_one_that_its_adapter_fails_at_as_it_is_looked_at_is_looked_at_again(team: Team):
    team.start(sys.executable, "-c", CHOKING_AT_A_LOOK)
    team.add("ada", wake_policy="ephemeral", ephemeral_quiet_s=0.2)

    team.send("ada", "hello", wait="ended", timeout_s=20)

    assert team.send("ada", "and again", wait="ended", timeout_s=20)["task"] == "answered"
    assert f'action="look at ada" why="{FAULT}"' in team.log()
    assert "ev=at-work peer=ada" in team.log()
