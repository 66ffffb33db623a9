"""What a pane shows, as text."""

import msgspec


class Screen(msgspec.Struct, frozen=True):
    """A pane as a person sees it: lines without trailing blanks, cursor in cells from the top left."""

    lines: tuple[str, ...]
    cursor_x: int
    cursor_y: int
