"""Whom a peer may send to, wake and control is said by its spec, and held by the daemon."""

from typing import Any

import pytest

from peerd.errors import NotPermitted
from peerd.rpc.client import call
from tests.eventually import eventually
from tests.live.conftest import Team

pytestmark = pytest.mark.tmux


def ask(team: Team, sender: str, method: str, **params: Any) -> dict[str, Any]:
    """As the session of this peer."""
    token = team.caller(sender)["PEERD_TOKEN"]
    found: dict[str, Any] = call(method, params, timeout_s=40, socket_path=team.home.socket, token=token)
    return found


def send(team: Team, sender: str, to: str, **fields: Any) -> dict[str, Any]:
    return ask(team, sender, "message.send", **({"to": to, "body": "look", "wait": "accepted"} | fields))


def busy(team: Team, name: str, **fields: Any) -> None:
    """An actor that works on what it is given until the test is over."""
    team.add(name, "actor", "--busy-s", "600", **fields)
    team.call("peer.wake", peer=name)


@pytest.fixture
def ada(up: Team) -> Team:
    """With ada, who may send to those of @ours alone, up."""
    up.add("ada", may_send_to=["@ours"])
    up.add("bob", groups=["ours"])
    up.add("cat")
    up.call("peer.wake", peer="ada")
    return up


def test_a_peer_sends_to_those_its_spec_names_and_is_told_where_more_could_be_allowed(ada: Team):
    assert send(ada, "ada", "bob")["state"] == "accepted"

    told = r"ada may not send to cat: nothing was sent. may_send_to in .*/peers/ada\.toml may allow it"
    with pytest.raises(NotPermitted, match=told):
        send(ada, "ada", "cat")

    assert ada.call("message.list", peer="cat")["messages"] == []
    ada.run("edit", "ada", "--set", 'may_send_to=["cat"]')
    assert send(ada, "ada", "cat")["state"] == "accepted"


def test_a_peer_reaches_its_person_unless_its_spec_says_that_it_does_not(ada: Team):
    assert send(ada, "ada", "operator")["state"] == "accepted"

    ada.run("edit", "ada", "--set", 'may_send_to=["*", "!operator"]')

    with pytest.raises(NotPermitted, match="ada may not send to operator"):
        send(ada, "ada", "operator")


def test_the_operator_sends_to_everybody_and_a_refusal_is_exit_code_1(ada: Team):
    assert ada.send("cat", "look", wait="accepted")["state"] == "accepted"

    ran = ada.run("send", "cat", "look", env=ada.caller("ada"))

    assert (ran.code, "may_send_to" in ran.err) == (1, True)


def test_who_was_asked_may_answer_whatever_the_lists_say(up: Team):
    up.add("ada", accepts_from=["operator"])
    up.add("bob", may_send_to=[])
    for name in ("ada", "bob"):
        up.call("peer.wake", peer=name)
        up.call("queue.pause", peer=name)
    question = send(up, "ada", "bob")["id"]

    with pytest.raises(NotPermitted, match="bob may not send to ada"):
        send(up, "bob", "ada")
    assert send(up, "bob", "ada", reply_to=question)["state"] == "accepted"

    assert up.call("message.show", id=question)["task"] == "answered"
    with pytest.raises(NotPermitted, match="bob may not send to ada"):
        send(up, "bob", "ada", reply_to=question)


def test_an_answer_wakes_who_asked_though_nothing_else_of_its_sender_may(up: Team):
    up.add("ada")
    up.add("bob", may_wake=[])
    for name in ("ada", "bob"):
        up.call("peer.wake", peer=name)
    up.call("queue.pause", peer="bob")
    question = send(up, "ada", "bob")["id"]
    up.call("peer.stop", peer="ada")
    up.call("peer.start", peer="ada")

    answer = send(up, "bob", "ada", reply_to=question, wait="submitted", timeout_s=20)

    assert (answer["state"], answer["woke"]) == ("submitted", True)


def test_an_answer_is_not_run_in_a_shell_that_takes_nothing_from_who_gives_it(up: Team):
    up.add("sh", "shell")
    up.add("ada")
    for name in ("sh", "ada"):
        up.call("peer.wake", peer=name)
    up.call("queue.pause", peer="ada")
    question = send(up, "sh", "ada")["id"]

    told = "sh takes messages only from operator. .*accepts_from in .*sh.toml.* as your turn ends is what sh is told"
    with pytest.raises(NotPermitted, match=told):
        send(up, "ada", "sh", body="touch it-was-run", reply_to=question)

    assert up.call("message.show", id=question)["task"] == "open"


def test_accepts_from_may_name_a_group(up: Team):
    up.add("sh", "shell", accepts_from=["@trusted"])
    up.add("ada", groups=["trusted"])
    up.add("bob")
    for name in ("ada", "bob"):
        up.call("peer.wake", peer=name)

    assert send(up, "ada", "sh", body="true")["state"] == "accepted"
    with pytest.raises(NotPermitted, match="sh takes messages only from @trusted, operator"):
        send(up, "bob", "sh", body="true")


def test_what_may_not_wake_waits_until_its_peer_is_up_and_its_sender_is_told_at_once(up: Team):
    up.add("ada", may_wake=["cat"])
    up.add("bob")
    up.call("peer.wake", peer="ada")

    ran = up.run("send", "bob", "look", "--id", "m-quiet", env=up.caller("ada"))

    assert (ran.code, "m-quiet is accepted and will be delivered" in ran.err) == (3, True)
    assert "ada may not wake bob: it waits until bob is up for another reason" in ran.err
    assert (up.show("bob")["phase"], up.call("message.show", id="m-quiet")["hold"]) == ("asleep", "asleep")
    assert "it wakes nobody: bob gets it once" in up.run("message", "m-quiet").out
    up.call("peer.wake", peer="bob")
    assert eventually(lambda: up.call("message.show", id="m-quiet")["state"] == "submitted", within_s=15)


def test_a_wake_of_whom_it_may_not_wake_is_refused_also_with_a_task(up: Team):
    up.add("ada", may_wake=["@ours"])
    up.add("bob")
    up.add("cat", groups=["ours"])
    up.call("peer.wake", peer="ada")

    for fields in ({}, {"task": "look"}):
        with pytest.raises(NotPermitted, match=r"ada may not wake bob: nothing was done. may_wake in .*/ada\.toml"):
            ask(up, "ada", "peer.wake", peer="bob", **fields)

    assert up.call("message.list", peer="bob")["messages"] == []
    assert ask(up, "ada", "peer.wake", peer="cat")["woke"]


def test_a_message_tells_who_sent_it_from_which_session_and_what_it_descends_from(up: Team):
    up.add("ada", "actor", "--busy-s", "600")
    up.add("bob")
    up.call("queue.pause", peer="bob")
    up.send("ada", "look", id="m-1", timeout_s=20)
    send(up, "ada", "bob", id="m-2")
    whence = {"identity": "actor-ada", "kind": "agent", "descends_from": "m-1", "hops": 1, "group": None}

    told = up.run("message", "m-2", "--json").json

    assert {name: told[name] for name in whence} == whence
    assert told["sender_session"] == up.session("ada").id
    sent_by = f"sent by actor-ada (agent), session {up.session('ada').id}, descends from m-1, hops 1\n"
    assert sent_by in up.run("message", "m-2").out
    up.call("daemon.stop")
    assert eventually(lambda: up.died)
    assert sent_by in up.run("message", "m-2").out


CONTROLS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("peer.stop", {}),
    ("peer.start", {}),
    ("peer.new", {}),
    ("peer.refresh", {}),
    ("peer.control", {"what": "interrupt"}),
    ("queue.pause", {}),
    ("queue.resume", {}),
)


def test_a_peer_controls_nobody_unless_its_spec_names_them(up: Team):
    up.add("ada")
    up.add("bob")
    up.call("peer.wake", peer="ada")

    for method, fields in CONTROLS:
        told = r"only the operator, outside every session.*may_control in .*/ada\.toml may name bob"
        with pytest.raises(NotPermitted, match=told):
            ask(up, "ada", method, peer="bob", **fields)


def test_one_that_is_named_is_controlled_and_no_other(up: Team):
    up.add("ada", may_control=["@workers"])
    up.add("cat")
    busy(up, "bob", groups=["workers"])
    up.call("peer.wake", peer="ada")
    up.send("bob", "work", timeout_s=20)

    ask(up, "ada", "peer.control", peer="bob", what="interrupt")
    ask(up, "ada", "queue.pause", peer="bob")
    assert ask(up, "ada", "peer.stop", peer="bob")["want"] == "down"
    assert ask(up, "ada", "peer.start", peer="bob")["want"] == "on_demand"

    for method, params in (("peer.stop", {"peer": "cat"}), ("queue.purge", {"peer": "bob"})):
        with pytest.raises(NotPermitted):
            ask(up, "ada", method, **params)
    with pytest.raises(NotPermitted, match="only the operator, outside every session, may attach to a peer's session"):
        ask(up, "ada", "peer.attach", peer="bob")
    assert "by=actor-ada" in up.log()
