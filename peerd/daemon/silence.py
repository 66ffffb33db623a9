"""A task that ended since its session was silent for too long: on record in the words of its end."""

from peerd.model.message import Receipt, Task
from peerd.model.session import SessionId

WAS_SILENT = " was silent for "


def ended(session: SessionId, silent_s: float) -> str:
    return f"{session}{WAS_SILENT}{silent_s:g} s"


def told(receipt: Receipt) -> str | None:
    """For whoever waits for its end; None where it ended otherwise."""
    if receipt.task is not Task.TURN_ENDED or receipt.answer is not None:
        return None
    silent = next((step.evidence for step in reversed(receipt.history) if WAS_SILENT in step.evidence), None)
    return None if silent is None else f"{silent}, and its task counts as ended"
