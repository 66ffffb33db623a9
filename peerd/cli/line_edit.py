"""What is typed at a terminal, decided from what comes of it: lines of any length. Where the terminal marks a paste
(bracketed paste), all of that is text, its newlines too."""

from __future__ import annotations

import re
import signal
import unicodedata
from typing import NamedTuple

from peerd.cli.output import CONTROL

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

PASTES_MARKED, PASTES_UNMARKED = "\x1b[?2004h", "\x1b[?2004l"
PASTE_BEGINS, PASTE_ENDS = "\x1b[200~", "\x1b[201~"

BEGINS_A_KEY = re.compile(r"\x1b(\[\[?[0-?]{0,30}[ -/]{0,2}|O)?")
KEY = re.compile(r"\x1b(\[\[?[0-?]{0,30}[ -/]{0,2}[@-~]|O.)")
"""One that stands for no character, as the arrows do: it does nothing (ECMA-48, 5.4)."""

TAB = "    "


class Keys(NamedTuple):
    """What the terminal has for them; "" is none. `stop` and `start` hold up what is shown, which waits for nobody
    here."""

    erase: str = "\x7f"
    word_erase: str = "\x17"
    kill: str = "\x15"
    end_of_file: str = "\x04"
    interrupt: str = "\x03"
    quit: str = "\x1c"
    suspend: str = "\x1a"
    stop: str = "\x13"
    start: str = "\x11"

    @property
    def signals(self) -> dict[str, signal.Signals]:
        """By the key that asks for each."""
        keys = ((self.interrupt, signal.SIGINT), (self.quit, signal.SIGQUIT), (self.suspend, signal.SIGTSTP))
        return {key: number for key, number in keys if key}


class Typed:
    """A line as it is typed. `pasted`: some of it was; `ended`: by its newline; `over`: by the end of the file.
    `marks`: the terminal has marked a paste. `asks`: the signal that a key stands for."""

    def __init__(self, keys: Keys) -> None:
        self.pasted = self.pasting = self.marks = self.ended = self.over = False
        self.asks: signal.Signals | None = None
        self.keys = keys
        self._chars: list[str] = []
        self._escape = ""
        self._pushed = 0

    @property
    def text(self) -> str:
        return "".join(self._chars)

    @property
    def as_shown(self) -> str:
        return "".join(map(shown, self._chars))

    @property
    def is_in_a_key(self) -> bool:
        """Or at its end: nothing but the time tells Esc from what a longer one begins with."""
        return bool(self._escape) and not self.pasting

    def end_key(self) -> None:
        self._escape = ""

    def next_line(self) -> None:
        self._chars, self._pushed = [], 0
        self.ended = self.over = self.pasted = False

    def break_off_paste(self) -> None:
        """Another reads meanwhile: the rest of a paste, and its end, too."""
        self.pasting = self.marks = False
        self._escape = ""

    def take(self, char: str) -> str:
        """What the terminal is to show for it."""
        whole, self._escape = self._escape + char, ""
        if whole[0] != "\x1b":
            return self._character(char)
        if whole == (PASTE_ENDS if self.pasting else PASTE_BEGINS):
            self.pasting, self.marks = not self.pasting, True
        elif PASTE_ENDS.startswith(whole) if self.pasting else BEGINS_A_KEY.fullmatch(whole):
            self._escape = whole
        elif self.pasting:
            return self._text(whole[:-1]) + self.take(char)
        elif not KEY.fullmatch(whole):
            return self.take(char)
        return ""

    def _character(self, char: str) -> str:
        if char in "\r\n":
            self.ended, self.pasted = True, self.pasted or self.pasting
            return "\n"
        return self._text(char) if self.pasting else self._key(char)

    def _key(self, char: str) -> str:
        keys = self.keys
        if char in keys.signals or char in (keys.stop, keys.start):
            self.asks = keys.signals.get(char)
            return ""
        if char in (keys.erase, "\x7f", "\b"):
            return self._cut_to(_without_last(self._chars))
        if char == keys.word_erase:
            return self._cut_to(_without_word(self.text))
        if char == keys.kill:
            return self._cut_to(0)
        if char == keys.end_of_file:
            self.over, self._pushed = self._pushed == len(self._chars), len(self._chars)
            return ""
        return self._text(char)

    def _text(self, chars: str) -> str:
        self.pasted = self.pasted or self.pasting
        self._chars += chars
        return "".join(map(shown, chars))

    def _cut_to(self, length: int) -> str:
        gone, self._chars = self._chars[length:], self._chars[:length]
        self._pushed = min(self._pushed, length)
        return "\b \b" * sum(cells(each) for char in gone for each in shown(char))


def shown(char: str) -> str:
    """What a terminal does not obey."""
    if char == "\t":
        return TAB
    if char < " " or char == "\x7f":
        return f"^{chr(ord(char) ^ 64)}"
    return "\N{REPLACEMENT CHARACTER}" if "\ud800" <= char <= "\udfff" else char.translate(CONTROL)


def cells(char: str) -> int:
    """Of one that is shown."""
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def _without_last(chars: Sequence[str]) -> int:
    """The length that is left. With the last that is seen go the accents on it."""
    at = len(chars) - 1
    while at > 0 and cells(chars[at]) == 0:
        at -= 1
    return max(at, 0)


def _without_word(text: str) -> int:
    words = text.rsplit(None, 1)
    return len(text.rstrip()) - len(words[-1]) if words else 0
