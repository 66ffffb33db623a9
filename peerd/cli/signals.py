"""Signals that end a command, heeded only where it waits: in between it finishes what it does, and loses nothing."""

from __future__ import annotations

import signal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import ExitStack
    from typing import TypeVar

    T = TypeVar("T")

ENDS = {
    signal.SIGINT: signal.default_int_handler,
    **dict.fromkeys((signal.SIGHUP, signal.SIGQUIT, signal.SIGTERM), signal.SIG_DFL),
}
"""With what is done about each where nobody said else."""


class Signals:
    """`told`: what the last that came asks for, SystemExit or KeyboardInterrupt."""

    def __init__(self) -> None:
        self.told: BaseException | None = None
        self._waits = False

    def take(self, end: ExitStack) -> None:
        """Up to that end. One that is ignored stays so."""
        for number, default in ENDS.items():
            if signal.getsignal(number) is default:
                end.callback(signal.signal, number, signal.signal(number, self._come))

    def while_waiting(self, wait: Callable[[], T]) -> T:
        """What comes of it. Raises what is told before it, or meanwhile."""
        self._waits = True
        try:
            if self.told is not None:
                raise self.told
            return wait()
        finally:
            self._waits = False

    def _come(self, number: int, _: object) -> None:
        self.told = KeyboardInterrupt() if number == signal.SIGINT else ended_by(number)
        if self._waits:
            self._waits = False
            raise self.told


def ended_by(number: int) -> SystemExit:
    """As a shell says it."""
    return SystemExit(128 + number)
