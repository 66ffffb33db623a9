"""Questions that runtimes ask on the screen: how each is told, whose it is to answer, and by which keys.

A question is answered one key at a time: the key that chooses is told only where the cursor is seen on the choice that
the spec allows. Pure: a screen in, a key out.
"""

import re
from typing import Literal

import msgspec

from peerd.model.peer import Spec
from peerd.model.screen import Screen

Allowed = Literal["trust_folder", "bypass"]

QUOTE_MAX_CHARS = 600
ATTACH = "`peerd attach NAME` to answer it."


class Choice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is chosen where the spec allows it: the line the cursor must be seen on, the key that moves it there, and
    the key that chooses."""

    allowed_by: Allowed
    line: str  # a pattern
    move: str = "Down"
    confirm: str = "Enter"


class Dialog(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One question. `seen` is a pattern that is searched for in the screen's text."""

    seen: str
    advice: str = ATTACH
    prompt: bool = False  # for a permission: Enter would give it
    choice: Choice | None = None


def open_dialog(dialogs: tuple[Dialog, ...], text: str) -> Dialog | None:
    """The first that is seen."""
    return next((dialog for dialog in dialogs if re.search(dialog.seen, text, re.MULTILINE)), None)


def key_for(dialogs: tuple[Dialog, ...], cursor: str, spec: Spec, screen: Screen) -> str | None:
    """The one key to press now. `cursor` is a pattern of what stands before the choice that the cursor is on."""
    dialog = open_dialog(dialogs, "\n".join(screen.lines))
    choice = dialog.choice if dialog else None
    if choice is None or not allows(spec, choice.allowed_by):
        return None
    marked = re.compile(rf"\s*(?:{cursor})\s*(?P<choice>.*?)\s*")
    at = [match["choice"] for line in screen.lines if (match := marked.fullmatch(line))]
    if len(at) != 1:
        return None
    if re.fullmatch(choice.line, at[0]):
        return choice.confirm
    offered = any(re.fullmatch(rf"\s*{choice.line}\s*", line) for line in screen.lines)
    return choice.move if offered else None


def allows(spec: Spec, what: Allowed) -> bool:
    match what:
        case "trust_folder":
            return spec.trust_folder
        case "bypass":
            return spec.permissions == "bypass"


def asked(dialog: Dialog, lines: list[str]) -> str:
    """The question as one line, from its first words on: what stands above them is the conversation."""
    begins = next((at for at, line in enumerate(lines) if dialog.seen and re.search(dialog.seen, line)), 0)
    return quoted(lines[begins:])


def quoted(lines: list[str]) -> str:
    """A question as one line, without the frame around it."""
    said = (re.sub(r"[─╌━│╭╮╰╯]+", " ", line).strip() for line in lines)
    text = " / ".join(line for line in said if line)
    return text if len(text) <= QUOTE_MAX_CHARS else f"{text[: QUOTE_MAX_CHARS - 1]}…"
