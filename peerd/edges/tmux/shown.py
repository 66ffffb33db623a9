"""Rows of a screen, for tmux to look for right before it presses a key: each whole, as it stands, and where it stood.

In a pattern `\\` takes its meaning from what means something there; what means something to formats as well stands for
any one character. Measured on tmux 3.3a: 0.35 ms a row of 218 characters, which its server does nothing else in.
"""

import re
from collections.abc import Iterable

from peerd.model.screen import Screen

NOWHERE = -1
MEANS_SOMETHING = re.compile(r"[.*+?()\[\]|^$\\]")
NOT_LITERAL = re.compile(r"[\x00-\x1f\x7f#,{}:%]")

Shown = tuple[tuple[str, int], ...]
"""Patterns of whole rows, and the number, from 1 on, of the first row of the screen that each matches."""


def shown(screen: Screen, rows: Iterable[str]) -> Shown:
    """These rows of a screen, white space at their ends aside. One that does not stand there is never found."""
    lines = {line.rstrip(): line for line in reversed(screen.lines)}
    patterns = dict.fromkeys(_pattern(lines.get(row.rstrip(), row)) for row in rows)
    return tuple((pattern, _first(screen, pattern)) for pattern in patterns)


def stand(shown: Shown) -> str:
    """A format: true as long as they do."""
    found = " ".join(f"#{{C/r:{pattern}}}" for pattern, _ in shown)
    return f"#{{==:{found},{' '.join(str(at) for _, at in shown)}}}"


def _pattern(row: str) -> str:
    """What it means is the same for `re`, and for the extended expressions of tmux."""
    literal = MEANS_SOMETHING.sub(lambda found: f"\\{found[0]}", row.rstrip(" "))
    return f"^{NOT_LITERAL.sub('.', literal)} *$"


def _first(screen: Screen, pattern: str) -> int:
    return next((at for at, line in enumerate(screen.lines, start=1) if re.match(pattern, line)), NOWHERE)
