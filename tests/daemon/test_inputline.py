"""What is an input line that holds our message, and what is not."""

import pytest

from peerd.adapter import Keys, Reading
from peerd.daemon.inputline import closed, holds
from peerd.model.landing import exactly
from peerd.model.message import Hold
from peerd.model.peer import Activity

OURS = "peerd_run m-1 1 operator"
LINE = Keys(pastes=(f" {OURS}",), landed=exactly(OURS))


@pytest.mark.parametrize(
    ("reading", "held"),
    [
        (Reading(Activity.IDLE, composer=OURS), True),
        (Reading(Activity.IDLE, composer=f" {OURS} "), True),
        (Reading(Activity.IDLE, composer=f"touch TYPED; {OURS}"), False),
        (Reading(Activity.IDLE, composer=f"{OURS} and more"), False),
        (Reading(Activity.IDLE, composer=f"{OURS}{OURS}"), False),
        (Reading(Activity.IDLE, composer=""), False),
        (Reading(Activity.BUSY, composer=OURS), False),
        (Reading(Activity.UNKNOWN, composer=OURS), False),
        (Reading(Activity.IDLE, composer=OURS, dialog="Trust?"), False),
        (Reading(Activity.IDLE), False),
    ],
    ids=["alone", "blanks", "before", "after", "twice", "empty", "busy", "unknown", "dialog", "none"],
)
def test_only_an_idle_line_that_holds_the_message_alone_gets_an_enter(reading: Reading, held: bool):
    assert holds(reading, LINE.landed) is held


@pytest.mark.parametrize(
    ("reading", "why"),
    [
        (Reading(Activity.IDLE, composer=""), None),
        (Reading(Activity.IDLE), Hold.BUSY),
        (Reading(Activity.BUSY, composer=""), Hold.BUSY),
        (Reading(Activity.UNKNOWN, composer=""), Hold.UNKNOWN_SCREEN),
        (Reading(Activity.BLOCKED, dialog="Trust this folder?"), Hold.DIALOG),
        (Reading(Activity.BLOCKED, dialog="Run rm?", prompt=True), Hold.PROMPT),
    ],
    ids=["empty", "no line", "busy", "unknown", "dialog", "prompt"],
)
def test_what_is_no_input_line_is_said(reading: Reading, why: Hold | None):
    assert closed(reading) is why
