"""The OpenAI Responses API, as far as Codex uses it: one request in, server-sent events out."""

import itertools
import json
from collections.abc import Iterator
from typing import Any

Event = tuple[str, dict[str, Any]]

COUNT = itertools.count(1)
FAILURES = {429: "usage_limit_reached"}
RESETS_AT = 4_000_000_000
"""Of a quota that is used up: Unix seconds."""
USAGE = {"input_tokens": 1000, "input_tokens_details": None, "output_tokens": 5, "output_tokens_details": None}


def newest(request: dict[str, Any]) -> tuple[str, bool]:
    """What the user said since the model last spoke, and whether a tool's result came with it."""
    since: list[dict[str, Any]] = []
    for item in request["input"]:
        models = item.get("role") == "assistant" or item["type"] in ("function_call", "reasoning")
        since = [] if models else [*since, item]
    text = "\n".join(text for item in since if item.get("role") == "user" for text in _texts(item))
    return text, any(item["type"].endswith("_output") for item in since)


def users_texts(request: dict[str, Any]) -> list[str]:
    """Every text of every user message, in order."""
    return [text for item in request["input"] if item.get("role") == "user" for text in _texts(item)]


def is_turn(request: dict[str, Any]) -> bool:
    """Not one of the requests that a runtime makes for itself, such as for a title."""
    metadata = (request.get("client_metadata") or {}).get("x-codex-turn-metadata", "")
    return '"thread_source":"thread_title"' not in metadata


def _texts(item: dict[str, Any]) -> list[str]:
    content = item.get("content")
    return [part["text"] for part in content if "text" in part] if isinstance(content, list) else []


def begin() -> Event:
    return "response.created", {"type": "response.created", "response": {"id": f"resp_{next(COUNT)}"}}


def say(parts: list[str]) -> Iterator[Event]:
    message = {"type": "message", "id": f"msg_{next(COUNT)}", "role": "assistant"}
    added = {"type": "response.output_item.added", "output_index": 0, "item": message | {"content": []}}
    yield "response.output_item.added", added
    at = {"item_id": message["id"], "output_index": 0, "content_index": 0}
    for part in parts:
        yield "response.output_text.delta", {"type": "response.output_text.delta", "delta": part} | at
    content = [{"type": "output_text", "text": "".join(parts)}]
    yield from _end(message | {"content": content})


def run(command: str, asks: bool) -> Iterator[Event]:
    """To be let out of the sandbox is what the user is asked for."""
    wanted = {"sandbox_permissions": "require_escalated", "justification": "the message asked for it"}
    return use("exec_command", {"cmd": command} | (wanted if asks else {}))


def use(name: str, input: dict[str, Any]) -> Iterator[Event]:
    """Any tool; a patch is given as the text that it is."""
    call = {"id": f"fc_{next(COUNT)}", "call_id": f"call_{next(COUNT)}"}
    namespace, _, named = name.rpartition("/")
    if name == "apply_patch":
        yield from _end(call | {"type": "custom_tool_call", "name": name, "input": input["patch"]})
        return
    within = {"namespace": namespace} if namespace else {}
    yield from _end(call | within | {"type": "function_call", "name": named, "arguments": json.dumps(input)})


def _end(item: dict[str, Any]) -> Iterator[Event]:
    yield "response.output_item.done", {"type": "response.output_item.done", "output_index": 0, "item": item}
    usage = USAGE | {"total_tokens": 1005}
    done = {"id": f"resp_{next(COUNT)}", "usage": usage}
    yield "response.completed", {"type": "response.completed", "response": done}


def failure(status: int) -> dict[str, Any]:
    kind = FAILURES.get(status, "server_error")
    return {"error": {"type": kind, "message": f"stub error {status}", "resets_at": RESETS_AT}}
