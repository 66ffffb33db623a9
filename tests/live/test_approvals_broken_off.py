"""A permission in a turn that we break off, of a runtime whose hooks tell nothing of that: what it works at then is
something else."""

import sys

import pytest

from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_approvals import REFUSED, answers, of, stands
from tests.live.test_approvals_overlooked import approved_while
from tests.live.test_holds import at_the_keyboard

pytestmark = pytest.mark.tmux

SILENT = """
from peerd.daemon import main
from peerd.model.fact import PromptClosed, TurnBegan, TurnClosed, TurnEnded
from peerd_adapters.actor import Actor
right, untold = Actor.facts, (PromptClosed, TurnBegan, TurnClosed, TurnEnded)
Actor.facts = lambda self, line: tuple(each for each in right(self, line) if not isinstance(each, untold))
main.run()
"""


def types(team: Team, text: str) -> None:
    at_the_keyboard(team, "ada", "send-keys", "-l", text)
    at_the_keyboard(team, "ada", "send-keys", "Enter")


def test_what_its_runtime_does_next_approves_nothing(team: Team):
    """What was typed while it worked is done one after the other: what asks first, and then what works on."""
    team.start(sys.executable, "-c", SILENT)
    record = str(team.root / "record")
    asks = ("--permission-on", "danger", "--overlooks", "1", "--busy-s", "600", "--record", record)
    team.add("ada", "actor", *asks)
    team.send("ada", "hello", id="m-1", timeout_s=20)
    types(team, "danger")
    types(team, "and go on")
    at_the_keyboard(team, "ada", "send-keys", "C-c")
    id = stands(team)["id"]

    said = approved_while(team, id, lambda: team.run("interrupt", "ada", "--timeout", "0.1"))

    assert answers(team) == [REFUSED]
    assert said.code == 1
    eventually(lambda: of(team, id)["state"] == "unknown")
    assert "its turn was over; nothing tells what became of it" in said.out
