"""What commands print: facts on stdout, words for a person on stderr."""

from __future__ import annotations

import json
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TextIO

    from peerd.errors import PeerdError

OVERRIDES = (*range(0x202A, 0x202F), *range(0x2066, 0x206A))  # of the direction of what follows (UAX #9)
CONTROL = {
    code: "\N{REPLACEMENT CHARACTER}" for code in (*range(32), *range(127, 160), *OVERRIDES) if chr(code) not in "\t\n"
}
"""What a terminal would obey instead of showing it."""


def json_line(value: Any) -> str:
    """One line of ASCII, whatever the locale."""
    return json.dumps(value)


def print_json(value: Any) -> None:
    print(json_line(value))


def nowhere() -> None:
    """What is left to be written to stdout is dropped: Python's own last flush must not complain of it."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())
    os.close(null)


def dropped() -> None:
    """So is it here, but what is printed after it is tried anew."""
    real = os.dup(sys.stdout.fileno())
    nowhere()
    sys.stdout.flush()
    os.dup2(real, sys.stdout.fileno())
    os.close(real)


class Unfailing:
    """stdout of a command that changes something: where it takes nothing, as on a full disk, the command goes on, and
    what it prints is dropped from then on. A reader that is gone ends it as it ends others."""

    def __init__(self, stdout: TextIO) -> None:
        self._stdout = stdout
        self.lost: OSError | None = None

    def write(self, text: str) -> int:
        self._try(lambda: self._stdout.write(text))
        return len(text)

    def flush(self) -> None:
        self._try(self._stdout.flush)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stdout, name)

    def _try(self, write: Callable[[], Any]) -> None:
        try:
            write()
        except BrokenPipeError:
            raise
        except OSError as error:
            self.lost = error
            nowhere()


def reads_a_terminal() -> bool:
    """Python has no stdin where that was closed, as by `<&-`."""
    return sys.stdin is not None and sys.stdin.isatty()


def print_text(text: str) -> None:
    """Somebody else's text: whole where a program reads it, without control characters where a terminal does.
    Ends with a newline, its own if it has one."""
    if sys.stdout.isatty():
        text = text.translate(CONTROL)
    encoding = sys.stdout.encoding or "utf-8"
    shown = text.encode(encoding, "backslashreplace").decode(encoding)
    print(shown, end="" if shown.endswith("\n") else "\n", flush=True)


def say_error(error: PeerdError, *, as_json: bool) -> None:
    print(told(error) if as_json else f"peerd: {error}", file=sys.stderr)


def told(error: PeerdError) -> str:
    """As JSON."""
    fields = {"kind": error.kind, "message": str(error), "exit": error.exit_code}
    retry = {} if error.retry_s is None else {"retry_s": error.retry_s}
    return json_line({"error": fields | retry})


def say(text: str) -> None:
    print(f"peerd: {text}", file=sys.stderr)
