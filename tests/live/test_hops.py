"""Peers that pass messages on and on are stopped."""

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
    last = str(team.send("ada", "look at this", wait="accepted")["id"])
    for nth in range(hops):
        last = str(team.send("ada", f"and at this {nth}", reply_to=last, wait="accepted")["id"])
    return last


def test_a_message_is_passed_on_64_times_and_no_more(up: Team):
    last = passed_on(up, HOPS_MAX)

    with pytest.raises(NotPermitted, match="passed on 64 times already: peers may be answering each other in a circle"):
        up.send("ada", "once more", reply_to=last, wait="accepted")

    assert up.call("queue.list", peer="ada")["queues"][0]["waiting"] == HOPS_MAX + 1
    assert up.send("ada", "of its own", wait="accepted")["state"] == "accepted"


def test_what_a_peer_sends_in_the_turn_of_a_message_was_passed_on_once_more_than_that(up: Team):
    last = passed_on(up, HOPS_MAX - 1)
    up.add("bob", "actor", "--busy-s", "100")
    up.send("bob", "look", reply_to=last, wait="submitted", timeout_s=20)
    token = up.caller("bob")["PEERD_TOKEN"]
    eventually(lambda: up.show("bob")["activity"] == "busy")

    with pytest.raises(NotPermitted, match="passed on 64 times already"):
        sent = {"to": "operator", "body": "here it is", "wait": "accepted"}
        call("message.send", sent, timeout_s=10, socket_path=up.home.socket, token=token)

    assert all(each["to"] != "operator" for each in up.call("message.list", peer="bob")["messages"])
