"""A turn that more than one message had, by its runtime's doing: on record in the words of a step of each."""

from collections.abc import Sequence

from peerd.core.action import RecordSubmitted
from peerd.daemon.live import Live
from peerd.model.message import MessageId, Receipt, Task

IN_ONE = "in one turn with "
MAYBE = ", or in one after it: which is not known"


def beside(live: Live | None, action: RecordSubmitted) -> str:
    """Of what shows that it was taken: that a turn was open, whose end may be its own."""
    if action.beside is not None:
        return f", while the turn of {action.beside} was open"
    others = live is not None and action.message in live.in_others
    return ", while a turn was open that no message of peerd's began" if others else ""


def step(others: Sequence[MessageId], *, unclear: bool) -> str:
    return f"{IN_ONE}{', '.join(others)}{MAYBE if unclear else ''}"


def told(receipt: Receipt) -> str | None:
    """For whoever waits for its end; None where that was of its turn alone, or it was answered."""
    if receipt.task is not Task.TURN_ENDED:
        return None
    others = next((each.evidence for each in reversed(receipt.history) if each.evidence.startswith(IN_ONE)), None)
    if others is None:
        return None
    words = "no last words are known of that" if receipt.answer is None else "these are the last words of that"
    return f"no reply came; {receipt.message.id} was {others}, and {words}"
