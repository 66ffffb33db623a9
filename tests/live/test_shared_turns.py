"""Two messages that a runtime makes one turn of are told of as that, and what only waits in it keeps its own words."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_holds import at_the_keyboard

pytestmark = pytest.mark.tmux

LATE = "peerd message m-late from operator (person) attempt 1 hops 0:\nand this"


@pytest.fixture
def at_work(team: Team) -> Team:
    """ada is in the turn of m-work. m-late was typed before, into a session that died of it, and waits again."""
    team.start()
    team.add("ada", "actor", "--crash-on", "boom", "--takes-in", "--busy-s", "2", backoff_base_s=1.0)
    team.send("ada", "boom", id="m-late", wait="accepted")
    eventually(lambda: team.show("ada")["phase"] == "backoff", within_s=15)
    team.call("queue.pause", peer="ada")
    team.call("message.cancel", id="m-late")
    team.send("ada", "work", id="m-work", wait="accepted")
    team.call("message.requeue", id="m-late")
    team.call("queue.resume", peer="ada")
    eventually(lambda: shown(team, "m-work")["state"] == "submitted", within_s=15)
    return team


def shown(team: Team, id: str) -> dict[str, Any]:
    return team.call("message.show", id=id)


def ended(team: Team, id: str) -> dict[str, Any]:
    return team.call("message.wait", id=id, until="ended", timeout_s=20)


def steps(team: Team, id: str) -> str:
    return "\n".join(each["evidence"] for each in shown(team, id)["history"])


def tell(team: Team, **line: Any) -> None:
    with Path(team.home.session(team.session("ada").id), "journal").open("a") as journal:
        journal.write(json.dumps(line) + "\n")


@pytest.mark.parametrize("daemon", ["the same", "the next"])
def test_what_is_taken_into_the_turn_of_another_ends_with_that_and_both_say_so(at_work: Team, daemon: str):
    at_the_keyboard(at_work, "ada", "set-buffer", "-b", "late", LATE)
    at_the_keyboard(at_work, "ada", "paste-buffer", "-p", "-r", "-b", "late")
    at_the_keyboard(at_work, "ada", "send-keys", "Enter")
    eventually(lambda: shown(at_work, "m-late")["state"] == "submitted")
    assert (shown(at_work, "m-work")["task"], shown(at_work, "m-late")["task"]) == ("open", "open")
    if daemon == "the next":
        at_work.kill_daemon()
        at_work.start()

    assert ended(at_work, "m-work")["task"] == "answered"
    late = at_work.run("wait", "m-late", "--for", "ended", "--timeout", "20")

    assert late.code == 0
    assert "no reply came; m-late was in one turn with m-work, and these are the last words of that." in late.err
    assert "while the turn of m-work was open" in steps(at_work, "m-late")
    assert "in one turn with m-late" in steps(at_work, "m-work")


def test_what_waits_in_the_runtime_for_the_end_of_a_turn_has_its_own_after_it(at_work: Team):
    turn = "t-1"
    tell(at_work, ev="submitted", message="m-late", attempt=1, turn=turn, entered=True)
    eventually(lambda: shown(at_work, "m-late")["state"] == "submitted")

    assert ended(at_work, "m-work")["task"] == "answered"
    eventually(lambda: "ev=answered id=m-work" in at_work.log("delivery"))
    assert (shown(at_work, "m-late")["task"], at_work.show("ada")["activity"]) == ("open", "busy")
    tell(at_work, ev="turn_ended", turn="t-2", last="its own")

    assert (ended(at_work, "m-late")["answer"], "in one turn" in steps(at_work, "m-late")) == ("its own", False)
