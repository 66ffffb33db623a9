"""An actor at work: the facts its turns leave, what it recorded, and a daemon for it to talk to."""

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from peerd.model.fact import Fact, Submitted, TurnBegan, TurnEnded
from peerd.model.message import MessageId
from tests.adapters.stub import StubDaemon
from tests.adapters.terminal import Seat

Wake = Callable[..., Seat]


def turn(last: str, id: str | None = "m-1", attempt: int = 1) -> list[Fact]:
    message = MessageId(id) if id else None
    begun: list[Fact] = [Submitted(message, attempt)] if message else []
    return [*begun, TurnBegan(), TurnEnded(message, None, last)]


def daemon_of(actor: Seat, **answers: Any) -> closing[StubDaemon]:
    return closing(StubDaemon(str(actor.root / "d"), **answers))


def records(actor: Seat) -> list[dict[str, Any]]:
    file = Path(actor.root, "record.jsonl")
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def taken(actor: Seat, n: int) -> str:
    return Path(actor.root, "record.d", str(n)).read_bytes().decode()
