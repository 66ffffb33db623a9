"""A prompt is one matter: it is told once it is known what it is, and not at all where a rule answers it."""

from pathlib import Path

import pytest

from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_approvals import answers, stands
from tests.live.test_notify import Told

pytestmark = pytest.mark.tmux

THOUGHT_S = 2.5
"""Before it asks: longer than the board needs to be looked at again at once."""

RULE = '[[approve]]\ntool = "run"\ninput = { command = "[a-z ]+" }\nanswer = "approve"\n'


def thinks_and_asks(team: Team, name: str, *flags: str) -> None:
    team.add(name, "actor", "--permission-after-s", str(THOUGHT_S), "--busy-s", "4", *flags)
    team.send(name, "work", id=f"m-{name}", timeout_s=20)


def raised(team: Team) -> list[str]:
    """The kinds of the notices that were."""
    lines = team.log().splitlines()
    return [line.partition(" notice=")[2].split()[0] for line in lines if "ev=notice-raised" in line]


def test_one_that_somebody_must_answer_is_one_notice_and_one_run(team: Team):
    told = Told(team)
    team.start()
    thinks_and_asks(team, "ada")

    asked = stands(team)
    run = told.once()

    assert run["argv"][0] == "peerd: warning: ada asks for a permission"
    assert asked["id"] in run["argv"][1]
    assert raised(team) == ["approval"]


def test_one_that_a_rule_answers_at_once_calls_nobody(team: Team):
    told = Told(team)
    with Path(team.home.settings_file).open("a") as settings:
        settings.write(RULE)
    team.start()
    thinks_and_asks(team, "ada", "--permission-then", "more", "--record", str(team.root / "record"))

    eventually(lambda: team.call("message.show", id="m-ada")["task"] == "answered", within_s=20)

    assert [what for what, _ in answers(team)] == ["approved", "approved"]
    assert team.log().count('state=approved by="rule 1"') == 2
    assert (raised(team), told.runs) == ([], [])


def test_one_that_a_rule_could_not_answer_is_told_then(team: Team):
    told = Told(team)
    with Path(team.home.settings_file).open("a") as settings:
        settings.write(RULE)
    team.start()
    thinks_and_asks(team, "ada", "--overlooks", "9")

    eventually(lambda: "had no effect in 5 s" in team.log(), within_s=30)
    told.once()

    assert raised(team) == ["approval"]
    assert stands(team)["state"] == "open"
