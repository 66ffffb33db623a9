"""Tables for people, drawn by rich: in colour on a terminal, plain elsewhere. Imported only to draw."""

from collections.abc import Sequence
from datetime import UTC, datetime
from shutil import get_terminal_size

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from peerd.cli.output import CONTROL, say
from peerd.counted import counted

Cell = tuple[str, str]
"""A text and its style."""

IN_A_LINE = CONTROL | {ord(each): " " for each in "\t\n"}

PLAIN_WIDTH = 10_000
"""Where no terminal limits it, nothing is cut."""

CUT_MIN = 10
"""What a column must have room for, in cells, to be cut: of fewer nothing can be read."""

STEPS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def draw(titles: Sequence[str], rows: Sequence[Sequence[Cell]], console: Console | None = None) -> list[str]:
    """Where a terminal is too narrow, columns that say nothing are left out; then the widest are cut, which is seen;
    where that is not enough the last are left out, which is said. The first is never cut: it is what other commands are
    called with. Returns the titles of those that are left out and say something."""
    console = console or _console()
    texts = [[Text(text.translate(IN_A_LINE), style) for text, style in row] for row in rows]
    shown = _fitting(titles, texts, console.width)
    table = Table(box=None, pad_edge=False, header_style="dim")
    for at in shown:
        table.add_column(titles[at], no_wrap=len(shown) > 1, overflow="fold")
    for row in texts:
        for at, width in shown.items():
            row[at].truncate(width, overflow="ellipsis")
        table.add_row(*(row[at] for at in shown))
    console.print(table)
    left_out = [title for at, title in enumerate(titles) if at not in shown and any(row[at].plain for row in texts)]
    _tell(left_out)
    return left_out


def _console() -> Console:
    """As wide as the terminal, also where COLUMNS says 0. A pipe has no width, whatever colours are asked for there."""
    console = Console(width=get_terminal_size().columns)
    if console.file.isatty():
        return console
    return Console(width=PLAIN_WIDTH, color_system="auto" if console.is_terminal else None)


def _fitting(titles: Sequence[str], rows: Sequence[Sequence[Text]], room: int) -> dict[int, int]:
    """The columns that are shown, and how wide each may be. Nothing is left to rich to shrink: it takes from all."""
    widths = {at: max([cell_len(title), *(row[at].cell_len for row in rows)]) for at, title in enumerate(titles)}
    if _too_wide(widths, room) > 0:
        widths = {at: width for at, width in widths.items() if not at or any(row[at].plain for row in rows)}
    while len(widths) > 1:
        cut = _cut(widths, [max(CUT_MIN, cell_len(title)) for title in titles], room)
        if _too_wide(cut, room) <= 0:
            return cut
        widths.popitem()
    return widths


def _cut(widths: dict[int, int], least: Sequence[int], room: int) -> dict[int, int]:
    """The widest first, and none further than it can be read."""
    cut = dict(widths)
    for _, at in sorted(((width, at) for at, width in widths.items() if at), reverse=True):
        cut[at] -= max(0, min(_too_wide(cut, room), cut[at] - least[at]))
    return cut


def _tell(titles: Sequence[str]) -> None:
    if titles:
        named = ", ".join(title for title in titles if title)
        what = f"{counted(len(titles), 'column')}{f' ({named})' if named else ''}"
        say(f"{what} left out: the terminal is too narrow. A wider one shows all, and so does a pipe.")


def _too_wide(widths: dict[int, int], room: int) -> int:
    """By how much, two cells between columns."""
    return sum(widths.values()) + 2 * (len(widths) - 1) - room


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
