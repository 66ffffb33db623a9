"""The journal lines of runtimes that ship with peerd, as facts. Reads text only; knows no file."""

import json
import math
import re
from typing import Any

from peerd.model.fact import (
    ConversationBegan,
    Fact,
    PromptClosed,
    PromptOpened,
    Ready,
    Submitted,
    TurnBegan,
    TurnClosed,
    TurnEnded,
)
from peerd.model.limit import Limit, LimitKind
from peerd.model.message import MessageId

ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def facts(line: str) -> tuple[Fact, ...]:
    """What one line says; () for half a line, for what is no journal line and for an event not known here."""
    try:
        said = json.loads(line)
    except (ValueError, RecursionError):
        return ()
    return _fact(said) if isinstance(said, dict) else ()


def _fact(said: dict[str, Any]) -> tuple[Fact, ...]:
    match said.get("ev"):
        case "ready":
            return (Ready(),)
        case "submitted":
            return _submitted(said)
        case "conversation":
            conversation = _text(said.get("id"))
            return (ConversationBegan(conversation, _text(said.get("record"))),) if conversation else ()
        case "turn_began":
            return (TurnBegan(_text(said.get("turn"))),)
        case "turn_ended":
            return _ended(said)
        case "prompt_opened":
            return (_asked(said),)
        case "prompt_closed":
            approved = said.get("approved")
            return (PromptClosed(approved if isinstance(approved, bool) else None),)
        case _:
            return ()


def _submitted(said: dict[str, Any]) -> tuple[Fact, ...]:
    id = _id(said.get("message"))
    turn, entered = _text(said.get("turn")), said.get("entered") is True
    return (Submitted(id, _int(said.get("attempt")), turn, entered),) if id else ()


def _ended(said: dict[str, Any]) -> tuple[Fact, ...]:
    """By the turn's name, where it has one, whoever's it was. What names a message by no id of one says nothing."""
    named, turn = said.get("message"), _text(said.get("turn"))
    if turn is not None:
        return (TurnClosed(_text(said.get("last")), _int(said.get("status")), turn, _limit(said)),)
    id = _id(named)
    if named is not None and id is None:
        return ()
    return (TurnEnded(id, _int(said.get("status")), _text(said.get("last")), _limit(said)),)


def _asked(said: dict[str, Any]) -> PromptOpened:
    """With `tool` and `input`, an object, where it says for which permission it asks."""
    what, tool, input = _text(said.get("what")) or "", _text(said.get("tool")), said.get("input")
    if tool is None or not isinstance(input, dict):
        return PromptOpened(what)
    return PromptOpened(what, tool, json.dumps(input, ensure_ascii=False))


def _limit(said: dict[str, Any]) -> Limit | None:
    """`limit` is the kind, `resets_at` Unix seconds."""
    kind = next((kind for kind in LimitKind if kind.value == said.get("limit")), None)
    return None if kind is None else Limit(kind, _seconds(said.get("resets_at")))


def _seconds(value: object) -> float | None:
    known = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if known and isinstance(value, int | float) else None


def _id(value: object) -> MessageId | None:
    return MessageId(value) if isinstance(value, str) and ID.fullmatch(value) else None


def _int(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
