"""A terminal while a text is typed there: read key by key. Line by line it keeps 4095 bytes of each, drops the rest
without a word (`man termios`), and marks no paste."""

from __future__ import annotations

import codecs
import fcntl
import os
import select
import signal
import struct
import sys
import termios
from collections import deque
from contextlib import ExitStack, suppress
from typing import NamedTuple

from peerd.cli.line_edit import PASTES_MARKED, PASTES_UNMARKED, Typed
from peerd.cli.modes import Modes
from peerd.cli.signals import Signals, ended_by

PASTE_S = 0.05
"""A paste comes in parts; where it is not marked, what comes so soon after another is one of them."""

MARKED_PASTE_S = 1.0
"""The rest of one that is marked is waited for that long: its end is marked, too."""

KEY_S = 0.1
"""The rest of a key that is longer than Esc comes sooner than a person types the next."""

LINE_MAX_BYTES = 4095


class Line(NamedTuple):
    """`pasted`: some of it, as the terminal says. `at_once`: it came with the line before it, as does a paste that the
    terminal does not mark."""

    text: str
    pasted: bool
    at_once: bool


class Keyboard:
    """Of stdin, a terminal; as a context, after which that is as it was, as it is while the command is suspended.
    Where it waits for more it ends as a signal says, SIGHUP and SIGTERM and SIGQUIT by SystemExit."""

    def __init__(self) -> None:
        self._fd = sys.stdin.fileno()
        self._modes = Modes(self._fd)
        self._encoding = sys.stdin.encoding
        self._decoder = codecs.getincrementaldecoder(self._encoding)("surrogateescape")
        self._typed = Typed(self._modes.keys)
        self._ahead: deque[str] = deque()
        self._prompt = ""
        self._signals = Signals()
        self._end = ExitStack()

    def __enter__(self) -> Keyboard:
        with ExitStack() as end:
            self._screen = _screen_of(self._fd, end)
            end.callback(self._mark, PASTES_UNMARKED)  # last: it waits where the terminal takes nothing
            self._signals.take(end)
            for each, handler in ((signal.SIGTSTP, self._suspend), (signal.SIGCONT, self._resume)):
                if signal.getsignal(each) is signal.SIG_DFL:
                    end.callback(signal.signal, each, signal.signal(each, handler))
            end.callback(self._modes.give_back)
            self._take()
            self._before = _unread(self._fd)  # at once: what comes from now on is not cut
            self._mark(PASTES_MARKED)
            self._end = end.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is KeyboardInterrupt:
            self._write("^C\n")
        elif kind is not None:
            self.end_line()
        self._end.close()

    @property
    def told(self) -> BaseException | None:
        """What a signal asks for that came while nothing more was waited for."""
        return self._signals.told

    @property
    def rest(self) -> str:
        """What was typed of a line that was not ended."""
        return "" if self._typed.ended else self._typed.text

    def end_line(self) -> None:
        """What is shown next has a line of its own, where one was not ended."""
        if self.rest:
            self._write("\n")

    def line(self, prompt: str = "") -> Line | None:
        """The next. None where the end of the file was typed."""
        if self._typed.over:
            return None
        at_once, typed = self.is_rushed(), self._typed
        typed.next_line()
        sys.stdout.flush()
        self._prompt = prompt
        self._show(prompt)
        while not self._is_over():
            if not self._ahead:
                self._fill()
            self._show(self._next())
            self._obey()
        return None if typed.over else Line(typed.text, typed.pasted, at_once)

    def is_rushed(self) -> bool:
        """Whether what comes next comes at once, and not in a paste that is marked."""
        return not self._typed.marks and self.waits()

    def waits(self, within_s: float = 0.0) -> bool:
        """Whether something was typed that was not read yet."""
        ready = self._signals.while_waiting
        return bool(self._ahead) or bool(ready(lambda: select.select([self._fd], [], [], within_s)[0]))

    def forget(self) -> bool:
        """Throws away what was typed and not read yet, lines that were not ended too, and what comes with it. Whether
        there was any."""
        found = False
        while self.waits(MARKED_PASTE_S if self._typed.pasting else PASTE_S):
            found = True
            if not self._ahead:
                self._fill()
            while self._ahead:
                self._next()
                self._obey()
                self._typed.next_line()
        return found

    def read_ahead(self) -> bool:
        """Takes what was typed before it was read key by key; the end of a file is a NUL in it. Whether it is whole."""
        data = os.read(self._fd, self._before) if self._before else b""
        self._ahead.extend(self._decoder.decode(data.replace(b"\0", self._typed.keys.end_of_file.encode())))
        return all(len(line) < LINE_MAX_BYTES for line in data.split(b"\n"))

    def _next(self) -> str:
        """As much of the line as there is: what is to be shown of it."""
        shown = []
        while self._ahead and not (self._is_over() or self._typed.asks):
            shown.append(self._typed.take(self._ahead.popleft()))
        return "".join(shown)

    def _obey(self) -> None:
        """As the terminal has it by itself: all hear it that are in the foreground."""
        number, self._typed.asks = self._typed.asks, None
        if number is not None:
            os.kill(0, number)
            self._signals.while_waiting(lambda: None)

    def _is_over(self) -> bool:
        return self._typed.ended or self._typed.over

    def _fill(self) -> None:
        """Waits for more. A terminal that is gone ends nothing that was typed there: SystemExit, as by its SIGHUP,
        which may come later."""
        silent = self._typed.pasting and not self.waits(MARKED_PASTE_S)
        if self._typed.is_in_a_key and not self.waits(KEY_S):
            self._typed.end_key()
        data = b""
        with suppress(OSError):
            data = self._signals.while_waiting(self._read)
        if not data:
            raise ended_by(signal.SIGHUP)
        text = self._decoder.decode(data)
        if silent and text in self._typed.keys.signals:
            self._typed.break_off_paste()  # its end was lost: a person is to get out of it
        self._ahead.extend(text)

    def _read(self) -> bytes:
        """Also where another program has set it not to wait."""
        while True:
            with suppress(BlockingIOError):
                return os.read(self._fd, 1 << 16)
            select.select([self._fd], [], [])

    def _show(self, text: str) -> None:
        self._signals.while_waiting(lambda: self._write(text))

    def _write(self, text: str) -> None:
        data = text.encode(self._encoding, "replace")
        with suppress(OSError):  # it is gone, too
            while data:
                data = data[os.write(self._screen, data) :]

    def _take(self) -> None:
        self._modes.take(lambda: self.told is not None)
        self._typed.keys = self._modes.keys

    def _mark(self, whether: str) -> None:
        if self._modes.are_ours_to_set and os.environ.get("TERM", "dumb") != "dumb":
            self._write(whether)

    def _resume(self, *_: object) -> None:
        if self.told is None:
            self._take()
            self._mark(PASTES_MARKED)

    def _suspend(self, number: int, _: object) -> None:
        self._mark(PASTES_UNMARKED)
        self._modes.give_back()
        here = signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
        signal.signal(number, here)
        self._typed.break_off_paste()
        self._resume()
        if self.told is None:
            self._write(f"{self._prompt}{self._typed.as_shown}")


def typed_text() -> tuple[str, bool]:
    """All that is typed up to the end of the file; whether the terminal cut none of it before it was read here."""
    with Keyboard() as keyboard:
        whole, lines = keyboard.read_ahead(), list[str]()
        while (line := keyboard.line()) is not None:
            lines.append(f"{line.text}\n")
        keyboard.end_line()
    if keyboard.told is not None:
        raise keyboard.told
    return "".join([*lines, keyboard.rest]), whole


def _screen_of(fd: int, end: ExitStack) -> int:
    """Where to show what is typed, also where stdin was opened to be read alone."""
    try:
        screen = os.open(os.ttyname(fd), os.O_WRONLY | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError:
        return fd
    end.callback(os.close, screen)
    return screen


def _unread(fd: int) -> int:
    (count,) = struct.unpack("i", fcntl.ioctl(fd, termios.FIONREAD, bytes(4)))
    return int(count)
