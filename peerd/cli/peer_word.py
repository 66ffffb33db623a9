"""The one word a person sees for a peer, from what is wanted of it, its phase and its activity."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

DOWN_PHASES = frozenset({"asleep", "backoff", "failed"})

COLOURS = {
    "idle": "green",
    "busy": "cyan",
    "waiting": "cyan",
    "blocked": "yellow",
    "limited": "yellow",
    "starting": "cyan",
    "stopping": "cyan",
    "backoff": "yellow",
    "failed": "bold red",
    "unknown": "magenta",
    "unclear": "magenta",
}
"""Of the words that want to be seen; stopped and asleep are dim."""


def word(row: dict[str, Any]) -> str:
    """unclear, stopped, failed, backoff, asleep, starting, stopping, or the activity of a peer that runs; waiting,
    where its turn is over and its task is not."""
    if row.get("unclear") and row["phase"] in DOWN_PHASES:
        return "unclear"
    if row["want"] == "down" and row["phase"] in DOWN_PHASES:
        return "stopped"
    if row["phase"] == "running":
        awaits = row.get("awaits") is not None and not row.get("unreached")
        return "waiting" if awaits else row["activity"] or "unknown"
    if row["phase"] == "starting" and row["activity"] == "blocked":
        return "blocked"
    phase: str = row["phase"]
    return phase


def waits_for(told: dict[str, Any]) -> str:
    """What the head of a queue, or a message, waits for. The queue of a peer that is stopped is held back as a paused
    one is; one that is out of reach is given no answer either."""
    if told.get("hold") == "tmux":
        return "tmux"
    if told.get("awaits") is not None:
        return f"an answer to {', '.join(told['awaits'])}" if told["awaits"] else "its silence"
    if told.get("not_before"):
        return str(told["not_before"])
    hold: str | None = told.get("hold")
    return "stopped" if hold == "queue-paused" and told.get("want") == "down" else hold or ""


def in_groups(names: list[str] | None) -> str:
    """As they are addressed."""
    return " ".join(f"@{name}" for name in names or ())


def priority_of(told: dict[str, Any]) -> str:
    """Of a message; a daemon of before tells none."""
    priority: str = told.get("priority", "normal")
    return priority


def colour(word: str) -> str:
    return COLOURS.get(word, "dim")
