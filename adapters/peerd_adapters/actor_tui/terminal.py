"""The terminal: raw mode while it is held, frames drawn in place on the main screen, so that what was said scrolls
into the history. Restored when left, also by a signal."""

import os
import termios
from contextlib import suppress
from typing import Any

from peerd_adapters.actor_tui.frame import Frame, clipped

BRACKETED_PASTE_ON = "\x1b[?2004h"
BRACKETED_PASTE_OFF = "\x1b[?2004l"
NO_WRAP, WRAP = "\x1b[?7l", "\x1b[?7h"
SIZE_WITHOUT_TERMINAL = os.terminal_size((80, 24))
SAID_LINES_MAX = 200
"""Kept to draw a resized screen anew."""


class Terminal:
    def __init__(self) -> None:
        self._cooked: list[Any] | None = None
        self._drawn: Frame | None = None
        self._said: list[str] = []
        self.held = False
        self.size = SIZE_WITHOUT_TERMINAL

    def hold(self) -> None:
        """Raw mode and bracketed paste; what was typed before is dropped."""
        with suppress(termios.error):
            self._cooked = termios.tcgetattr(0)
            raw = termios.tcgetattr(0)
            raw[0] &= ~(termios.BRKINT | termios.ICRNL | termios.INPCK | termios.ISTRIP | termios.IXON)
            raw[1] &= ~termios.OPOST
            raw[3] &= ~(termios.ECHO | termios.ICANON | termios.IEXTEN | termios.ISIG)
            termios.tcsetattr(0, termios.TCSAFLUSH, raw)
        self.held = True
        self.measure()
        _write(BRACKETED_PASTE_ON)

    def let_go(self) -> None:
        """As it was found, the cursor below what was drawn. Harmless where the terminal is gone."""
        if not self.held:
            return
        self.held = False
        down = len(self._drawn.lines) - 1 - self._drawn.row if self._drawn else 0
        with suppress(OSError, termios.error):
            _write(BRACKETED_PASTE_OFF + WRAP + "\r\n" * (down + 1))
            if self._cooked is not None:
                termios.tcsetattr(0, termios.TCSADRAIN, self._cooked)

    def measure(self) -> None:
        with suppress(OSError):
            self.size = os.get_terminal_size(1)

    def redraw(self) -> None:
        """After the size changed: nothing that is on the screen can be relied on."""
        self.measure()
        self._drawn = None
        rows = self.size.lines - 8
        _write("\x1b[H\x1b[2J" + "".join(f"{line}\r\n" for line in self._said[-rows:]))

    def draw(self, frame: Frame, said: list[str]) -> None:
        """Put `said` above the frame and the frame under it. Writes nothing where nothing changed."""
        if not said and frame == self._drawn:
            return
        lines = [clipped(line, self.size.columns) for line in said]
        up = f"\x1b[{self._drawn.row}A" if self._drawn and self._drawn.row else ""
        rise = len(frame.lines) - 1 - frame.row
        _write(
            f"{NO_WRAP}\r{up}\x1b[J"
            + "".join(f"{line}\r\n" for line in lines)
            + "\r\n".join(frame.lines)
            + (f"\x1b[{rise}A" if rise else "")
            + f"\r\x1b[{frame.column}C{WRAP}"
        )
        self._drawn = frame
        self._said = [*self._said, *lines][-SAID_LINES_MAX:]


def _write(text: str) -> None:
    data = text.encode("utf-8", "replace")
    while data:
        data = data[os.write(1, data) :]
