"""Peers that pass messages on and on are stopped."""

from typing import Any

import pytest

from peerd.errors import NotPermitted
from peerd.rpc.client import call
from tests.eventually import eventually
from tests.live.conftest import Team

pytestmark = pytest.mark.tmux

HOPS_MAX = 64


def passed_on(team: Team, hops: int) -> str:
    """The last of a chain of replies."""
    team.add("ada", "actor", queue_max=HOPS_MAX + 2)
    team.call("queue.pause", peer="ada")
    last = str(team.send("ada", "look at this", id="first", wait="accepted")["id"])
    for nth in range(hops):
        last = str(team.send("ada", f"and at this {nth}", reply_to=last, wait="accepted")["id"])
    return last


def at_work(team: Team, name: str, on: str) -> None:
    """In the turn of a reply to this message."""
    team.add(name, "actor", "--busy-s", "100")
    team.send(name, "look", reply_to=on, wait="submitted", timeout_s=20)
    eventually(lambda: team.show(name)["activity"] == "busy")


def send(team: Team, sender: str, **fields: Any) -> dict[str, Any]:
    asked = {"to": None, "body": "here it is", "wait": "accepted"} | fields
    token = team.caller(sender)["PEERD_TOKEN"]
    found: dict[str, Any] = call("message.send", asked, timeout_s=10, socket_path=team.home.socket, token=token)
    return found


def hops(team: Team, id: str) -> int:
    return int(team.call("message.show", id=id)["hops"])


def test_a_message_is_passed_on_64_times_and_no_more(up: Team):
    last = passed_on(up, HOPS_MAX)
    up.add("bob", "actor")
    up.call("peer.wake", peer="bob")

    with pytest.raises(NotPermitted, match="passed on 64 times already: peers may be answering each other in a circle"):
        send(up, "bob", to="ada", reply_to=last)

    assert up.call("queue.list", peer="ada")["queues"][0]["waiting"] == HOPS_MAX + 1
    assert send(up, "bob", to="ada")["state"] == "accepted"


def test_what_a_peer_sends_in_the_turn_of_a_message_was_passed_on_once_more_than_that(up: Team):
    at_work(up, "bob", passed_on(up, HOPS_MAX - 1))

    with pytest.raises(NotPermitted, match="passed on 64 times already"):
        send(up, "bob", to="operator")

    assert all(each["to"] != "operator" for each in up.call("message.list", peer="bob")["messages"])


def test_who_replies_to_the_first_of_a_chain_again_goes_on_with_the_chain(up: Team):
    at_work(up, "bob", passed_on(up, HOPS_MAX - 3))

    replied = send(up, "bob", to="ada", reply_to="first")["id"]

    shown = up.call("message.show", id=replied)
    assert (shown["hops"], hops(up, shown["descends_from"])) == (HOPS_MAX - 1, HOPS_MAX - 2)


def test_the_last_of_a_chain_is_answered_and_nothing_is_sent_because_of_that(up: Team):
    at_work(up, "bob", passed_on(up, HOPS_MAX - 2))
    up.add("eve", "actor", "--busy-s", "100")
    up.call("peer.wake", peer="eve")
    asked = [send(up, "bob", to=to)["id"] for to in ("eve", "operator")]

    yours = up.call("message.send", to=None, body="yes", reply_to=asked[1], wait="accepted")
    answers = [send(up, "eve", reply_to=asked[0])["id"], yours["id"]]

    assert [hops(up, each) for each in (*asked, *answers)] == [HOPS_MAX, HOPS_MAX, HOPS_MAX + 1, HOPS_MAX + 1]
    assert [up.call("message.show", id=each)["task"] for each in asked] == ["answered", "answered"]
    with pytest.raises(NotPermitted, match="passed on 64 times already"):
        send(up, "eve", to="ada", reply_to=answers[0])
