"""What goes on record of messages that a peer which is no more, or is to be none, will not be given."""

from peerd.core.history import all_told, behind
from peerd.model.message import Delivery, Receipt, Task
from peerd.store.ends import UNDELIVERED
from peerd.store.write import SetDelivery, SetTask


def ending(receipt: Receipt, at: float, why: str) -> SetDelivery | SetTask:
    """What was delivered is not taken back, but nothing more is to come of it."""
    if receipt.state is Delivery.SUBMITTED:
        return SetTask(receipt.message.id, Task.DEAD, at, why)
    return cancelling(receipt, at, why)


def undelivered(receipt: Receipt) -> str | None:
    """For whoever waits for it: why it came to nothing; None where it was delivered."""
    return receipt.history[-1].evidence if receipt.state in UNDELIVERED and receipt.history else None


def cancelling(receipt: Receipt, at: float, why: str) -> SetDelivery:
    """Of what waits, and may have been typed or taken."""
    told = f"{why}{all_told(behind(receipt.history)).tally.words}"
    return SetDelivery(receipt.message.id, Delivery.CANCELLED, receipt.attempt, None, at, told)
