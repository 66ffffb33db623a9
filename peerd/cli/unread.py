"""One line to a person at a terminal while a notice is unread: the daemon says so as it greets, and only then it is
asked, once more, what is unread by now: the command may have ended that, or waited for hours."""

from __future__ import annotations

import os
import sys

from peerd.counted import counted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

QUIET = frozenset({"notices", "approvals", "approve", "deny", "daemon", "tail", "attach", "demo"})
"""They tell by themselves, or fill the screen; or it is mostly them that end what is told."""

TEXT_MAX_CHARS = 160
WITHIN_S = 2.0

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


def tell(command: str, *, json: bool) -> None:
    unread = _by_now() if is_told(command, json=json) else []
    if not unread:
        return
    from peerd.cli.output import CONTROL, say

    text = str(unread[0]["text"]).translate(CONTROL).replace("\n", " ")
    shown = text if len(text) <= TEXT_MAX_CHARS else f"{text[:TEXT_MAX_CHARS]}..."
    which = "" if len(unread) == 1 else ", the gravest"
    say(f"{counted(len(unread), 'notice')} unread{which}: {shown}: `peerd notices`")


def _by_now() -> list[dict[str, Any]]:
    """The gravest first; empty where the daemon does not say, which the next command tells."""
    from peerd.errors import PeerdError
    from peerd.rpc.client import call

    try:
        rows: list[dict[str, Any]] = call("notice.list", {}, timeout_s=WITHIN_S)["notices"]
    except PeerdError:
        return []
    return [row for row in rows if not row["read"]]
