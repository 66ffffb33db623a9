"""Tables for people, drawn by rich: in colour on a terminal, plain elsewhere. Imported only to draw."""

from collections.abc import Sequence
from datetime import UTC, datetime

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from peerd.cli.output import CONTROL

Cell = tuple[str, str]
"""A text and its style."""

PLAIN_WIDTH = 10_000
"""Where no terminal limits it, nothing is cut."""

STEPS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def draw(titles: Sequence[str], rows: Sequence[Sequence[Cell]], console: Console | None = None) -> None:
    """Where a terminal is too narrow for all columns the last ones are left out; the first is never cut: it is what
    other commands are called with."""
    console = console or Console()
    if not console.is_terminal:
        console = Console(width=PLAIN_WIDTH, color_system=None)
    texts = [[Text(text.translate(CONTROL), style) for text, style in row] for row in rows]
    count = _fitting(titles, texts, console.width)
    table = Table(box=None, pad_edge=False, header_style="dim")
    for at, title in enumerate(titles[:count]):
        last = at == len(titles) - 1
        table.add_column(title, no_wrap=count > 1, overflow="ellipsis" if last else "fold")
    for row in texts:
        table.add_row(*row[:count])
    console.print(table)


def _fitting(titles: Sequence[str], rows: Sequence[Sequence[Text]], width: int) -> int:
    """How many columns fit, two cells between them; the last of all may be cut to its title."""
    widths = [max([cell_len(title), *(row[at].cell_len for row in rows)]) for at, title in enumerate(titles)]
    widths[-1] = cell_len(titles[-1])
    fits = [count for count in range(1, len(titles) + 1) if sum(widths[:count]) + 2 * (count - 1) <= width]
    return max(fits, default=1)


def age(since: str | None) -> str:
    """How long ago a stamp was, in its largest unit."""
    if since is None:
        return ""
    seconds = max(0.0, (datetime.now(UTC) - datetime.fromisoformat(since)).total_seconds())
    return next((f"{seconds // size:.0f} {unit}" for size, unit in STEPS if seconds >= size), "now")


def ago(since: str) -> str:
    """The same, as it stands in a sentence."""
    found = age(since)
    return found if found == "now" else f"{found} ago"
