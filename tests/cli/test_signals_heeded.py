"""A signal ends a command where it waits; what it does in between it finishes."""

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from peerd.cli.signals import Signals


@pytest.fixture
def signals() -> Iterator[Signals]:
    taken = Signals()
    with ExitStack() as end:
        taken.take(end)
        yield taken


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM, signal.SIGQUIT])
def test_one_ends_what_waits(signals: Signals, number: signal.Signals):
    with pytest.raises(SystemExit) as ended:
        signals.while_waiting(lambda: os.kill(os.getpid(), number))

    assert ended.value.code == 128 + number


def test_one_that_comes_before_it_waits_ends_it_there(signals: Signals):
    os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(SystemExit):
        signals.while_waiting(lambda: pytest.fail("it waits"))


def test_those_that_come_after_it_waited_break_nothing_off(signals: Signals):
    with pytest.raises(KeyboardInterrupt):
        signals.while_waiting(lambda: os.kill(os.getpid(), signal.SIGINT))

    os.kill(os.getpid(), signal.SIGINT)
    os.kill(os.getpid(), signal.SIGTERM)

    assert isinstance(signals.told, SystemExit)


def test_one_that_is_ignored_ends_nothing():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with ExitStack() as end:
            signals = Signals()
            signals.take(end)
            signals.while_waiting(lambda: os.kill(os.getpid(), signal.SIGHUP))
    finally:
        signal.signal(signal.SIGHUP, before)

    assert signals.told is None
