"""What a daemon would answer, whole: tests change the field they are about."""

from typing import Any

Fields = dict[str, Any]

IN_INBOX: Fields = {
    "id": "m-1",
    "from": "ada",
    "identity": "claude-ada",
    "kind": "agent",
    "topic": "tests",
    "accepted_at": "2999-01-02T03:04:05.678Z",
    "reply_to": None,
    "answers": None,
    "state": "accepted",
    "read": False,
    "awaits": True,
    "says": "may I?",
}
"""A row of `inbox.list`."""


def sent(**changes: Any) -> Fields:
    fields: Fields = {
        "id": "m-1",
        "to": "ada",
        "state": "submitted",
        "task": "open",
        "hold": None,
        "attempt": 1,
        "session": "s-1",
        "woke": False,
        "answer": None,
        "answer_from": None,
        "exit_status": None,
        "waiting": False,
    }
    return fields | changes


def row(**changes: Any) -> Fields:
    fields: Fields = {
        "peer": "ada",
        "runtime": "shell",
        "want": "on_demand",
        "phase": "running",
        "activity": "idle",
        "hold": None,
        "since": "2026-01-02T03:04:05.678Z",
        "queued": 0,
    }
    return fields | changes


def woken(**changes: Any) -> Fields:
    fields: Fields = {
        "peer": "ada",
        "runtime": "shell",
        "identity": "shell-ada",
        "session": "s-1",
        "status": "ready",
        "woke": True,
        "mode": "fresh",
        "cause": "asked",
        "elapsed_ms": 12.4,
        "message": None,
    }
    return fields | changes


def shown(**changes: Any) -> Fields:
    fields: Fields = {
        "peer": "ada",
        "runtime": "shell",
        "identity": "shell-ada",
        "want": "on_demand",
        "phase": "running",
        "activity": "busy",
        "verdict": "busy with m-1",
        "evidence": [{"source": "process", "says": "pid 12 runs", "age_s": 0.0}],
        "decisions": ["ts=1 event=session-ready peer=ada"],
        "queue": [
            {"id": "m-2", "from": "bob", "state": "accepted", "hold": "busy", "attempt": 0, "accepted_at": "10:00"}
        ],
        "session": "s-1",
        "last_end": {
            "cause": "killed",
            "code": None,
            "signal": 9,
            "why": "oom suspected",
            "at": "09:00",
            "last_lines": ["$ make", "Killed"],
        },
        "spec": {"dir": "/src"},
    }
    return fields | changes


def message(**changes: Any) -> Fields:
    extra = {
        "from": "bob",
        "topic": "tests",
        "accepted_at": "2026-01-02T03:04:05.678Z",
        "reply_to": None,
        "history": [{"at": "10:00", "state": "leased", "attempt": 1, "evidence": ""}],
        "body": "run\nthem",
    }
    return sent() | extra | changes
