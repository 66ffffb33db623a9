"""Peers with a session for each task that ask each other in a circle, and end their turns: told, and never for ever."""

from pathlib import Path
from typing import Any

import pytest

from peerd.rpc.client import call
from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_ephemeral import QUICK, ended
from tests.live.test_unknown_screens import SOON, notices

pytestmark = pytest.mark.tmux


def passes_on(team: Team, name: str, to: str, **fields: Any) -> None:
    """What it is given it makes a question of its own, to the next."""
    team.add(name, "actor", "--baton", "3", "--to", to, **(QUICK | {"ephemeral_silent_s": 600} | fields))


@pytest.mark.parametrize("how", ["one takes a question out", "silence ends a task"])
def test_two_that_await_each_others_answers_are_told_of_and_go_on(team: Team, how: str):
    Path(team.home.config).mkdir(parents=True)
    Path(team.home.settings_file).write_text(SOON)
    team.start()
    passes_on(team, "ada", "bob", ephemeral_silent_s=6 if how == "silence ends a task" else 600)
    passes_on(team, "bob", "ada")
    team.send("ada", "baton 1", id="m-one", timeout_s=20)

    (told,) = eventually(lambda: notices(team), within_s=20)
    assert told.startswith(
        "ada, bob wait for each other's answers (deadlock): ada an answer to ba-m-one by bob, "
        "bob an answer to ba-ba-m-one by ada is awaited"
    )
    assert told.endswith("`peerd queue cancel ba-ba-m-one` lets bob go on without the answer")
    if how == "one takes a question out":
        team.call("message.cancel", id="ba-ba-m-one")

    assert ended(team, "m-one")["task"] == "turn_ended"
    assert ended(team, "ba-m-one")["task"] == "turn_ended"
    eventually(lambda: notices(team) == [], within_s=20)


def test_who_would_close_a_circle_of_them_is_told_in_its_turn(up: Team):
    passes_on(up, "ada", "bob")
    passes_on(up, "bob", "cyd")
    up.add("cyd", "actor", "--busy-s", "60", **QUICK)
    up.send("ada", "baton 1", id="m-one", timeout_s=20)
    eventually(lambda: up.show("cyd")["activity"] == "busy", within_s=20)
    eventually(lambda: up.show("bob")["awaits"], within_s=20)
    sends: dict[str, Any] = {"socket_path": up.home.socket, "token": up.caller("cyd")["PEERD_TOKEN"], "timeout_s": 20}

    sent = call("message.send", {"to": "ada", "body": "which port?", "wait": "accepted"}, **sends)
    other = call("message.send", {"to": "operator", "body": "which port?", "wait": "accepted"}, **sends)

    assert sent["notes"] == [
        "ada waits for bob, bob waits for you: ada is given this only once its own task is over. "
        "`peerd reply ba-ba-m-one TEXT` answers yours."
    ]
    assert other.get("notes") is None
