"""What agents say through their hooks (`hook.py`), as facts. Claude Code's hooks and Codex's have one shape.

Text only. A line may hold half of what was said: the fields that count stand near its beginning, and are read from what
is there.
"""

import json
import re
from typing import Any

from peerd.model.envelope import named
from peerd.model.fact import (
    ConversationBegan,
    Fact,
    PromptOpened,
    Ready,
    Submitted,
    TurnBegan,
    TurnClosed,
)

LAST_WORDS_MAX_CHARS = 16_384
FAILED = 1
INTERRUPTED = 130  # 128 and SIGINT, as shells say it
AT_REST = ("startup", "resume", "clear")
"""Sources of a SessionStart after which the runtime takes input; after `compact` it goes on with its turn."""

STRING = r'"((?:[^"\\]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*)'


def facts(line: str) -> tuple[Fact, ...]:
    """What one journal line says; () for what is no line of a hook, or of one that says nothing here."""
    try:
        told = json.loads(line)
    except (ValueError, RecursionError):
        return ()
    if not isinstance(told, dict) or not isinstance(told.get("hook"), str):
        return ()
    said = told.get("said")
    return _facts(told["hook"], _fields(said if isinstance(said, str) else ""))


def _facts(event: str, said: dict[str, str]) -> tuple[Fact, ...]:
    match event:
        case "SessionStart":
            began = (ConversationBegan(said["session_id"]),) if said.get("session_id") else ()
            return (*began, Ready()) if said.get("source") in AT_REST else began
        case "UserPromptSubmit":
            return (_submitted(said.get("prompt", "")),)
        case "PermissionRequest":
            return (PromptOpened(),)
        case "PostToolUse":
            return (TurnBegan(),)  # whatever was asked before the tool ran is answered
        case "Stop":
            return (TurnClosed(_last_words(said)),)
        case "StopFailure":
            return (TurnClosed(_last_words(said), FAILED),)
        case "Interrupt":
            return (TurnClosed(None, INTERRUPTED),)
        case _:
            return ()


def _submitted(prompt: str) -> Fact:
    ours = named(prompt)
    return Submitted(*ours) if ours else TurnBegan()


def _last_words(said: dict[str, str]) -> str | None:
    words = said.get("last_assistant_message")
    return words[:LAST_WORDS_MAX_CHARS] if words is not None else None


def _fields(said: str) -> dict[str, str]:
    """The texts among the fields of what was said."""
    try:
        whole = json.loads(said)
    except (ValueError, RecursionError):
        return _salvaged(said)
    return _texts(whole) if isinstance(whole, dict) else {}


def _texts(fields: dict[str, Any]) -> dict[str, str]:
    return {name: value for name, value in fields.items() if isinstance(value, str)}


def _salvaged(said: str) -> dict[str, str]:
    """Of an object that was cut off: the fields that are whole, and the beginning of the one that was cut."""
    found = re.findall(rf'"([a-z_]+)":\s*{STRING}', said)
    return {name: json.loads(f'"{value}"') for name, value in found}
