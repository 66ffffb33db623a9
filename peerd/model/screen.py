"""What a pane shows, as text."""

import re
import unicodedata
from typing import Final

import msgspec

FRAME: Final = re.compile(r"[\u2500-\u259f]+")


class Screen(msgspec.Struct, frozen=True):
    """A pane as a person sees it: lines without trailing blanks, cursor and width in cells, from the top left."""

    lines: tuple[str, ...]
    cursor_x: int
    cursor_y: int
    width: int = 0  # 0: not known

    def full(self, row: int, but_for: int = 0) -> bool:
        """Whether the line is filled to the right edge, `but_for` so many cells: a text there may go on in the next."""
        return 0 < self.width <= sum(map(_cells, self.lines[row])) + but_for


def last_said(lines: tuple[str, ...], rows: int, chars: int) -> str:
    """The last rows as one line of so many characters at most, without blank ones and the frames around them."""
    bare = (" ".join(FRAME.sub(" ", line).split()) for line in lines)
    said = " / ".join([row for row in bare if row][-rows:])
    return said if len(said) <= chars else f"…{said[1 - chars :]}"


def _cells(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
