"""What comes next for a message, in words: what is over never reads as what still waits."""

from __future__ import annotations

from peerd.counted import counted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

TAKEN_LATE = "taken after all"  # as `model.message` has it, which takes its time to load
UNDELIVERED = frozenset({"refused", "expired", "cancelled", "dead"})
WAITS = {
    "starting": "{to} is starting",
    "busy": "{to} is busy",
    "prompt": "{to} is at a permission prompt, which a person has to answer: `peerd approvals` shows it",
    "dialog": "{to} is at a question, which a person has to answer (`peerd attach {to}`)",
    "draft": "{to} has somebody's text in its input line",
    "unknown-screen": "{to} shows a screen that peerd does not recognise (`peerd peek {to}`)",
    "tmux-mode": "{to} has somebody scrolling in its pane (a mode of tmux)",
    "tmux": "the tmux server of {to} cannot be reached",
    "unwritable": "its files, or an earlier message's, cannot be written into {to}'s session folder",
    "unheard": "{to} took a message, but its hooks have reported nothing since (`peerd show {to}` says what is next)",
    "limited": "{to} has reached a limit, and gets it once that is over",
    "queue-paused": "the queue of {to} is held back until `peerd queue resume {to}`",
    "pair-paused": "messages from {from} to {to} are held back",
    "backoff": "{to} died and will be restarted",
    "asleep": "{to} is asleep, and this does not wake it",
}
"""By what holds it."""
A_PERSON_ENDS = frozenset({"prompt", "dialog", "draft", "unknown-screen", "tmux-mode"})
"""Of what holds it: nothing that peerd or its peer does."""


def came_to_nothing(sent: dict[str, Any]) -> bool:
    """Not what was answered before it was handed over, nor what gave way."""
    if sent.get("gave_way_to"):
        return False
    return sent.get("task") == "dead" or (sent["state"] in UNDELIVERED and sent.get("task") != "answered")


def what_is_next(shown: dict[str, Any]) -> str:
    """Of a message as `message.show` has it."""
    state, task, to = shown["state"], shown.get("task"), shown["to"]
    if shown.get("gave_way_to"):
        return f"{gave_way(shown)}"
    if came_to_nothing(shown) and shown.get("target_is_gone"):
        return f"failed: {to} was removed, and nothing more happens"
    if came_to_nothing(shown):
        return _for_nothing(shown)
    if shown.get("no_peer"):
        return f"waits: for a peer called {to}"
    if state == "submitted" or task == "answered":
        return _taken(task, to)
    if to == "operator" and shown.get("not_before"):
        return f"waits: it is not shown to you before {shown['not_before']}"
    if to == "operator":
        return "waits to be read: `peerd inbox` shows it"
    if state == "handed_over":
        return f"was typed into {to}; it is not seen yet whether {to} took it"
    if state == "leased":
        return f"is on its way into {to}"
    return f"waits: {_waits(shown)}"


def _for_nothing(shown: dict[str, Any]) -> str:
    again = "" if shown.get("gone_at") else f"; `peerd queue requeue {shown['id']}` delivers it again"
    if (late := shown.get("late_reply")) is not None:
        return f"failed, but {shown['to']} has answered late: `peerd message {late}` shows it{again}"
    if (shown.get("history") or [{}])[-1].get("evidence", "").startswith(TAKEN_LATE):
        done_again = f"; `peerd queue requeue {shown['id']}` would have it done again" if again else ""
        return f"failed, but {shown['to']} has taken it since{done_again}"
    if not again:
        return "failed: nothing more happens, and its text is no longer kept; to have it done, send it again"
    return f"failed: nothing more happens by itself{again}"


def gave_way(sent: dict[str, Any]) -> str:
    return f"was replaced by {sent['gave_way_to']}, sent under the same key"


def _taken(task: str | None, to: str) -> str:
    match task:
        case "open" if to == "operator":
            return "was read, and awaits an answer"
        case "open":
            return f"{to} has it and is working on it"
        case "answered":
            return f"done: {to} has answered"
        case "turn_ended":
            return f"done: {to}'s turn ended without a reply"
        case "done":
            return f"done: {to} said so"
        case _:
            return f"done: {to} has it, and it asks for no answer"


def _waits(shown: dict[str, Any]) -> str:
    if shown.get("not_before"):
        return f"it is not delivered before {shown['not_before']}"
    if shown.get("hold") == "queue-paused" and shown.get("want") == "down":
        return f"{shown['to']} is stopped until `peerd start {shown['to']}`"
    if shown.get("unreached"):
        return f"{shown['to']} is {shown['unreached']}"
    if shown.get("hold") is not None:
        return _held(shown)
    return f"it is delivered to {shown['to']} {after_others(shown) or 'next'}"


def after_others(sent: dict[str, Any]) -> str:
    ahead = sent.get("ahead")
    return f"after {counted(ahead, 'other message')}" if ahead else ""


def _held(shown: dict[str, Any]) -> str:
    words: str = WAITS.get(shown["hold"], shown["hold"])
    return words.replace("{to}", shown["to"]).replace("{from}", shown.get("from", "its sender"))


def for_a_person(sent: dict[str, Any]) -> str | None:
    """What somebody at the pane has to end before this goes on; None where it is nobody's to."""
    return _held(sent) if sent.get("hold") in A_PERSON_ENDS else None
