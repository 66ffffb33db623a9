"""What is out of bounds is refused before anything is stored, whichever way it is sent."""

from collections.abc import Callable
from typing import Any

import pytest

from peerd.errors import UsageError
from tests.live.conftest import Team

pytestmark = pytest.mark.tmux

MIB = 1 << 20
WAYS: dict[str, Callable[[Team, str, str], Any]] = {
    "send": lambda team, id, body: team.call("message.send", to="ada", body=body, id=id),
    "reply": lambda team, id, body: team.call("message.send", reply_to="q-1", body=body, id=id),
    "wake": lambda team, id, body: team.call("peer.wake", peer="ada", task=body, task_id=id),
}


@pytest.fixture
def asked(up: Team) -> Team:
    """ada was asked something, and sleeps."""
    up.add("ada", "actor")
    up.call("queue.pause", peer="ada")
    up.call("message.send", to="ada", body="well?", id="q-1", wait="accepted")
    up.call("message.cancel", id="q-1")
    return up


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("id", "body"),
    [
        ("m-1", "x" * (MIB + 1)),
        ("m-1", "é" * (MIB // 2) + "x"),
        ("m-1", " \n\t"),
        ("m-1", "\x03 \x1b\n"),
        ("-m", "hello"),
        ("m" * 65, "hello"),
        ("m\u202e1", "hello"),
    ],
    ids=["body", "body in bytes", "empty", "control characters", "id begins", "id length", "id format character"],
)
def test_no_way_lets_it_in(asked: Team, way: str, id: str, body: str):
    before = [each["id"] for each in asked.call("message.list")["messages"]]

    with pytest.raises(UsageError):
        WAYS[way](asked, id, body)

    assert [each["id"] for each in asked.call("message.list")["messages"]] == before
    assert asked.show("ada")["phase"] == "asleep"


@pytest.mark.parametrize(
    "topic", ["x" * 201, "a\nb", "a\x1b[2J", "a\x00", "\u202egnp", "a\u200bb", "\x9b", " ", "a\u2028b", "\ufeff"]
)
@pytest.mark.parametrize("field", ["topic", "key"])
def test_a_topic_or_a_key_is_a_line_of_what_can_be_seen(asked: Team, topic: str, field: str):
    with pytest.raises(UsageError):
        asked.call("message.send", to="ada", body="hello", id="m-1", **{field: topic})

    assert asked.store().receipt("m-1") is None  # type: ignore[arg-type]


def test_what_is_just_within_them_is_taken(asked: Team):
    sent = asked.call(
        "message.send", to="ada", body="x" * MIB, id="m" * 64, topic="ü" * 200, key="k" * 64, wait="accepted"
    )

    assert sent["state"] == "accepted"
