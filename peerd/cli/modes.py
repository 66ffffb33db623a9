"""The modes of a terminal that is read key by key: each byte as it was typed, and keys that ask for a signal are told
from pasted text here."""

from __future__ import annotations

import errno
import os
import termios
from contextlib import suppress

from peerd.cli.line_edit import Keys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

NONE = (b"\0", b"\xff")
"""What stands for no key (`_POSIX_VDISABLE`)."""

EDIT = {"erase": termios.VERASE, "word_erase": termios.VWERASE, "kill": termios.VKILL, "end_of_file": termios.VEOF}
SIGNAL = {"interrupt": termios.VINTR, "quit": termios.VQUIT, "suspend": termios.VSUSP}
FLOW = {"stop": termios.VSTOP, "start": termios.VSTART}


class Modes:
    """`keys`: what it has for them."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._as_it_was = termios.tcgetattr(fd)
        self._taken: list[Any] | None = None

    @property
    def keys(self) -> Keys:
        return keys_of(self._as_it_was)

    @property
    def are_ours_to_set(self) -> bool:
        """Not in the background. A terminal that controls nothing here is anybody's."""
        try:
            return os.tcgetpgrp(self._fd) == os.getpgrp()
        except OSError:
            return True

    def take(self, gives_up: Callable[[], bool]) -> None:
        """In the background it is stopped here (`man tcsetattr`), while a shell has its own modes: they are asked for
        anew once it goes on."""
        while not gives_up():
            try:
                found = termios.tcgetattr(self._fd)
                termios.tcsetattr(self._fd, termios.TCSANOW, by_keys(found))
            except termios.error as error:
                if error.args[0] != errno.EINTR:
                    return  # it is gone, which the next that is read tells
            else:
                return self._have_taken(found)

    def give_back(self) -> None:
        """Nothing in the background: it was given back before it came there."""
        while self.are_ours_to_set:
            try:
                return termios.tcsetattr(self._fd, termios.TCSANOW, self._as_it_was)
            except termios.error as error:
                if error.args[0] != errno.EINTR:
                    return None

    def _have_taken(self, found: list[Any]) -> None:
        """Those that were taken before are not how it was."""
        if found != self._taken:
            self._as_it_was = found
        with suppress(termios.error):
            self._taken = termios.tcgetattr(self._fd)


def by_keys(modes: list[Any]) -> list[Any]:
    iflag, oflag, cflag, lflag, *speeds, characters = modes
    iflag &= ~(termios.IXON | termios.ICRNL | termios.INLCR | termios.IGNCR)
    lflag &= ~(termios.ICANON | termios.ECHO | termios.ISIG | termios.IEXTEN)
    characters = [*characters]
    characters[termios.VMIN], characters[termios.VTIME] = 1, 0
    return [iflag, oflag, cflag, lflag, *speeds, characters]


def keys_of(modes: list[Any]) -> Keys:
    """None is "", as are those that do nothing in these modes."""
    iflag, lflag, characters = modes[0], modes[3], modes[6]
    at = EDIT | (SIGNAL if lflag & termios.ISIG else {}) | (FLOW if iflag & termios.IXON else {})
    set_to = {name: characters[index] for name, index in at.items()}
    keys = {name: key for name, key in set_to.items() if isinstance(key, bytes) and key not in NONE}
    return Keys(**{name: keys.get(name, b"").decode("latin-1") for name in Keys._fields})
