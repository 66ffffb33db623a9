"""What a pane shows, as text."""

import unicodedata

import msgspec


class Screen(msgspec.Struct, frozen=True):
    """A pane as a person sees it: lines without trailing blanks, cursor and width in cells, from the top left."""

    lines: tuple[str, ...]
    cursor_x: int
    cursor_y: int
    width: int = 0  # 0: not known

    def full(self, row: int, but_for: int = 0) -> bool:
        """Whether the line is filled to the right edge, `but_for` so many cells: a text there may go on in the next."""
        return 0 < self.width <= sum(map(_cells, self.lines[row])) + but_for


def _cells(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
