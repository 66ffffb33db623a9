"""A message that is not to be handed over before its time, for real; and until when what says nothing of it waits."""

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from peerd import rfc3339
from peerd.errors import TryAgain, UsageError
from peerd.rpc.client import call
from tests.eventually import eventually
from tests.live.conftest import Team

pytestmark = pytest.mark.tmux

WEEK_S = 7 * 86400.0


def in_s(seconds: float) -> str:
    return rfc3339.stamp(datetime.now(UTC).timestamp() + seconds)


def step(team: Team, id: str, state: str) -> list[dict[str, Any]]:
    return [each for each in team.call("message.show", id=id)["history"] if each["state"] == state]


def test_it_is_given_to_its_peer_once_it_is_due_by_the_next_daemon_too(team: Team):
    team.start()
    team.add("ada", "actor")
    at = in_s(3.0)

    sent = team.run("send", "ada", "hello", "--id", "m-1", "--not-before", at)

    assert (sent.code, sent.out) == (0, f"m-1 to ada: accepted, not before {at}\n")
    team.kill_daemon()
    assert team.run("queue", "ls", "ada", "--json").json["waiting"][0]["not_before"] == at
    team.start()
    taken = team.call("message.wait", id="m-1", until="ended", timeout_s=20)
    assert taken["task"] == "answered"
    (submitted,) = step(team, "m-1", "submitted")
    assert submitted["at"] >= at
    assert step(team, "m-1", "accepted")[1]["evidence"] == f"due: it was not to be handed over before {at}"
    assert f"id=m-1 from=operator to=ada bytes=5 task=open not_before={at}" in team.log("delivery")
    assert "ev=due id=m-1 to=ada" in team.log("delivery")


def test_it_wakes_nobody_before_and_is_told_alike_with_a_daemon_and_without(up: Team):
    up.add("ada", "actor")
    at = in_s(3600.0)
    up.run("send", "ada", "second", "--id", "m-2", "--not-before", at)
    up.run("send", "ada", "first", "--id", "m-1", "--not-before", "20m")

    def told() -> list[str]:
        ls = up.run("queue", "ls", "ada").out
        return [ls, up.run("message", "m-2").out, up.run("show", "ada").out.partition("queue")[2].partition("last")[0]]

    ls, message, shown = told()
    assert (ls.index("m-1") < ls.index("m-2"), at in ls, f"Not before {at}" in message) == (True, True, True)
    assert f"m-2 from operator: accepted, not before {at}" in shown
    assert (up.show("ada")["phase"], up.call("peer.list")["peers"][0]["queued"]) == ("asleep", 2)
    assert up.run("message", "m-2", "--json").json["not_before"] == at
    assert up.call("message.show", id="m-2")["because"] == f"Not before {at}"
    up.call("daemon.stop")
    eventually(lambda: up.died)
    assert told()[:2] == [ls, message]
    assert f"not before {at}" in told()[2]


def test_who_waits_for_it_is_told_that_it_is_not_due(up: Team):
    up.add("ada", "actor")
    at = in_s(3600.0)

    ran = up.run("ask", "ada", "hello", "--id", "m-1", "--not-before", at, "--timeout", "0.2")

    told = f"peerd: m-1 is accepted and will be delivered, not before {at}: do not send it again. "
    assert (ran.code, ran.err) == (3, f"{told}`peerd wait m-1 --for ended` waits on.\n")


def test_it_is_counted_and_can_be_cancelled_and_purged(up: Team):
    up.add("ada", "actor", queue_max=2)
    for id in ("m-1", "m-2"):
        up.send("ada", "hello", id=id, not_before_s=3600, wait="accepted")

    with pytest.raises(TryAgain, match="2 messages waiting"):
        up.send("ada", "hello", not_before_s=3600, wait="accepted")

    assert up.call("message.cancel", id="m-1")["state"] == "cancelled"
    assert up.call("queue.purge", peer="ada")["dropped"] == 1
    up.call("queue.pause", peer="ada")
    assert up.call("message.requeue", id="m-2")["not_before"] is None
    left_s = rfc3339.unix(up.call("message.show", id="m-2")["expires_at"]) - time.time()
    assert WEEK_S - 60 < left_s <= WEEK_S
    up.call("queue.resume", peer="ada")
    assert up.call("message.wait", id="m-2", until="ended", timeout_s=20)["task"] == "answered"


def test_it_goes_with_its_peer_to_another_name(up: Team):
    up.add("ada", "actor")
    up.send("ada", "hello", id="m-1", not_before_s=2, wait="accepted")

    up.call("peer.rename", peer="ada", name="eve")

    assert up.call("message.wait", id="m-1", until="ended", timeout_s=20)["task"] == "answered"


def test_of_one_key_the_latest_waits(up: Team):
    up.add("ada", "actor")
    up.send("ada", "hello", id="m-1", key="k", not_before_s=3600, wait="accepted")

    up.send("ada", "hello", id="m-2", key="k", not_before_s=7200, wait="accepted")

    assert [each["id"] for each in up.call("queue.list", peer="ada")["waiting"]] == ["m-2"]
    assert up.call("message.show", id="m-1")["state"] == "cancelled"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        pytest.param(
            ("--not-before", "2h", "--expires", "1h"), "no later than --not-before", id="over before it is due"
        ),
        pytest.param(("--expires", "2001-01-01T00:00:00Z"), "that time has passed", id="over already"),
        pytest.param(("--not-before", "2001-13-01T00:00:00Z"), "give a time such as", id="no time"),
        pytest.param(("--not-before", "2031-01-01T00:00:00"), "give a time such as", id="no offset"),
        pytest.param(("--not-before", "soon"), "90s, 10m, 2h, 7d", id="a word"),
        pytest.param(("--not-before", "9999-01-01T00:00:00Z"), "at most a year ahead", id="too late"),
        pytest.param(("--expires", "400d"), "90s, 10m, 2h, 7d", id="too long"),
    ],
)
def test_a_time_that_makes_no_sense_is_refused(up: Team, words: tuple[str, ...], told: str):
    up.add("ada", "actor")

    ran = up.run("send", "ada", "hello", *words)

    assert (ran.code, told in ran.err) == (2, True)
    assert up.call("message.list")["messages"] == []


def test_a_time_that_has_come_is_none(up: Team):
    up.add("ada", "actor")

    assert up.run("send", "ada", "hello", "--not-before", "2001-01-01T00:00:00Z", "--wait", "ended").code == 0


def test_the_same_again_after_its_time_is_the_same_message(up: Team):
    up.add("ada", "actor")
    words = ("send", "ada", "hello", "--id", "m-1", "--expires", in_s(2.0), "--wait", "ended")
    assert up.run(*words).code == 0
    eventually(lambda: in_s(0.0) > words[6])

    assert up.run(*words).code == 0


def expires_in_s(team: Team, id: str) -> float:
    shown = team.call("message.show", id=id)
    return round(rfc3339.unix(shown["expires_at"]) - rfc3339.unix(shown["accepted_at"]), 1)


def test_what_says_nothing_of_it_waits_for_a_week_from_when_it_is_due(up: Team):
    up.add("ada", "actor")
    up.call("queue.pause", peer="ada")
    up.send("ada", "hello", id="m-1", wait="accepted")
    up.send("ada", "hello", id="m-2", wait="accepted", not_before_s=3600)
    up.send("ada", "hello", id="m-3", wait="accepted", expires_s=60)

    assert [expires_in_s(up, id) for id in ("m-1", "m-2", "m-3")] == [WEEK_S, WEEK_S + 3600, 60.0]
    assert f"expires {up.call('message.show', id='m-1')['expires_at']}" in up.run("message", "m-1").out
    assert up.run("message", "m-1", "--json").json["expires_at"] == up.call("message.show", id="m-1")["expires_at"]


def test_a_figure_says_for_how_long(team: Team):
    Path(team.home.settings_file).parent.mkdir(parents=True)
    Path(team.home.settings_file).write_text("[peers]\nexpires_s = 60\n")
    team.start()
    team.add("ada", "actor")
    team.add("eve", "actor", expires_s=1e6)
    for to, id in (("ada", "m-1"), ("eve", "m-2")):
        team.call("queue.pause", peer=to)
        team.send(to, "hello", id=id, wait="accepted")

    assert expires_in_s(team, "m-1") == 60.0
    assert expires_in_s(team, "m-2") == 1e6


def test_what_waited_for_so_long_has_expired_and_that_is_told(up: Team):
    up.add("ada", "actor", expires_s=0.2)
    up.call("queue.pause", peer="ada")

    ran = up.run("send", "ada", "hello", "--id", "m-1", "--timeout", "20")

    assert (ran.code, "not delivered in time" in ran.err) == (1, True)
    assert "ev=dropped id=m-1 to=ada state=expired" in up.log("delivery")


def test_an_answer_that_is_awaited_is_not_for_later(up: Team):
    up.add("ada", "actor")
    up.call("peer.wake", peer="ada")
    asked, token = {"to": "operator", "body": "which?", "wait": "accepted"}, up.caller("ada")["PEERD_TOKEN"]
    id = call("message.send", asked, timeout_s=10, socket_path=up.home.socket, token=token)["id"]
    reply = {"to": None, "body": "this", "reply_to": id, "wait": "accepted"}

    with pytest.raises(UsageError, match=f"an answer to {id} is delivered at once: leave --not-before out"):
        up.call("message.send", **reply, not_before_s=3600.0)

    assert up.call("message.show", id=id)["task"] == "open"
    assert up.call("message.send", **reply)["not_before"] is None
    assert up.call("message.send", **reply, not_before_s=3600.0)["not_before"] is not None
