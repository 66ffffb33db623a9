"""A line of a journal that its adapter fails at costs that line, and nothing else."""

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
