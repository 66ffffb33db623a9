"""Reading a command's words: argparse, with errors that are ours and the options that commands share."""

from __future__ import annotations

import argparse
import os

from peerd.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, NoReturn

TIMEOUT_MAX_S = 7 * 86400
AHEAD_MAX_S = 366 * 86400
AGE_MAX_DIGITS = 6
HIDDEN = argparse.SUPPRESS
"""As the help of an option that is taken and not told of."""

VERBATIM = "\0"
"""Marks a word after `--` while argparse reads: no word of a command line can hold it."""


class Parser(argparse.ArgumentParser):
    """Raises UsageError instead of ending the process. Options may stand before, between and after the rest; what
    comes after `--` is taken as it is, even another `--`."""

    def __init__(self, prog: str, description: str) -> None:
        sentence = f"{description[0].upper()}{description[1:]}."
        super().__init__(prog=prog, description=sentence, allow_abbrev=False, formatter_class=_formatter)

    def parsed(self, words: Sequence[str]) -> argparse.Namespace:
        first = words.index("--") if "--" in words else len(words)
        verbatim = [VERBATIM + word if word.startswith("-") else word for word in words[first + 1 :]]
        found = self._found([*words[:first], *verbatim])
        return argparse.Namespace(**{name: _plain(value) for name, value in vars(found).items()})

    def _found(self, words: list[str]) -> argparse.Namespace:
        """Options amid the rest need argparse's second, slower way; it is taken where the first one does not do."""
        try:
            return self.parse_args(words)
        except UsageError:
            return self.parse_intermixed_args(words)

    def error(self, message: str) -> NoReturn:
        raise UsageError(
            f"{message.replace(VERBATIM, '')}\n{self.format_usage().rstrip()}\n"
            f"`{self.prog} --help` tells more. Put -- before words that begin with a dash and are not options."
        )


def _formatter(prog: str) -> argparse.HelpFormatter:
    """argparse makes one for every option it is told of; left to itself it loads shutil to measure the terminal."""
    return argparse.HelpFormatter(prog, width=_width())


def _width() -> int:
    try:
        return os.get_terminal_size().columns - 2
    except OSError:
        return 78


def _plain(value: Any) -> Any:
    return value.removeprefix(VERBATIM) if isinstance(value, str) else value


def json_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON; errors too, on stderr")


def timeout_option(parser: argparse.ArgumentParser, default_s: float) -> None:
    parser.add_argument(
        "--timeout",
        type=_seconds,
        default=default_s,
        metavar="S",
        help=f"how long to wait, in seconds (default {default_s:g})",
    )


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1
    if not 0 <= seconds <= TIMEOUT_MAX_S:
        raise argparse.ArgumentTypeError(f"{text!r}: give seconds, from 0 to {TIMEOUT_MAX_S} (a week)")
    return seconds


UNITS_S = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
MOMENT = "T: a time (2026-01-02T03:04:05Z), or from now on (90s, 10m, 2h, 7d; a number alone is seconds)"


def moment(text: str) -> tuple[str, float | str]:
    """`_s` and seconds from now on, or `_at` and a time; whether that is one the daemon says."""
    if text[:4].isdecimal() and "T" in text:
        return "_at", text
    try:
        seconds = float(text[:-1]) * UNITS_S[text[-1]] if text[-1:] in UNITS_S else float(text)
    except ValueError:
        seconds = -1.0
    if not 0 < seconds <= AHEAD_MAX_S:
        raise argparse.ArgumentTypeError(
            f"{text!r}: give 90s, 10m, 2h, 7d, more than 0, or a time (2026-01-02T03:04:05Z)"
        )
    return "_s", seconds


def age(text: str) -> float:
    """`30d`, `12h`, `90m` or `0s` as seconds."""
    number, unit = text[:-1], UNITS_S.get(text[-1:])
    if unit is None or not number.isascii() or not number.isdecimal() or len(number) > AGE_MAX_DIGITS:
        raise argparse.ArgumentTypeError(f"{text!r}: give a number and d, h, m or s, such as 30d")
    return int(number) * unit


def seconds(text: str) -> float:
    """More than none."""
    found = _seconds(text)
    if found == 0:
        raise argparse.ArgumentTypeError("0: give more than 0 seconds")
    return found
