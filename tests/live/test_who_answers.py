"""An answer is given by who was asked, to who asked: once, and neither by a namesake nor to one."""

import os
import signal
from typing import Any

import pytest

from peerd.errors import NotPermitted, PeerdError, UnknownPeer
from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_at_once import Caller
from tests.live.test_reports import said
from tests.live.test_what_peers_may import ask

pytestmark = pytest.mark.tmux


def two(team: Team, **of_bob: Any) -> None:
    """Ada and bob, who is held back."""
    team.add("ada", "actor")
    team.add("bob", "actor", **of_bob)
    for name in ("ada", "bob"):
        team.call("peer.wake", peer=name)
    team.call("queue.pause", peer="bob")


def anew(team: Team, name: str, **fields: Any) -> None:
    """Another of this name."""
    team.call("peer.remove", peer=name, now=True)
    team.add(name, "actor", **fields)
    team.call("peer.wake", peer=name)


def task(team: Team, id: str) -> Any:
    return team.call("message.show", id=id)["task"]


def test_what_a_removed_peer_asked_is_answered_to_none_of_its_name(up: Team):
    two(up)
    said(up, "bob", "look", id="m-1")
    anew(up, "ada", accepts_from=["operator"])

    with pytest.raises(UnknownPeer, match="ada, which sent m-1, was removed: nobody reads an answer.*now is another"):
        said(up, None, "seen", "bob", reply_to="m-1")  # type: ignore[arg-type]
    with pytest.raises(UnknownPeer, match="ada, which sent m-1, was removed"):
        said(up, "ada", "seen", "bob", reply_to="m-1")
    with pytest.raises(NotPermitted, match="m-1 is from ada, which was removed; only its sender or the operator"):
        ask(up, "ada", "message.cancel", id="m-1")

    assert (task(up, "m-1"), up.call("message.show", id="m-1")["state"]) == ("open", "accepted")


def test_what_a_removed_peer_asked_is_not_its_namesakes_when_that_is_renamed(up: Team):
    up.add("ada", "actor")
    up.call("peer.wake", peer="ada")
    up.run("send", "operator", "shall I?", "--id", "q-1", env=up.caller("ada"))
    up.call("peer.remove", peer="ada", now=True)
    up.add("ada", "actor")
    up.call("peer.rename", peer="ada", name="eve")

    shown = up.call("message.show", id="q-1")

    assert (shown["from"], shown["identity"]) == ("ada", "actor-ada")


def test_who_works_for_one_that_was_removed_is_not_told_to_answer_its_namesake(up: Team):
    up.add("ada", "actor")
    up.add("bob", "actor", "--busy-s", "600")
    up.call("peer.wake", peer="ada")
    said(up, "bob", "look", wait="submitted")
    anew(up, "ada")

    assert said(up, "ada", "hello", "bob")["notes"] is None


def test_nor_does_a_namesake_answer_for_one_that_was_removed(up: Team):
    up.add("ada", "actor")
    up.add("bob", "actor", "--baton", "9", "--to", "ada")
    up.call("peer.wake", peer="ada")
    said(up, "bob", "baton 9", id="m-1")
    eventually(lambda: task(up, "m-1") == "turn_ended", within_s=10)
    anew(up, "bob")

    said(up, "ada", "mine", "bob", reply_to="m-1", id="m-2")

    assert task(up, "m-1") == "turn_ended"


def test_a_message_answered_before_it_was_handed_over_has_not_come_to_nothing(up: Team):
    up.add("ada", "actor")
    up.call("peer.wake", peer="ada")
    up.call("queue.pause", peer="ada")
    up.send("ada", "hello", id="m-1", wait="accepted")
    up.run("reply", "m-1", "no need", env=up.env | up.caller("ada"))

    assert (up.run("wait", "m-1", "--for", "ended").out, up.run("wait", "m-1").code) == ("no need\n", 0)
    assert "done: ada has answered" in up.run("message", "m-1").out
    assert up.call("queue.list", peer="ada")["dead"] == []
    with pytest.raises(PeerdError, match="m-1 is answered: only a dead letter can be requeued"):
        up.call("message.requeue", id="m-1")


def test_nor_was_one_taken_that_is_answered_on_its_way_there_before_a_byte_of_it_was_typed(up: Team):
    up.add("ada", "actor")
    up.call("peer.wake", peer="ada")
    server = up.session("ada").host.server.pid
    os.kill(server, signal.SIGSTOP)
    try:
        up.send("ada", "hello", id="m-1", wait="accepted")
        assert up.run("reply", "m-1", "no need", env=up.env | up.caller("ada")).code == 0
    finally:
        os.kill(server, signal.SIGCONT)

    shown = up.call("message.show", id="m-1")
    assert (shown["state"], shown["task"], shown["attempt"]) == ("cancelled", "answered", 0)
    assert up.send("ada", "next", wait="ended", timeout_s=20)["task"] == "answered"
    assert "ev=handed-over id=m-1" not in up.log("delivery")


def test_of_answers_given_at_once_one_is_the_answer_and_the_others_are_messages_as_any(up: Team):
    two(up, may_send_to=[])
    said(up, "bob", "look", id="m-1")
    caller = Caller(up, up.caller("bob")["PEERD_TOKEN"])

    caller.begin(*(("message.send", {"body": f"seen {n}", "reply_to": "m-1", "wait": "accepted"}) for n in range(3)))

    answers = caller.answers(3)
    assert [each for each in answers if isinstance(each, str)] == [REFUSED.format(up.home.peers)] * 2
    assert task(up, "m-1") == "answered"
    assert [row["from"] for row in up.call("message.list", peer="ada")["messages"]] == ["ada", "bob"]


REFUSED = "bob may not send to ada: nothing was sent. may_send_to in {}/bob.toml may allow it."


def test_what_you_reply_to_is_read_also_where_it_awaits_no_answer(up: Team):
    up.add("ada")
    up.send("ada", "q?", id="q-2", wait="ended", timeout_s=20)
    (answer,) = [each["id"] for each in up.call("inbox.list")["messages"]]
    assert up.call("inbox.list")["unread"] == 1

    up.send("ada", "thanks", id="m-thanks", reply_to=answer, wait="accepted")

    assert up.call("inbox.list")["unread"] == 0
    shown = up.call("message.show", id=answer)
    assert (shown["state"], shown["history"][-1]["evidence"]) == ("submitted", "answered by m-thanks")
