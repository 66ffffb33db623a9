"""What a command of a session printed, as it waited for it, is not given to that session once more."""

from typing import Any

import pytest

from peerd.errors import NotPermitted
from tests.eventually import eventually
from tests.live.conftest import Ran, Team
from tests.live.test_what_peers_may import ask

pytestmark = pytest.mark.tmux


@pytest.fixture
def ada(up: Team) -> Team:
    """With ada, in the middle of a turn, and bob, who replies; both are in @all."""
    up.add("ada", "actor", "--busy-s", "600")
    up.add("bob", "actor")
    up.send("ada", "work", id="m-work", timeout_s=20)
    return up


def of_ada(team: Team, *words: str) -> Ran:
    return team.run(*words, env=team.env | team.caller("ada") | {"PEERD_SESSION": team.session("ada").id})


def answer(team: Team) -> dict[str, Any]:
    """To what she asked last."""
    rows = team.call("message.list", peer="bob")["messages"]
    return team.call("message.show", id=[row["id"] for row in rows if row["from"] == "bob"][-1])


def waits(team: Team) -> list[str]:
    return [row["id"] for row in team.call("queue.list", peer="ada")["waiting"]]


@pytest.mark.parametrize("to", ["bob", "@all"])
def test_an_answer_that_ask_printed_is_taken_by_that(ada: Team, to: str):
    ran = of_ada(ada, "ask", to, "hello")

    assert (ran.code, "hello" in ran.out) == (0, True)
    eventually(lambda: answer(ada)["state"] == "submitted")
    taken = answer(ada)
    assert (taken["attempt"], taken["session"]) == (1, ada.session("ada").id)
    assert taken["history"][-1]["evidence"] == "printed in the session that asked by peerd ask"
    assert (waits(ada), ada.show("ada")["queue"]) == ([], [])
    ada.kill_daemon()
    ada.start()
    assert waits(ada) == []


def test_so_is_one_that_wait_printed_and_none_that_was_not_printed(ada: Team):
    ran = of_ada(ada, "send", "bob", "hello", "--id", "m-1", "--wait", "ended")

    assert ran.err == ""
    assert waits(ada) == [answer(ada)["id"]]
    of_ada(ada, "wait", "m-1")
    assert waits(ada) == [answer(ada)["id"]]
    of_ada(ada, "wait", "m-1", "--for", "ended")
    eventually(lambda: waits(ada) == [])
    with pytest.raises(NotPermitted, match="m-work is no answer to ada"):
        ask(ada, "ada", "message.read", id="m-work")


def test_one_at_its_input_line_is_given_what_a_command_beside_it_printed(up: Team):
    up.add("ada", "actor")
    up.add("bob", "actor")
    up.call("peer.wake", peer="ada")
    up.call("queue.pause", peer="ada")

    assert of_ada(up, "ask", "bob", "hello").code == 0

    assert waits(up) == [answer(up)["id"]]
    up.call("queue.resume", peer="ada")
    eventually(lambda: answer(up)["state"] == "submitted")
    assert answer(up)["history"][-1]["evidence"].startswith("its id is in the journal of")


def test_the_next_daemon_knows_that_a_session_for_one_task_awaits_nothing_that_it_heard(up: Team):
    up.add("ada", "actor", "--busy-s", "600", wake_policy="ephemeral", ephemeral_silent_s=500)
    up.add("bob", "actor")
    up.send("ada", "work", id="m-work", timeout_s=20)
    of_ada(up, "ask", "bob", "hello")
    eventually(lambda: answer(up)["state"] == "submitted")

    up.kill_daemon()
    up.start()
    up.call("peer.control", peer="ada", what="interrupt")

    eventually(lambda: up.call("message.show", id="m-work")["task"] == "turn_ended", within_s=10)
