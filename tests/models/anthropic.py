"""The Anthropic Messages API, as far as Claude Code uses it: one request in, server-sent events out."""

import itertools
import json
from collections.abc import Iterator
from typing import Any

Event = tuple[str, dict[str, Any]]

COUNT = itertools.count(1)
FAILURES = {401: "authentication_error", 429: "rate_limit_error", 529: "overloaded_error"}
USAGE = {"input_tokens": 1000, "output_tokens": 1}


def newest(request: dict[str, Any]) -> tuple[str, bool]:
    """What the user said since the model last spoke, and whether a tool's result came with it."""
    since: list[dict[str, Any]] = []
    for message in request["messages"]:
        since = [] if message["role"] == "assistant" else [*since, *_blocks(message)]
    text = "\n".join(block["text"] for block in since if block["type"] == "text")
    return text, any(block["type"] == "tool_result" for block in since)


def _blocks(message: dict[str, Any]) -> list[dict[str, Any]]:
    content = message["content"]
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def users_texts(request: dict[str, Any]) -> list[str]:
    """Every text block of every user message, in order."""
    said = (block for each in request["messages"] if each["role"] == "user" for block in _blocks(each))
    return [block["text"] for block in said if block["type"] == "text"]


def is_turn(request: dict[str, Any]) -> bool:
    """Not one of the requests that a runtime makes for itself, such as for a title."""
    return bool(request.get("tools"))


def begin() -> Event:
    message = {"id": f"msg_{next(COUNT)}", "type": "message", "role": "assistant", "model": "stub", "content": []}
    ends = {"stop_reason": None, "stop_sequence": None, "usage": USAGE}
    return "message_start", {"type": "message_start", "message": message | ends}


def say(parts: list[str]) -> Iterator[Event]:
    block = {"type": "text", "text": ""}
    yield "content_block_start", {"type": "content_block_start", "index": 0, "content_block": block}
    for part in parts:
        delta = {"type": "text_delta", "text": part}
        yield "content_block_delta", {"type": "content_block_delta", "index": 0, "delta": delta}
    yield "content_block_stop", {"type": "content_block_stop", "index": 0}
    yield from _end("end_turn")


def run(command: str, asks: bool) -> Iterator[Event]:
    """Whether the user is asked is the runtime's to know."""
    return use("Bash", {"command": command, "description": "what the message asked for"})


def use(name: str, input: dict[str, Any]) -> Iterator[Event]:
    """Any tool."""
    block = {"type": "tool_use", "id": f"toolu_{next(COUNT)}", "name": name, "input": {}}
    yield "content_block_start", {"type": "content_block_start", "index": 0, "content_block": block}
    delta = {"type": "input_json_delta", "partial_json": json.dumps(input)}
    yield "content_block_delta", {"type": "content_block_delta", "index": 0, "delta": delta}
    yield "content_block_stop", {"type": "content_block_stop", "index": 0}
    yield from _end("tool_use")


def _end(reason: str) -> Iterator[Event]:
    delta = {"stop_reason": reason, "stop_sequence": None}
    yield "message_delta", {"type": "message_delta", "delta": delta, "usage": {"output_tokens": 5}}
    yield "message_stop", {"type": "message_stop"}


def failure(status: int) -> dict[str, Any]:
    kind = FAILURES.get(status, "api_error")
    return {"type": "error", "error": {"type": kind, "message": f"stub error {status}"}}
