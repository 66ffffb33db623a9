"""Whether a pattern of `re` matches, told within a limit of time.

Owns SIGPROF and the timer behind it, which goes by the time of this process's own work. `re` heeds signals while it
matches, and what a handler raises ends it. For the main thread alone: no other is told of signals.
"""

import signal
from types import FrameType

from peerd.model.rule import compiled

WITHIN_S = 0.05
"""Nothing else happens meanwhile. A pattern of a few words is matched in less than a millisecond. Over a text of many
KiB it takes longer, for signals are heeded each 4096 steps: 0.2 s was measured, and 0.75 s at worst."""


def is_whole(pattern: str, text: str) -> bool:
    """Raises TimeoutError where that is not told in time: what a runtime asks for can be made to take for ever.

    A signal may come late, when it would end something else; and one may be lost, to what the interpreter does in the
    middle of a match: another follows."""
    matching = True

    def late(_: int, __: FrameType | None) -> None:
        if matching:
            raise TimeoutError(f"{pattern!r} took longer than {WITHIN_S} s")

    match = compiled(pattern).fullmatch
    signal.signal(signal.SIGPROF, late)
    signal.setitimer(signal.ITIMER_PROF, WITHIN_S, WITHIN_S)
    try:
        try:
            return match(text) is not None
        finally:
            matching = False
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
