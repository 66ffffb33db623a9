"""What a removed peer sent is another sender's in every queue than what a namesake sends: its turn, rank and pause."""

import json
from typing import Any

import pytest

from peerd.rpc.client import call
from tests.live.conftest import Team

pytestmark = pytest.mark.tmux


@pytest.fixture
def up(team: Team) -> Team:
    """ada's queue is held back; bob is up."""
    team.start()
    team.add("ada", "actor")
    team.call("queue.pause", peer="ada")
    bob_is_up(team)
    return team


def bob_is_up(team: Team) -> None:
    team.add("bob", "actor")
    team.call("peer.wake", peer="bob")


def from_bob(team: Team, id: str, **more: Any) -> None:
    told, token = {"to": "ada", "body": f"see {id}", "id": id, "wait": "accepted", **more}, team.caller("bob")
    call("message.send", told, timeout_s=20, socket_path=team.home.socket, token=token["PEERD_TOKEN"])


def listed(team: Team) -> list[str]:
    return [row["id"] for row in team.call("queue.list", peer="ada")["waiting"]]


def shown(team: Team) -> list[str]:
    return [each["id"] for each in team.show("ada")["queue"]]


def bob_is_another(team: Team) -> None:
    team.call("peer.remove", peer="bob", now=True)
    bob_is_up(team)


def test_what_a_namesake_sends_has_a_rank_of_its_own_also_for_the_next_daemon(up: Team):
    for n in range(3):
        from_bob(up, f"old-{n}", priority="low")
    bob_is_another(up)
    up.send("ada", "see op", id="op", wait="accepted")
    from_bob(up, "new", priority="high")
    in_order = ["new", "op", "old-0", "old-1", "old-2"]

    assert (listed(up), shown(up)) == (in_order, in_order)

    up.kill_daemon()
    without_a_daemon = json.loads(up.run("queue", "ls", "ada", "--json").out)
    assert [row["id"] for row in without_a_daemon["waiting"]] == in_order
    up.start()
    assert (listed(up), shown(up)) == (in_order, in_order)


def test_a_pause_with_a_namesake_holds_and_drops_what_that_one_sent(up: Team):
    from_bob(up, "old")
    bob_is_another(up)
    from_bob(up, "new")
    up.call("pair.pause", one="ada", other="bob")
    up.call("queue.resume", peer="ada")

    assert up.call("message.wait", id="old", until="submitted", timeout_s=20)["state"] == "submitted"
    assert up.call("message.show", id="new")["hold"] == "pair-paused"

    up.call("queue.pause", peer="ada")
    released = up.call("pair.release", one="ada", other="bob", purge=True)
    assert (released["dropped"], up.call("message.show", id="new")["state"]) == (1, "cancelled")


def test_a_pause_with_one_that_was_removed_since_holds_nothing_of_either(up: Team):
    from_bob(up, "old")
    up.call("pair.pause", one="ada", other="bob")
    bob_is_another(up)
    from_bob(up, "new")
    up.call("queue.resume", peer="ada")

    for id in ("old", "new"):
        assert up.call("message.wait", id=id, until="submitted", timeout_s=20)["state"] == "submitted"
