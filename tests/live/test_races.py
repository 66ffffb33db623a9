"""Wakes, stops and ends that meet: one session at most, a stop wins, and no wake is forgotten."""

import json
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from peerd.errors import PeerdError
from peerd.model.envelope import parse
from peerd.rpc.protocol import PROTOCOL
from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.killing import Watch, alive
from tests.live.test_payloads import submissions
from tests.rpc.serving import Client

pytestmark = pytest.mark.tmux

ROUNDS = 12
WAKES = 5
SENDS = 40


def test_concurrent_wakes_are_one_wake_and_each_task_is_given_once(up: Team):
    record = up.root / "record"
    up.add("ada", "actor", "--record", str(record), "--boot-s", "0.3")

    with ThreadPoolExecutor(10) as callers:
        woken = list(callers.map(lambda n: up.call("peer.wake", peer="ada", task=f"task {n}"), range(10)))

    over = [up.call("message.wait", id=each["message"], until="ended", timeout_s=20) for each in woken]
    assert len({each["session"] for each in woken}) == 1
    assert up.log().count("ev=session-started") == 1
    assert [(each["task"], each["attempt"]) for each in over] == [("answered", 1)] * 10
    taken = [each.id for text in submissions(record) if (each := parse(text)) is not None]
    assert sorted(taken) == sorted(each["message"] for each in woken)


def test_a_stop_among_wakes_wins_whenever_it_comes(up: Team):
    up.add("ada", "actor", "--boot-s", "0.05", stop_grace_s=0.2)

    with Watch(up) as watch, ThreadPoolExecutor(WAKES + 1) as callers:
        for nth in range(ROUNDS):
            up.call("peer.start", peer="ada")
            asked = [callers.submit(up.call, "peer.wake", peer="ada", timeout_s=20) for _ in range(nth % WAKES)]
            stopping = callers.submit(up.call, "peer.stop", peer="ada", timeout_s=20)
            asked += [
                callers.submit(up.call, "peer.wake", peer="ada", timeout_s=20) for _ in range(WAKES - nth % WAKES)
            ]

            assert stopping.result()["phase"] == "asleep"
            assert {_outcome(each) for each in asked} <= {"up", "down"}
            assert up.show("ada")["phase"] == "asleep"
            assert alive(Path(up.home.sessions)) == frozenset()
    assert watch.pairs == []
    assert "ev=action-failed" not in up.log()


def _outcome(waking: "Future[dict[str, Any]]") -> str:
    """Up before the stop, or told of it."""
    try:
        waking.result()
    except PeerdError as refusal:
        return "down" if "stopped" in str(refusal) or "ended at once" in str(refusal) else str(refusal)
    return "up"


def test_a_wake_while_a_session_is_parked_brings_the_next_one(up: Team):
    up.add("ada", "actor", "--ignore-hup", idle_s=0.2, stop_grace_s=1.0)
    first = up.call("peer.wake", peer="ada")["session"]
    eventually(lambda: up.show("ada")["phase"] == "stopping", within_s=10)

    woken = up.call("peer.wake", peer="ada", timeout_s=20)

    assert (woken["woke"], woken["session"] != first) == (True, True)
    assert up.show("ada")["last_end"]["cause"] == "parked"


def test_a_wake_that_is_to_be_fresh_is_told_that_an_older_one_came_first(up: Team):
    up.add("ada", "actor", "--remember", "--boot-s", "0.5")
    up.send("ada", "what about tax?", topic="tax", wait="ended", timeout_s=20)
    for method in ("peer.stop", "peer.start"):
        up.call(method, peer="ada")
    up.send("ada", "more of it", topic="tax", wait="accepted")

    with pytest.raises(PeerdError, match="starting already, in the conversation it had"):
        up.call("peer.wake", peer="ada", mode="fresh", timeout_s=20)


def test_a_stop_that_is_overtaken_by_a_start_says_so_before_the_session_has_ended(up: Team):
    up.add("ada", "actor", "--ignore-hup", stop_grace_s=8.0)
    up.call("peer.wake", peer="ada")

    with ThreadPoolExecutor(1) as caller:
        stopping = caller.submit(up.call, "peer.stop", peer="ada", timeout_s=30)
        eventually(lambda: up.show("ada")["phase"] == "stopping")
        up.call("peer.start", peer="ada")
        with pytest.raises(PeerdError, match="started again in the meantime"):
            stopping.result(timeout=5)


@pytest.fixture
def at_most_two(team: Team) -> Team:
    """Wait for ada, who is stopped, and lie unread for the operator. bob is awake."""
    Path(team.home.config).mkdir(parents=True)
    Path(team.home.settings_file).write_text("[peers]\nqueue_max = 2\n")
    team.start()
    team.add("ada", "actor")
    team.add("bob", "actor")
    team.call("peer.stop", peer="ada")
    team.call("peer.wake", peer="bob")
    return team


@pytest.mark.parametrize("to", ["ada", "operator"])
def test_of_many_messages_at_once_no_more_are_accepted_than_there_are_places(at_most_two: Team, to: str):
    sender = Client(at_most_two.home.socket)
    token = None if to == "ada" else at_most_two.caller("bob")["PEERD_TOKEN"]
    sender.ask("hello", {"protocol": PROTOCOL, "version": "0", "token": token})
    assert "result" in sender.answer()
    sent = {"to": to, "queue": True, "wait": "accepted"}
    requests = [{"id": n, "method": "message.send", "params": {**sent, "body": f"hello {n}"}} for n in range(SENDS)]

    sender.send(b"".join(json.dumps({"jsonrpc": "2.0", **each}).encode() + b"\n" for each in requests))
    answers = [sender.answer() for _ in requests]
    sender.close()

    refused = {each["error"]["message"].split(" wait")[0].split(" unread")[0] for each in answers if "error" in each}
    assert (sum("result" in each for each in answers), refused) == (2, {f"{to} has 2 messages"})
    assert len(at_most_two.call("message.list", peer=to)["messages"]) == 2
