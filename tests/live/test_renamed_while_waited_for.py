"""Who sent something and waits for it goes on waiting where its peer is given another name."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_wait_cycles import Circle

pytestmark = pytest.mark.tmux


@pytest.fixture
def others() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as pool:
        yield pool


@pytest.fixture
def held(up: Team) -> Team:
    """What is sent to ada waits."""
    up.add("ada", "actor")
    up.call("queue.pause", peer="ada")
    return up


def sent(team: Team, others: ThreadPoolExecutor, id: str) -> "Future[dict[str, Any]]":
    asked = others.submit(team.send, "ada", f"hello {id}", id=id, wait="ended", timeout_s=30)
    eventually(lambda: id in [each["id"] for each in team.call("message.list")["messages"]])
    return asked


def test_it_is_answered_under_the_new_name(held: Team, others: ThreadPoolExecutor):
    asked = sent(held, others, "m-1")

    held.call("peer.rename", peer="ada", name="eve")
    held.call("peer.rename", peer="eve", name="bob")
    held.call("queue.resume", peer="bob")

    told = asked.result(30)
    assert (told["to"], told["task"], told["waiting"]) == ("bob", "answered", False)


def test_so_it_is_where_its_session_is_ended_for_that(up: Team, others: ThreadPoolExecutor):
    up.add("ada", "actor", "--busy-s", "3", task_attempts=3)
    at_work, waits = sent(up, others, "m-1"), sent(up, others, "m-2")
    eventually(lambda: up.call("message.show", id="m-1")["state"] == "submitted")

    up.call("peer.rename", peer="ada", name="eve", now=True)

    assert [each.result(40)["to"] for each in (at_work, waits)] == ["eve", "eve"]
    assert waits.result()["task"] == "answered"


@pytest.mark.parametrize("what", ["stop", "remove"])
def test_it_is_told_at_once_where_the_new_one_is_down_or_no_more(held: Team, others: ThreadPoolExecutor, what: str):
    asked = sent(held, others, "m-1")
    held.call("peer.rename", peer="ada", name="eve")

    held.call(f"peer.{what}", peer="eve")

    told = asked.result(10)
    assert (told["to"], told["waiting"], told["state"]) == (
        ("eve", True, "accepted") if what == "stop" else ("eve", False, "cancelled")
    )


def test_who_would_close_a_circle_under_its_new_name_is_told_and_so_is_who_waits(up: Team):
    circle = Circle(up)
    waits = circle.asks("bob", "ada", body="sleep 1000")
    up.call("peer.rename", peer="ada", name="eve", now=True)
    eventually(lambda: up.call("message.show", id="m-bob-ada")["state"] == "submitted")
    circle.tokens["eve"] = up.caller("eve")["PEERD_TOKEN"]
    eventually(lambda: up.show("eve")["activity"] == "busy")

    back = circle.ask("eve", "bob")

    assert back["notes"][0].startswith("bob waits for you: you cannot wait for this")
    assert waits.result(10)["notes"][0].startswith("eve asks you something first: ")
    assert up.log("delivery").count("ev=circle from=eve to=bob") == 1
