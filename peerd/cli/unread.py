"""One line to a person at a terminal while a notice is unread: the daemon says so as it greets, at no other call."""

from __future__ import annotations

import os
import sys

from peerd.counted import counted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

QUIET = frozenset({"notices", "approvals", "approve", "deny", "daemon", "tail", "attach", "demo"})
"""They tell by themselves, or fill the screen; or they were greeted before they answered what is told."""

TEXT_MAX_CHARS = 160

_greeting: dict[str, Any] = {}
"""The last one of this command."""


def begin() -> None:
    """Of another command in this process: nothing was said to it yet."""
    _greeting.clear()


def heard(greeting: dict[str, Any]) -> None:
    _greeting.update(greeting)


def is_told(command: str, *, json: bool = False) -> bool:
    """Whether this command's last line will be it. A session's commands are an agent's."""
    if json or command in QUIET or not _greeting.get("unread"):
        return False
    return sys.stderr is not None and sys.stderr.isatty() and not os.environ.get("PEERD_SESSION")


def tell(command: str, args: Any) -> None:
    if not is_told(command, json=getattr(args, "json", False)):
        return
    from peerd.cli.output import CONTROL, say

    count, text = int(_greeting["unread"]), str(_greeting.get("gravest", "")).translate(CONTROL).replace("\n", " ")
    shown = text if len(text) <= TEXT_MAX_CHARS else f"{text[:TEXT_MAX_CHARS]}..."
    which = "" if count == 1 else ", the gravest"
    say(f"{counted(count, 'notice')} unread{which}: {shown}: `peerd notices`")
