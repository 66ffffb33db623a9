"""A bash at work: the facts its messages leave, and sending one to its end."""

from collections.abc import Callable
from typing import Any

from peerd.model.fact import Fact, Submitted, TurnBegan, TurnEnded
from peerd.model.message import MessageId
from tests.adapters.terminal import Seat
from tests.eventually import eventually

Wake = Callable[..., Seat]


def turn(id: str, status: int | None, attempt: int = 1) -> list[Fact]:
    """The facts of one message that was run."""
    message = MessageId(id)
    return [TurnBegan(), Submitted(message, attempt), TurnEnded(message, status)]


def human(status: int) -> list[Fact]:
    return [TurnBegan(), TurnEnded(None, status)]


def run(shell: Seat, body: str, id: str = "m-1", **fields: Any) -> str:
    """Send, wait for its end and the prompt, and return its last words."""
    before = len(shell.facts())
    message = shell.send(body, id, **fields)
    eventually(lambda: len(shell.facts()) == before + 3 and shell.composer() == "")
    words = shell.adapter.last_words(shell.screen(), message)
    assert words is not None
    return words
