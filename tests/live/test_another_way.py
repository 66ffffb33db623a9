"""Whoever answers another way than they were asked is told how the answer gets there; nothing is held for it."""

from typing import Any

import pytest

from peerd.rpc.client import call
from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_holds import at_the_keyboard, attached

pytestmark = pytest.mark.tmux


def send(team: Team, sender: str, to: str, **fields: Any) -> list[str]:
    """What its sender is told."""
    asked = {"to": to, "body": "look", "wait": "accepted"} | fields
    token = team.caller(sender)["PEERD_TOKEN"]
    sent = call("message.send", asked, timeout_s=20, socket_path=team.home.socket, token=token)
    notes: list[str] = sent.get("notes") or []
    return notes


@pytest.fixture
def asked(up: Team) -> Team:
    """ada is at work on m-1, which bob asked."""
    for name in ("ada", "bob", "cat"):
        up.add(name, "actor", "--busy-s", "600")
    up.call("peer.wake", peer="bob")
    send(up, "bob", "ada", id="m-1", wait="submitted", timeout_s=15)
    return up


def test_a_message_of_its_own_to_who_asked_is_told_once_and_goes_all_the_same(asked: Team):
    (note,) = send(asked, "ada", "bob", id="m-2")

    own = "this was sent as a message of its own, not as its answer"
    assert note == f"bob asked you in m-1: {own}; `peerd reply m-1 TEXT` answers it."
    assert send(asked, "ada", "bob") == []
    assert asked.call("message.show", id="m-2")["state"] != "refused"
    assert "ev=beside-the-answer id=m-2 from=ada to=bob asked=m-1" in asked.log("delivery")


def test_the_note_is_on_stderr_and_among_the_facts(asked: Team):
    ran = asked.run("send", "bob", "look", "--wait", "accepted", "--json", env=asked.caller("ada"))

    assert ran.code == 0
    assert ran.json["notes"][0] in ran.err.replace("peerd: ", "")


def test_so_it_is_where_the_message_wakes(asked: Team):
    ran = asked.run("wake", "bob", "--task", "look", "--json", env=asked.caller("ada"))

    (note,) = ran.json["notes"]
    assert (ran.code, note in ran.err) == (0, True)
    assert note.startswith("bob asked you in m-1: this was sent as a message of its own")


def test_so_it_is_where_the_wake_comes_to_nothing(asked: Team):
    asked.call("peer.stop", peer="bob")
    asked.run("edit", "bob", "--set", "bin=/bin/false")
    asked.call("peer.start", peer="bob")

    ran = asked.run("wake", "bob", "--task", "look", env=asked.caller("ada"))

    assert ran.code != 0
    assert "bob asked you in m-1: this was sent as a message of its own" in ran.err


def test_whoever_asks_for_help_answers_or_goes_on_is_told_nothing(asked: Team):
    assert send(asked, "ada", "cat") == []
    assert send(asked, "ada", "operator") == []
    assert send(asked, "ada", "bob", reply_to="m-1") == []
    assert send(asked, "ada", "bob") == []


def test_an_answer_to_somebody_else_is_told(asked: Team):
    (note,) = send(asked, "ada", "cat", reply_to="m-1")

    assert note == "bob asked m-1: what you sent cat does not answer it; `peerd reply m-1 TEXT` does."
    assert asked.call("message.show", id="m-1")["task"] == "open"


def test_a_shell_whose_command_writes_to_who_asked_is_told_nothing(up: Team):
    up.add("sh", "shell")
    up.send("sh", "sleep 100", timeout_s=20)

    assert send(up, "sh", "operator") == []


def told_to_work(team: Team) -> None:
    """By a person, at its pane."""
    at_the_keyboard(team, "ada", "send-keys", "-l", "do it")
    at_the_keyboard(team, "ada", "send-keys", "Enter")
    eventually(lambda: team.show("ada")["activity"] == "busy", within_s=15)


def test_whoever_writes_to_the_inbox_of_somebody_who_sits_there_is_told(up: Team):
    up.add("ada", "actor", "--busy-s", "600")
    up.call("peer.wake", peer="ada")
    with attached(up.session("ada").host.socket):
        eventually(lambda: "1 attached" in str(up.show("ada")["evidence"]), within_s=15)
        told_to_work(up)

        assert "somebody sits at your screen" in send(up, "ada", "operator")[0]
        assert send(up, "ada", "operator") == []


def test_where_nobody_sits_there_the_inbox_is_where_it_is_read(up: Team):
    up.add("ada", "actor", "--busy-s", "600")
    up.call("peer.wake", peer="ada")
    told_to_work(up)

    assert send(up, "ada", "operator") == []


@pytest.fixture
def operator_is_asked(up: Team) -> Team:
    """The operator has read m-1 and m-2, which bob asked, and not m-3, which cat did."""
    for name in ("bob", "cat"):
        up.add(name, "actor")
        up.call("peer.wake", peer=name)
    for id, sender in (("m-1", "bob"), ("m-2", "bob"), ("m-3", "cat")):
        send(up, sender, "operator", id=id)
    for id in ("m-1", "m-2"):
        up.call("message.read", id=id)
    return up


def said(team: Team, to: str, **fields: Any) -> list[str]:
    """What the operator is told."""
    sent = team.call("message.send", **{"to": to, "body": "yes, do", "wait": "accepted"} | fields)
    notes: list[str] = sent.get("notes") or []
    return notes


def test_the_operator_who_was_asked_and_answers_by_a_message_of_its_own_is_told_too(operator_is_asked: Team):
    (note,) = said(operator_is_asked, "bob", id="m-9")

    own = "this was sent as a message of its own, not as its answer"
    assert note == f"bob asked you in m-2: {own}; `peerd reply m-2 TEXT` answers it."
    assert said(operator_is_asked, "bob") == []
    assert "ev=beside-the-answer id=m-9 from=operator to=bob asked=m-2" in operator_is_asked.log("delivery")


def test_the_operator_who_answers_or_has_not_read_what_was_asked_is_told_nothing(operator_is_asked: Team):
    assert said(operator_is_asked, "cat") == []
    assert said(operator_is_asked, "bob", reply_to="m-2") == []
    assert said(operator_is_asked, "bob", reply_to="m-1") == []
    assert said(operator_is_asked, "bob") == []


def test_an_answer_of_the_operators_to_somebody_else_is_told(operator_is_asked: Team):
    (note,) = said(operator_is_asked, "cat", reply_to="m-1")

    assert note == "bob asked m-1: what you sent cat does not answer it; `peerd reply m-1 TEXT` does."


def test_what_a_removed_peer_asked_awaits_no_answer_of_its_namesakes(operator_is_asked: Team):
    operator_is_asked.call("peer.remove", peer="bob", now=True)
    operator_is_asked.add("bob", "actor")

    assert said(operator_is_asked, "bob") == []
