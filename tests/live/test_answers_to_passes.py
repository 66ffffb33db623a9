"""What a pass asked is answered to the run that asked, by the command that prints it: no answer is a run of its own."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from peerd.rpc.client import call
from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_declared_runtimes import declare

pytestmark = pytest.mark.tmux

PASS = """
name = "tidy"
kind = "pass"
argv = ["/bin/sh", "-c", '''
cat "$PEERD_TASK" >>{runs}; echo >>{runs}
{asks}
''']
methods = ["message.send"]
"""
ASKS = 'printf \'{{{{"got": "%s"}}}}\' "$({peerd} ask bob which --timeout 20)" >"$PEERD_RESULT"'
SENDS = "{peerd} send bob which --wait accepted"


@pytest.fixture
def team_of_two(team: Team) -> Team:
    """bob answers nothing by himself: `answer` does for him."""
    team.start()
    team.add("bob", "actor", "--busy-s", "600")
    team.call("peer.wake", peer="bob")
    return team


def pass_that(team: Team, asks: str) -> None:
    how = asks.format(peerd=f"{sys.executable} -m peerd")
    declare(team, PASS.format(runs=_runs(team), asks=how), "tidy")
    team.add("eve", "tidy")


def _runs(team: Team) -> Path:
    return team.root / "runs"


def runs(team: Team) -> list[str]:
    return [json.loads(line)["body"] for line in _runs(team).read_text().splitlines() if line]


def asked(team: Team) -> str:
    def found() -> list[str]:
        rows = team.call("message.list", peer="bob")["messages"]
        return [row["id"] for row in rows if row["from"] == "eve"]

    id: str = eventually(found, within_s=20)[0]
    eventually(lambda: team.call("message.show", id=id)["state"] == "submitted", within_s=20)
    return id


def answer(team: Team, question: str) -> None:
    told = {"to": None, "reply_to": question, "body": "the left one", "id": "m-answer", "wait": "accepted"}
    call("message.send", told, timeout_s=20, socket_path=team.home.socket, token=team.caller("bob")["PEERD_TOKEN"])


def shown(team: Team, id: str) -> dict[str, Any]:
    return team.call("message.show", id=id)


def test_an_answer_that_its_ask_printed_is_taken_by_that(team_of_two: Team):
    team = team_of_two
    pass_that(team, ASKS)
    task = team.send("eve", "begin", wait="accepted")["id"]

    answer(team, asked(team))
    done = team.call("message.wait", id=task, until="ended", timeout_s=20)

    assert json.loads(done["answer"]) == {"got": "the left one"}
    eventually(lambda: team.show("eve")["phase"] == "asleep")
    assert (shown(team, "m-answer")["state"], runs(team)) == ("submitted", ["begin"])


def test_one_that_no_run_awaits_any_more_begins_none_and_says_so(team_of_two: Team):
    team = team_of_two
    pass_that(team, SENDS)
    team.send("eve", "begin", wait="ended", timeout_s=20)

    question = asked(team)
    answer(team, question)

    eventually(lambda: shown(team, "m-answer")["state"] == "cancelled")
    assert shown(team, "m-answer")["history"][-1]["evidence"].endswith(", which it was for, has ended")
    assert (shown(team, question)["task"], shown(team, question)["answer"]) == ("answered", "the left one")
    team.send("eve", "again", wait="ended", timeout_s=20)
    assert runs(team) == ["begin", "again"]
