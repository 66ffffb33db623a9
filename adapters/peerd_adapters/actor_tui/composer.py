"""The text being composed: what was typed as it is, a long paste as a placeholder that names its message."""

from typing import NamedTuple

from peerd.model.envelope import parse
from peerd_adapters.actor_tui.decode import Pasted

ONE_LINE_CHARS = 160
"""A paste up to this long without a newline is shown as if typed."""


class Piece(NamedTuple):
    """Part of the composer: what it holds, and how that is shown."""

    text: str
    shown: str


class Composer:
    def __init__(self) -> None:
        self._pieces: list[Piece] = []
        self.pasted = False  # since it was last empty

    def __bool__(self) -> bool:
        return bool(self._pieces)

    @property
    def shown(self) -> str:
        return "".join(piece.shown for piece in self._pieces)

    @property
    def text(self) -> str:
        return "".join(piece.text for piece in self._pieces)

    def type(self, text: str) -> None:
        self._pieces += [Piece(char, _visible(char)) for char in text]

    def paste(self, pasted: Pasted) -> None:
        """Carriage returns become newlines: some terminals send those in a paste."""
        text = pasted.data.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
        self.pasted = True
        if "\n" in text or len(text) > ONE_LINE_CHARS:
            self._pieces.append(Piece(text, placeholder(text, len(pasted.data))))
        else:
            self.type(text)

    def backspace(self) -> None:
        """Takes back a character, or a placeholder whole."""
        del self._pieces[-1:]

    def clear(self) -> None:
        self._pieces.clear()
        self.pasted = False

    def take(self) -> str:
        text = self.text
        self.clear()
        return text


def placeholder(text: str, size_bytes: int) -> str:
    read = parse(text)
    return f"[pasted {size_bytes} bytes, id {read.id}]" if read else f"[pasted {size_bytes} bytes]"


def _visible(char: str) -> str:
    match char:
        case "\n":
            return "↵"
        case "\t":
            return "⇥"
        case _:
            return char if char.isprintable() else "·"
