"""What is drawn: the live area at the bottom, as lines of text. Pure."""

import unicodedata
from typing import Literal, NamedTuple

COMPOSER_ROWS_MAX = 12
SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
HINT = "  Enter to confirm · Esc to cancel"


class Frame(NamedTuple):
    """Lines, and where the cursor stands on them, in cells."""

    lines: tuple[str, ...]
    row: int
    column: int


class Modal(NamedTuple):
    """A question that must be answered first; `choice` is 1 or 2. `command`: what a permission is asked for."""

    kind: Literal["question", "permission"]
    text: str
    choice: int = 1
    command: str | None = None


class Status(NamedTuple):
    """`busy_s` is None when idle; `tick` moves the spinner, None stands still."""

    busy_s: int | None
    tick: int | None
    notes: tuple[str, ...] = ()


def composing(shown: str, status: Status, width: int) -> Frame:
    """The composer between two rules, and the status under it."""
    rows = wrapped(shown, width - 3)
    if len(rows) > COMPOSER_ROWS_MAX:
        rows = ["…", *rows[-COMPOSER_ROWS_MAX + 1 :]]
    rule = "─" * (width - 1)
    boxed = ["❯ " + rows[0], *("  " + row for row in rows[1:])]
    lines = (rule, *boxed, rule, _status_line(status))
    return Frame(lines, len(boxed), 2 + cells(rows[-1]))


def asking(modal: Modal, width: int) -> Frame:
    """A box with the question and its two answers, instead of the composer."""
    inner = min(76, width - 5)
    mark = {modal.choice: "❯"}
    text = [row for line in modal.text.split("\n") for row in wrapped(line, inner)]
    rows = [*text, "", f"{mark.get(1, ' ')} 1. Yes", f"{mark.get(2, ' ')} 2. No"]
    top = f"╭─ {modal.kind} ".ljust(inner + 3, "─") + "╮"
    boxed = [f"│ {row}{' ' * (inner - cells(row))} │" for row in rows]
    lines = (top, *boxed, "╰" + "─" * (inner + 2) + "╯", HINT)
    return Frame(lines, len(text) + 1 + modal.choice, 2)


def _status_line(status: Status) -> str:
    spin = "" if status.tick is None else SPINNER[status.tick % len(SPINNER)]
    said = f"{spin} busy {status.busy_s}s" if status.busy_s is not None else f"idle {spin}".rstrip()
    return " · ".join((f"  {said}", *status.notes))


def cells(text: str) -> int:
    return len(text) if text.isascii() else sum(map(_cell, text))


def _cell(char: str) -> int:
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def wrapped(text: str, width: int) -> list[str]:
    """Rows of at most `width` cells, cut anywhere; at least one."""
    if text.isascii():
        return [text[at : at + width] for at in range(0, len(text), width)] or [""]
    rows, used = [""], 0
    for char in text:
        if used + _cell(char) > width:
            rows.append("")
            used = 0
        rows[-1] += char
        used += _cell(char)
    return rows


def clipped(text: str, width: int) -> str:
    """The start of a line, as far as it fits."""
    head = wrapped(text[: width + 1].expandtabs(4), width - 1)
    return head[0] if len(head) == 1 and len(text) <= width else head[0][:-1] + "…"
