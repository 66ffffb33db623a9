"""What Codex writes down of its own turns, as facts: which message of ours one was begun with, and which failed by a
limit. Text only.

It has no hook for a turn that failed. A prompt that a hook kept from the model is not written down, though the screen
shows it as if it was taken. Measured on 0.169.0: the line is there before its screen shows the failure.
"""

import json
from collections.abc import Mapping
from typing import Any

from peerd.model.fact import Fact, TurnClosed
from peerd.model.limit import Limit, LimitKind
from peerd_adapters.hooks import submitted_by

FAILED = 1
KINDS: Mapping[str, LimitKind] = {
    "usage_limit_exceeded": LimitKind.RATE_LIMIT,
    "server_overloaded": LimitKind.OVERLOADED,
    "unauthorized": LimitKind.AUTHENTICATION,
}
STATUSES: Mapping[int, LimitKind] = {
    401: LimitKind.AUTHENTICATION,
    403: LimitKind.AUTHENTICATION,
    429: LimitKind.RATE_LIMIT,
    503: LimitKind.OVERLOADED,
    529: LimitKind.OVERLOADED,
}
USED_UP_PERCENT = 100.0


def facts(line: str) -> tuple[Fact, ...]:
    """What the model was given as the user's words; a turn that failed by a limit, by its name; a quota that is used
    up, as a failure of no turn, tells when that is reset."""
    try:
        told = json.loads(line)
    except (ValueError, RecursionError):
        return ()
    match told:
        case {"type": "response_item", "payload": {"type": "message", "role": "user", "content": [*parts], **more}}:
            meta = more.get("internal_chat_message_metadata_passthrough")
            return submitted_by(parts, meta.get("turn_id") if isinstance(meta, dict) else None)
        case {"payload": {"type": "task_complete", "turn_id": str(turn), "error": {"codex_error_info": info}}}:
            kind = _kind(info)
            return () if kind is None else (TurnClosed(None, FAILED, turn, Limit(kind)),)
        case {"payload": {"type": "token_count", "rate_limits": {**windows}}}:
            resets_at = _resets_at(windows)
            return () if resets_at is None else (_used_up(resets_at),)
        case _:
            return ()


def _used_up(resets_at: float) -> TurnClosed:
    return TurnClosed(None, FAILED, None, Limit(LimitKind.RATE_LIMIT, resets_at))


def _kind(info: object) -> LimitKind | None:
    """A word, or a word and the HTTP status that it came with."""
    match info:
        case str():
            return KINDS.get(info)
        case {**named}:
            statuses = tuple(each.get("http_status_code") for each in named.values() if isinstance(each, dict))
            return next((kind for status, kind in STATUSES.items() if status in statuses), None)
        case _:
            return None


def _resets_at(windows: dict[Any, Any]) -> float | None:
    """Of those that are used up, the one that is so for longest."""
    known = (windows.get("primary"), windows.get("secondary"))
    used_up = (
        each for each in known if isinstance(each, dict) and _number(each.get("used_percent")) >= USED_UP_PERCENT
    )
    return max((at for each in used_up if (at := _number(each.get("resets_at")))), default=None)


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0.0
