"""Enter is pressed only at an input line that is seen to hold the message, and nothing but the message."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from peerd.adapter import Keys, Reading
from peerd.core.action import Deliver
from peerd.daemon import submit
from peerd.daemon.outcome import Unconfirmed
from peerd.model.landing import exactly
from peerd.model.peer import Activity
from tests.build import ADA, M1, S1
from tests.daemon.test_heard_on_boot import live

HOLDS = Reading(Activity.IDLE, composer="the message")


@pytest.mark.parametrize(
    ("reading", "keys"),
    [
        (HOLDS, ["Enter"]),
        (Reading(Activity.BLOCKED, dialog="Allow it?", prompt=True), []),
        (Reading(Activity.BLOCKED, composer="the message", dialog="Allow it?", prompt=True), []),
        (Reading(Activity.BLOCKED, dialog="Which one?"), []),
        (Reading(Activity.BUSY, composer="the message"), []),
        (Reading(Activity.UNKNOWN), []),
        (Reading(Activity.IDLE, composer="the message, and a draft"), []),
    ],
    ids=["alone", "a prompt", "a prompt over it", "a dialog", "a turn", "a screen nobody knows", "a draft"],
)
def test_a_message_is_entered_only_where_it_stands_alone_at_the_last_look(
    monkeypatch: pytest.MonkeyPatch, reading: Reading, keys: list[str]
):
    monkeypatch.setattr(submit, "SUBMIT_WITHIN_S", 0.0)
    pressed: list[str] = []

    async def press(key: str) -> None:
        pressed.append(key)

    async def read() -> Reading:
        return reading

    session: Any = live()
    session.adapter = SimpleNamespace(confirms="journal")
    typed = Keys(pastes=("the message",), landed=exactly("the message"), window_s=0.0)
    line: Any = SimpleNamespace(live=session, read=read, keys=typed, pane=SimpleNamespace(press=press))
    daemon: Any = SimpleNamespace()

    outcome = asyncio.run(submit.submit(daemon, line, Deliver(ADA, S1, M1, 1)))

    assert (pressed, type(outcome)) == (keys, Unconfirmed)
