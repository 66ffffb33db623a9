"""What goes on record of messages that nobody will be given."""

from peerd.core.history import all_told, behind
from peerd.model.message import TAKEN_LATE, Delivery, Receipt, Task
from peerd.store.ends import is_lost
from peerd.store.write import SetDelivery, SetTask, TakeOut


def ending(receipt: Receipt, at: float, why: str) -> SetDelivery | SetTask:
    """What was delivered is not taken back, but nothing more is to come of it."""
    if receipt.state is Delivery.SUBMITTED:
        return SetTask(receipt.message.id, Task.DEAD, at, why)
    return cancelling(receipt, at, why)


def taking_out(receipt: Receipt, at: float, why: str) -> TakeOut:
    """As `ending`, for one of many: what has come to another end meanwhile keeps that."""
    ended = ending(receipt, at, why)
    return TakeOut(ended.message, at, ended.evidence)


def undelivered(receipt: Receipt) -> str | None:
    """For whoever waits for it: why it came to nothing; None where it was delivered."""
    return why_ended(receipt) if is_lost(receipt) and receipt.history else None


def why_ended(receipt: Receipt) -> str:
    """By its last step, but for what was told of it later."""
    ends = (step.evidence for step in reversed(receipt.history) if not step.evidence.startswith(TAKEN_LATE))
    return next(ends, "")


def cancelling(receipt: Receipt, at: float, why: str) -> SetDelivery:
    """Of what waits, and may have been typed or taken."""
    told = f"{why}{all_told(behind(receipt.history)).tally.words}"
    return SetDelivery(receipt.message.id, Delivery.CANCELLED, receipt.attempt, None, at, told)
