"""Some ten thousand inputs for what reads what others wrote; `just fuzz` has as many as one likes."""

import signal
from random import Random

import pytest

from tests.fuzz import running
from tests.fuzz.running import begin, run

SEED = 7


def wrong_with(target: str, inputs: int, session: str | None = None) -> list[str]:
    outcome = begin(target, SEED, inputs, session=session).outcome()
    assert outcome.inputs >= inputs or outcome.faults
    return outcome.faults


@pytest.mark.parametrize("session", [None, "s-ada"], ids=["from outside", "from a session"])
def test_whatever_a_client_says_it_is_answered_and_taken_for_nobody_else(session: str | None):
    assert wrong_with("socket", 3000, session) == []


def test_whatever_is_in_a_message_its_reader_learns_who_sent_what():
    assert wrong_with("envelope", 3000) == []


def test_whatever_is_logged_is_one_line_and_whatever_is_in_a_log_can_be_read():
    assert wrong_with("logfmt", 2000) == []


@pytest.mark.tmux
def test_whatever_a_daemon_is_asked_it_goes_on_and_keeps_no_message_as_anothers():
    assert wrong_with("daemon", 500) == []


class Odd:
    """Goes wrong with its first input, breaks at its second, hangs at its third."""

    def __init__(self) -> None:
        self.inputs = 0

    def one(self, chance: Random) -> tuple[int, list[str]]:
        self.inputs += 1
        if self.inputs == 2:
            raise ValueError("broken")
        if self.inputs == 3:
            signal.pause()
        return 1, ["wrong"] if self.inputs == 1 else []

    def close(self) -> list[str]:
        return ["left"]


def test_what_goes_wrong_breaks_or_hangs_is_told_with_its_number(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(running.TARGETS, "odd", Odd)
    monkeypatch.setattr(running, "HANGS_S", 0.1)
    before = signal.signal(signal.SIGALRM, running._hangs)
    try:
        outcome = run("odd", seed=1, inputs=4, first=10, step=5)
    finally:
        signal.signal(signal.SIGALRM, before)

    told = [each.splitlines()[-1] for each in outcome.faults]
    assert told == [
        "10: wrong",
        "ValueError: broken",
        "TimeoutError: nothing came of it in 0.1 s",
        "in the end: left",
    ]
    assert outcome.slowest == 20


def test_a_process_that_dies_is_told():
    outcome = begin("no-such-target", SEED, 1).outcome()

    assert "no-such-target 7 1 0 1 died with 1" in outcome.faults[0]
