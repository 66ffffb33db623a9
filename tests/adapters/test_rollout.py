"""What Codex writes down of its own turns, as facts."""

import json

import pytest

from peerd.model.fact import Fact, Submitted, TurnClosed
from peerd.model.limit import Limit, LimitKind
from peerd.model.message import MessageId
from peerd_adapters.codex import Codex


def line(**payload: object) -> str:
    return json.dumps({"type": "event_msg", "payload": payload})


def failed(info: object) -> str:
    return line(type="task_complete", turn_id="t-1", error={"message": "no", "codex_error_info": info})


def limited(kind: LimitKind) -> tuple[Fact, ...]:
    return (TurnClosed(None, 1, "t-1", Limit(kind)),)


def quota(**windows: object) -> str:
    return line(type="token_count", info=None, rate_limits={"limit_id": "codex", **windows})


HEADER = "peerd message m-1 from operator (person) attempt 2 hops 0:"


def given(role: str, text: str, **more: object) -> str:
    content = [{"type": "input_text", "text": "<environment>"}, {"type": "input_text", "text": text}]
    payload = {"type": "message", "role": role, "content": content, **more}
    return json.dumps({"type": "response_item", "payload": payload})


FULL, LATER = {"used_percent": 100.0, "resets_at": 1_000}, {"used_percent": 100.0, "resets_at": 2_000}
LEFT = {"used_percent": 99.5, "resets_at": 3_000}
LINES: dict[str, tuple[str, tuple[Fact, ...]]] = {
    "quota used up": (failed("usage_limit_exceeded"), limited(LimitKind.RATE_LIMIT)),
    "too often": (
        failed({"response_too_many_failed_attempts": {"http_status_code": 429}}),
        limited(LimitKind.RATE_LIMIT),
    ),
    "overloaded": (
        failed({"response_too_many_failed_attempts": {"http_status_code": 529}}),
        limited(LimitKind.OVERLOADED),
    ),
    "not let in": (failed({"http_connection_failed": {"http_status_code": 401}}), limited(LimitKind.AUTHENTICATION)),
    "a fault": (failed({"http_connection_failed": {"http_status_code": 500}}), ()),
    "no status": (failed({"http_connection_failed": {"http_status_code": None}}), ()),
    "another word": (failed("bad_request"), ()),
    "well": (line(type="task_complete", turn_id="t-1", last_agent_message="done"), ()),
    "no error": (line(type="task_complete", turn_id="t-1", error=None), ()),
    "a full window": (
        quota(primary=FULL, secondary=LEFT),
        (TurnClosed(None, 1, None, Limit(LimitKind.RATE_LIMIT, 1e3)),),
    ),
    "two full ones": (
        quota(primary=FULL, secondary=LATER),
        (TurnClosed(None, 1, None, Limit(LimitKind.RATE_LIMIT, 2e3)),),
    ),
    "none full": (quota(primary=LEFT, secondary=None), ()),
    "full, and no end is told": (quota(primary={"used_percent": 100}), ()),
    "given to the model": (given("user", f"{HEADER}\nhello"), (Submitted(MessageId("m-1"), 2),)),
    "given to the model in a turn": (
        given("user", f"{HEADER}\nhello", internal_chat_message_metadata_passthrough={"turn_id": "t-1"}),
        (Submitted(MessageId("m-1"), 2, "t-1"),),
    ),
    "said by the model": (given("assistant", f"{HEADER}\nhello"), ()),
    "quoted by a person": (given("user", f"what is {HEADER}"), ()),
    "no line of a rollout": ('"usage_limit_exceeded"', ()),
    "half a line": ('{"payload": {"type": "task_', ()),
}


@pytest.mark.parametrize("name", LINES)
def test_what_was_given_to_the_model_and_what_failed_by_a_limit_is_told_by_the_rollout(name: str):
    said, facts = LINES[name]

    assert Codex().facts(said) == facts
