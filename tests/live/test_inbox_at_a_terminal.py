"""A person at a terminal reads what was sent to them, and answers it there."""

from typing import Any

import pytest

from peerd.rpc.client import call
from tests import terminal
from tests.eventually import eventually
from tests.live.conftest import Team

pytestmark = pytest.mark.tmux


class Terminal(terminal.Terminal):
    """`peerd WORDS` of a team at a terminal, or what a shell makes of `script`."""

    def __init__(self, team: Team, *words: str, script: str | None = None) -> None:
        super().__init__(team.env, *words, script=script)


def asks(team: Team, body: str, id: str, name: str = "ada") -> None:
    token = team.caller(name)["PEERD_TOKEN"]
    params = {"to": "operator", "body": body, "id": id, "wait": "accepted"}
    call("message.send", params, timeout_s=20, socket_path=team.home.socket, token=token)


@pytest.fixture
def asked(up: Team) -> Team:
    up.add("ada")
    up.call("peer.wake", peer="ada")
    asks(up, "may I?\x1b[31m", "m-1")
    asks(up, "and this?", "m-2")
    return up


def state(team: Team, id: str) -> tuple[Any, ...]:
    shown = team.call("message.show", id=id, look=True)
    return shown["state"], shown["task"], shown.get("answer")


def test_each_is_shown_read_and_answered_in_turn(asked: Team):
    person = Terminal(asked, "inbox")
    person.until("> ")
    assert state(asked, "m-2")[0] == "accepted"  # it was not shown yet
    person.answer("you may", "now")
    person.until("and this?")
    eventually(lambda: person.until("> ").count("> ") >= 4)

    person.type("\n")

    assert person.end() == 0
    assert "\x1b[31m" not in person.seen
    assert state(asked, "m-1") == ("submitted", "answered", "you may\nnow")
    assert state(asked, "m-2") == ("submitted", "open", None)
    assert "m-2" in asked.run("inbox", "ls").out  # it awaits an answer still
    step = asked.call("message.show", id="m-2", look=True)["history"][-1]
    assert step["evidence"] == "shown to the operator by peerd inbox"


@pytest.mark.parametrize("key", ["\x04", "\x03"], ids=["end of file", "Ctrl-C"])
def test_who_leaves_loses_nothing(asked: Team, key: str):
    person = Terminal(asked, "inbox")
    person.until("> ")

    person.type(key)

    person.until("m-1 still awaits your answer")
    assert person.end() == 0
    assert [state(asked, id)[:2] for id in ("m-1", "m-2")] == [("submitted", "open"), ("accepted", "open")]


def test_an_answer_may_be_written_in_an_editor(asked: Team):
    asked.env["EDITOR"] = "echo yes, of course >"
    person = Terminal(asked, "inbox", "-e", "--limit", "1")

    assert person.end() == 0

    assert state(asked, "m-1") == ("submitted", "answered", "yes, of course\n")


def test_without_a_daemon_they_are_shown_and_stay_unread(asked: Team):
    asked.kill_daemon()
    person = Terminal(asked, "inbox")
    person.until("> ")
    assert "m-1 is not marked as read: no daemon answers." in person.seen
    person.type("\x04")
    person.end()

    asked.start()
    assert state(asked, "m-1")[0] == "accepted"


def test_sessions_do_not_look_into_it(asked: Team):
    ran = asked.run("inbox", "ls", env=asked.caller("ada"))

    assert (ran.code, "only the operator" in ran.err) == (1, True)


@pytest.mark.parametrize("words", ["messages --peer", "inbox ls --from"])
def test_who_never_was_a_peer_sent_nothing_that_could_be_listed(asked: Team, words: str):
    ran = asked.run(*words.split(), "adda")

    assert (ran.code, ran.out, ran.err) == (1, "", "peerd: no peer 'adda'. Did you mean 'ada'?\n")
    assert asked.run(*words.split(), "").code == 2
    assert asked.run(*words.split(), "ada").code == 0


@pytest.mark.parametrize("words", ["messages --since", "inbox --since"])
def test_a_time_that_is_empty_is_none(asked: Team, words: str):
    assert asked.run(*words.split(), "").code == 2
