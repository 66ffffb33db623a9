"""What was typed at a terminal before it was asked for answers nothing."""

from __future__ import annotations

import contextlib
import os
import select
import sys
import termios

PASTE_S = 0.05
"""A paste comes in parts; what comes so soon after another is one of them."""


def forgets() -> bool:
    """Throws away what was typed and not read yet, lines that were not ended too, and what comes with it. Whether there
    was any."""
    fd, found = sys.stdin.fileno(), False
    as_it_was = termios.tcgetattr(fd)
    unlined = [*as_it_was[:3], as_it_was[3] & ~termios.ICANON, *as_it_was[4:]]
    try:
        termios.tcsetattr(fd, termios.TCSANOW, unlined)
        while select.select([fd], [], [], PASTE_S)[0] and os.read(fd, 1 << 16):
            found = True
    except OSError:  # the terminal is gone, as the next line read tells
        return found
    finally:
        with contextlib.suppress(termios.error):
            termios.tcsetattr(fd, termios.TCSANOW, as_it_was)
    return found
