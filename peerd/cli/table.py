"""Tables for people, drawn by rich: in colour on a terminal, plain elsewhere. Imported only to draw."""

from collections.abc import Sequence
from datetime import UTC, datetime

from rich.console import Console
from rich.table import Table
from rich.text import Text

from peerd.cli.output import CONTROL

Cell = tuple[str, str]
"""A text and its style."""

PLAIN_WIDTH = 10_000
"""Where no terminal limits it, nothing is cut."""

STEPS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def draw(titles: Sequence[str], rows: Sequence[Sequence[Cell]]) -> None:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for title in titles:
        table.add_column(title, no_wrap=True, overflow="ellipsis")
    for row in rows:
        table.add_row(*(Text(text.translate(CONTROL), style) for text, style in row))
    console = Console()
    if not console.is_terminal:
        console = Console(width=PLAIN_WIDTH, color_system=None)
    console.print(table)


def age(since: str | None) -> str:
    """How long ago a stamp was, in its largest unit."""
    if since is None:
        return ""
    seconds = max(0.0, (datetime.now(UTC) - datetime.fromisoformat(since)).total_seconds())
    return next((f"{seconds // size:.0f} {unit}" for size, unit in STEPS if seconds >= size), "now")
