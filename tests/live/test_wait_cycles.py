"""Peers that ask each other in a circle are told, and not left waiting."""

import json
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest

from peerd.rpc.client import call
from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_declared_runtimes import declare
from tests.live.test_holds import at_the_keyboard

pytestmark = pytest.mark.tmux


class Circle:
    """ada, bob and cyd, each in the middle of a turn."""

    def __init__(self, team: Team) -> None:
        self.team = team
        self.clients = ThreadPoolExecutor(4)
        self.tokens = {}
        for name in ("ada", "bob", "cyd"):
            team.add(name, "shell", accepts_from=["*"])
            team.send(name, "sleep 1000", timeout_s=20)
            self.tokens[name] = team.caller(name)["PEERD_TOKEN"]
            eventually(partial(self._is_busy, name))

    def _is_busy(self, name: str) -> bool:
        return bool(self.team.show(name)["activity"] == "busy")

    def ask(self, who: str, to: str, **fields: Any) -> dict[str, Any]:
        asked = {"to": to, "body": f"echo {who} asks {to}", "wait": "ended", "timeout_s": 40} | fields
        return self._call(who, "message.send", asked)

    def _call(self, who: str, method: str, params: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = call(
            method, params, timeout_s=50, socket_path=self.team.home.socket, token=self.tokens[who]
        )
        return found

    def wait(self, who: str, id: str, until: str = "ended") -> dict[str, Any]:
        return self._call(who, "message.wait", {"id": id, "until": until, "timeout_s": 40})

    def asks(self, who: str, to: str, **fields: Any) -> "Future[dict[str, Any]]":
        """Under way when this returns."""
        id = fields.setdefault("id", f"m-{who}-{to}")
        asked = self.clients.submit(self.ask, who, to, **fields)
        eventually(lambda: any(each["id"] == id for each in self.messages(who)))
        return asked

    def messages(self, name: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.team.call("message.list", peer=name)["messages"]
        return found


def test_who_would_close_a_circle_is_told_at_once_and_the_message_waits(up: Team):
    circle = Circle(up)
    circle.asks("ada", "bob")
    circle.asks("bob", "cyd")

    closed = circle.ask("cyd", "ada")

    assert (closed["state"], closed["task"], closed["waiting"]) == ("accepted", "open", True)
    assert closed["notes"] == [
        "ada waits for bob, bob waits for you: you cannot wait for this, or none would go on. End your turn: the "
        "message is handed over then, and an answer comes as a message."
    ]
    assert up.log("delivery").count(f"ev=circle from=cyd to=ada id={closed['id']}") == 1


def test_of_two_the_one_that_waits_is_told_what_it_is_asked_first(up: Team):
    circle = Circle(up)
    waits = circle.asks("ada", "bob")

    back = circle.ask("bob", "ada")

    assert back["notes"][0].startswith(
        "ada waits for you: you cannot wait for this, or none would go on. End your turn"
    )
    told = waits.result(timeout=10)
    assert (told["id"], told["waiting"]) == ("m-ada-bob", True)
    assert told["notes"] == [
        f"bob asks you something first: {back['id']} is given to you once your turn is over, so end it; an answer to "
        "m-ada-bob comes as a message."
    ]


def test_a_plain_send_to_one_that_waits_for_the_sender_is_not_waited_for_either(up: Team):
    circle = Circle(up)
    circle.asks("ada", "bob")

    back = circle.ask("bob", "ada", wait="submitted")

    assert (back["waiting"], back["state"]) == (True, "accepted")
    assert circle.ask("bob", "ada", wait="accepted").get("notes") is None


def test_a_wait_that_is_taken_up_again_closes_it_as_well(up: Team):
    circle = Circle(up)
    sent = circle.ask("bob", "ada", wait="accepted")
    circle.asks("ada", "bob")

    assert circle.wait("bob", sent["id"])["notes"][0].startswith("ada waits for you")


def test_an_answer_to_who_waits_closes_nothing(up: Team):
    circle = Circle(up)
    waits = circle.asks("ada", "bob")

    answer = circle.ask("bob", "ada", body="echo there", reply_to="m-ada-bob", wait="submitted", timeout_s=0.5)

    assert answer.get("notes") is None
    assert waits.result(timeout=10)["answer"] == "echo there"


def test_an_answer_to_something_else_asks_nothing_of_who_waits(up: Team):
    circle = Circle(up)
    before = circle.ask("ada", "bob", wait="accepted")["id"]
    waits = circle.asks("ada", "bob")

    answer = circle.ask("bob", "ada", body="echo there", reply_to=before, wait="submitted")
    circle.ask("bob", "ada", body="echo here", reply_to="m-ada-bob", wait="accepted")

    assert answer["notes"] == [
        "ada waits for you: you cannot wait for this, or none would go on. End your turn: the message is handed over "
        "then."
    ]
    told = waits.result(timeout=10)
    assert (told["answer"], told.get("notes")) == ("echo here", None)


def test_a_chain_with_an_end_is_waited_for(up: Team):
    circle = Circle(up)
    circle.asks("ada", "bob")

    assert circle.ask("bob", "cyd", timeout_s=0.5).get("notes") is None


def test_who_is_in_no_turn_takes_what_it_is_asked_though_it_waits(up: Team):
    circle = Circle(up)
    up.call("peer.control", peer="ada", what="interrupt")
    eventually(lambda: up.show("ada")["activity"] == "idle")
    circle.asks("ada", "bob")

    assert circle.ask("bob", "ada", timeout_s=20)["task"] == "turn_ended"


def test_a_circle_that_comes_again_and_again_is_told_to_a_person(up: Team):
    circle = Circle(up)
    for n in range(3):
        assert "wait for each other" not in str(up.call("daemon.status").get("notices"))
        waits = circle.asks("ada", "bob", id=f"m-{n}", body=f"echo {n}")
        circle.ask("bob", "ada", body=f"echo what of {n}")
        waits.result(timeout=10)

    assert "ada and bob were about to wait for each other 3 times" in str(up.call("daemon.status")["notices"])


def test_the_command_says_so_and_ends_with_3(up: Team):
    circle = Circle(up)
    circle.asks("ada", "bob")

    ran = up.run("ask", "ada", "what is the port?", env={"PEERD_TOKEN": circle.tokens["bob"]})

    assert ran.code == 3
    assert "ada waits for you: you cannot wait for this" in ran.err


AT_A_PROMPT = r"""
import subprocess
while True:
    command = input("> ").partition("run: ")[2]
    print("thinking", flush=True)
    ran = subprocess.run(["/bin/sh", "-c", command], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    print("\033[A\033[2Ksaid " + (ran.stdout + ran.stderr).replace("\n", " ")[:200], flush=True)
"""


@pytest.mark.parametrize("by", ["a message", "a person"])
def test_who_asks_in_a_turn_of_which_nothing_told_yet_is_in_one_too(team: Team, by: str):
    program = team.root / "screened"
    program.write_text(AT_A_PROMPT)
    runs = json.dumps([sys.executable, str(program)])
    shown = "ready = '> ?(.*)'\nbusy = '^thinking'\none_line = true\nclear = ['C-e', 'C-u']\n"
    declare(team, f"name = 'screened'\nargv = {runs}\n{shown}", "screened")
    team.start()
    circle = Circle(team)
    team.add("eve", "screened")
    team.call("peer.wake", peer="eve", timeout_s=20)
    asks = f"run: {sys.executable} -m peerd ask bob what --timeout 60"
    if by == "a person":
        at_the_keyboard(team, "eve", "send-keys", "-l", asks)
        at_the_keyboard(team, "eve", "send-keys", "Enter")
    else:
        team.send("eve", asks, wait="accepted")
    eventually(lambda: any(each["to"] == "bob" for each in circle.messages("eve")), within_s=15)
    eventually(lambda: by == "a person" or team.show("eve")["activity"] == "busy")

    back = circle.ask("bob", "eve", timeout_s=8)

    assert back["waiting"], back
    assert back["notes"][0].startswith(("eve waits for you: you cannot wait for this", "eve asks you something first"))
