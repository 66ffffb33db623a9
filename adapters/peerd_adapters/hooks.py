"""What agents say through their hooks (`hook.py`), as facts. Claude Code's hooks and Codex's have one shape.

Text only. A line may hold half of what was said: the fields that count stand near its beginning, and are read from what
is there.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from peerd.model.envelope import named
from peerd.model.fact import (
    INTERRUPTED,
    ConversationBegan,
    ConversationOpened,
    Fact,
    PromptOpened,
    Queued,
    Ready,
    Submitted,
    TakenIn,
    ToolRan,
    TurnBegan,
    TurnClosed,
    Unqueued,
)
from peerd.model.limit import Limit, LimitKind
from peerd.model.message import MessageId

LAST_WORDS_MAX_CHARS = 32_768
FAILED = 1
CUT = "[peerd: the rest is cut off]"

LIMITS: Mapping[str, LimitKind] = {
    "rate_limit": LimitKind.RATE_LIMIT,
    "billing_error": LimitKind.BILLING,
    "overloaded": LimitKind.OVERLOADED,
    "authentication_failed": LimitKind.AUTHENTICATION,
    "oauth_org_not_allowed": LimitKind.AUTHENTICATION,
    "account_on_hold": LimitKind.AUTHENTICATION,
    "verification_required": LimitKind.AUTHENTICATION,
    "cloud_credential_error": LimitKind.AUTHENTICATION,
}
"""Classes of error that StopFailure tells, in Claude 2.1.330."""
MAY_BE_OVERLOADED, OVERLOADED_STATUS = "server_error", 529

TOOL_MAX_CHARS = 200
INPUT = '"tool_input":'
PASTED = re.compile(r'\A\s*<pasted_content id="\w+">\s*')
STRING = r'"((?:[^"\\]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*)'


def facts(line: str) -> tuple[Fact, ...]:
    """What one journal line says; () for what is no line of a hook, or of one that says nothing here."""
    try:
        told = json.loads(line)
    except (ValueError, RecursionError):
        return ()
    if not isinstance(told, dict):
        return ()
    if told.get("type") == "queue-operation":
        return _queued(told)
    if told.get("type") == "user":
        return _entered(told)
    if told.get("isApiErrorMessage") is True:
        return _recorded(told)
    if not isinstance(told.get("hook"), str):
        return ()
    said = told.get("said")
    said = said if isinstance(said, str) else ""
    match told["hook"]:
        case "PermissionRequest":
            return (_asked(said),)
        case "PostToolUse":
            return (TurnBegan(ran=_ran(said)),)
        case event:
            return _facts(event, _fields(said))


def _asked(said: str) -> PromptOpened:
    """For what it asks: the whole of it, or its beginning where it was too long for a line."""
    if not said:
        return PromptOpened()
    try:
        whole = json.loads(said)
    except (ValueError, RecursionError):
        before, found, rest = said.partition(INPUT)
        named = _salvaged(before).get("tool_name")
        return PromptOpened(tool=named and named[:TOOL_MAX_CHARS], input=rest if found else None, cut=True)
    fields = whole if isinstance(whole, dict) else {}
    tool, input = fields.get("tool_name"), fields.get("tool_input")
    if not isinstance(tool, str) or not isinstance(input, dict):
        return PromptOpened()
    return PromptOpened(tool=tool[:TOOL_MAX_CHARS], input=json.dumps(input, ensure_ascii=False))


def _ran(said: str) -> ToolRan:
    """Which tool, and on what: of what it gave our hook tells nothing, so it is no whole object."""
    before, found, rest = said.partition(INPUT)
    named = _salvaged(before).get("tool_name")
    if named is None or not found:
        return ToolRan()
    try:
        given = json.dumps(json.JSONDecoder().raw_decode(rest.lstrip())[0], ensure_ascii=False)
    except (ValueError, RecursionError):
        return ToolRan(named[:TOOL_MAX_CHARS], rest, cut=True)
    return ToolRan(named[:TOOL_MAX_CHARS], given)


def _facts(event: str, said: dict[str, str]) -> tuple[Fact, ...]:
    match event:
        case "SessionStart":
            return _started(said)
        case "UserPromptSubmit":
            return (*_conversation(ConversationBegan, said), _submitted(said))
        case "Stop":
            return (TurnClosed(_last_words(said), None, _turn(said)),)
        case "StopFailure":
            return (TurnClosed(_last_words(said), FAILED, _turn(said), _limit(said)),)
        case "Interrupt":
            return (TurnClosed(None, INTERRUPTED, _turn(said)),)
        case _:
            return ()


def _conversation(
    what: type[ConversationOpened] | type[ConversationBegan], said: dict[str, str]
) -> tuple[ConversationOpened | ConversationBegan, ...]:
    id = said.get("session_id")
    return (what(id, said.get("transcript_path")),) if id else ()


def _started(said: dict[str, str]) -> tuple[Fact, ...]:
    """What was not said anything in cannot be resumed: a new conversation counts from its first prompt on."""
    match said.get("source"):
        case "startup":
            return (*_conversation(ConversationOpened, said), Ready())
        case "resume":
            return (*_conversation(ConversationBegan, said), Ready())
        case "clear":
            # whatever was under way was broken off before
            return (*_conversation(ConversationOpened, said), TurnClosed(None, INTERRUPTED))
        case _:
            return ()  # after `compact` the turn goes on


def _submitted(said: dict[str, str]) -> Fact:
    ours = _ours(said.get("prompt", ""))
    return Submitted(*ours, _turn(said), "prompt_id" in said) if ours else TurnBegan(_turn(said))


def _ours(prompt: str) -> tuple[MessageId, int] | None:
    """Which message of ours was entered, also where Claude took the whole of it for pasted content (2.1.330)."""
    return named(PASTED.sub("", prompt, count=1))


def _turn(said: dict[str, str]) -> str | None:
    """Claude calls it prompt_id, and tells it as it is entered: one that is queued has the id of the turn that runs,
    which it is taken into where a tool runs, and not where an answer streams. Codex calls it turn_id, and tells it as
    it is taken into that."""
    return said.get("prompt_id") or said.get("turn_id")


def _limit(said: dict[str, str]) -> Limit | None:
    """By the class of the error, which is Claude's own; of others than these nobody knows when it goes well again."""
    error, record = said.get("error", ""), said.get("transcript_path")
    if error == MAY_BE_OVERLOADED and record is not None:
        return Limit(LimitKind.OVERLOADED, record=record, surely=False)
    kind = LIMITS.get(error)
    return None if kind is None else Limit(kind, record=record)


def _recorded(told: dict[str, Any]) -> tuple[Fact, ...]:
    """A line of Claude's own transcript: it has a limit's end, where the service told that."""
    overloaded = told.get("apiErrorStatus") == OVERLOADED_STATUS or told.get("apiErrorType") == "overloaded_error"
    kind = LimitKind.OVERLOADED if overloaded else LIMITS.get(str(told.get("error")))
    quota = told.get("quotaLimits")
    resets_at = quota.get("resetsAt") if isinstance(quota, dict) else None
    known = type(resets_at) in (int, float)
    limit = None if kind is None else Limit(kind, float(resets_at) if known and resets_at is not None else None)
    return (TurnClosed(None, FAILED, None, limit),)


def _queued(told: dict[str, Any]) -> tuple[Fact, ...]:
    """Likewise: what was entered while a turn was open, and whether that went to the model in it. It tells `dequeue`
    of what has its turn now, and not of what."""
    content, operation = told.get("content"), told.get("operation")
    ours = _ours(content) if isinstance(content, str) else None
    if operation == "enqueue":
        return (Queued(ours[0]),) if ours else ()
    if told.get("reason") == "absorbed_mid_turn":
        return (TakenIn(ours[0]),) if ours else ()
    return (Unqueued(),)


def _entered(told: dict[str, Any]) -> tuple[Fact, ...]:
    """Likewise: what the model was given as the user's words. What a hook kept from it is not told so, whatever the
    screen shows (measured, 2.1.330)."""
    message = told.get("message")
    content = message.get("content") if isinstance(message, dict) else None
    if told.get("isSidechain") is True or told.get("isMeta") is True:
        return ()
    return submitted_by(content if isinstance(content, list) else [{"text": content}], told.get("promptId"))


def submitted_by(parts: list[Any], turn: object) -> tuple[Fact, ...]:
    """Which message of ours a runtime's own record has as the user's words, part by part. The turn is the one that
    they began, by the name that its Stop hook tells (measured, 2.1.330 and 0.169.0)."""
    named = turn if isinstance(turn, str) else None
    texts = (each.get("text") for each in parts if isinstance(each, dict))
    found = (_ours(text) for text in texts if isinstance(text, str))
    return tuple(Submitted(*ours, named) for ours in found if ours is not None)


def _last_words(said: dict[str, str]) -> str | None:
    words = said.get("last_assistant_message")
    if words is None or len(words) <= LAST_WORDS_MAX_CHARS:
        return words
    return f"{words[:LAST_WORDS_MAX_CHARS]}\n{CUT}"


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
    """Of an object that was cut off: the fields that are whole, and the beginning of the one that was cut. A control
    character that stands there unescaped is taken as it is."""
    found = re.findall(rf'"([a-z_]+)":\s*{STRING}', said)
    return {name: json.loads(f'"{value}"', strict=False) for name, value in found}
