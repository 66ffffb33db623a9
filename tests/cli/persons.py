"""What a person at a terminal does with `peerd inbox`, and what came of it."""

import termios
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.cli.stub import Stub
from tests.terminal import PROMPT, Terminal

ASKS = "your answer (end it with"


def answers(daemon: Stub) -> list[tuple[Any, Any]]:
    return [(params["reply_to"], params["body"]) for method, params in daemon.asked if method == "message.send"]


def drafts(env: Mapping[str, str]) -> list[str]:
    return [path.read_text("utf-8", "surrogateescape") for path in Path(env["TMPDIR"]).iterdir()]


def begun(env: Mapping[str, str], *words: str) -> Terminal:
    """It stands at the first question."""
    person = Terminal(env, "inbox", *words)
    person.until(PROMPT)
    return person


def to_the_second(person: Terminal) -> None:
    """No more is answered."""
    person.until(ASKS, 2)
    person.type("\n")
    assert person.end() == 0


def modes(person: Terminal) -> int:
    flags: int = termios.tcgetattr(person.fd)[3]
    return flags & (termios.ICANON | termios.ECHO)
