"""What lies unread for the person in charge: from when it is due on, and of one sender's under one key the latest
alone. It passes no queue, where the core holds both."""

from msgspec.structs import replace

from peerd import rfc3339
from peerd.daemon.context import Daemon
from peerd.daemon.notices import notify
from peerd.edges import clock
from peerd.errors import PeerdError, StoreError
from peerd.model.message import TOOK_ITS_PLACE, Delivery, Message, MessageId, Receipt
from peerd.model.peer import OPERATOR
from peerd.store.steps import SetDue
from peerd.store.write import SetDelivery


def is_later(receipt: Receipt) -> bool:
    message = receipt.message
    return (message.target, receipt.state) == (OPERATOR, Delivery.ACCEPTED) and message.not_before is not None


async def join(daemon: Daemon, receipt: Receipt) -> None:
    """It is due: it lies unread from now on, as the last, and commands tell it. Raises PeerdError."""
    due, asks = replace(receipt.message, not_before=None), receipt.task is not None
    why = f"due: it was not to be shown before {rfc3339.stamp(receipt.message.not_before or 0.0)}"
    with notify.stored_with(daemon, due, asks=asks) as pending:
        joined, *_ = await daemon.store.commit(SetDue(due.id, clock.wall(), why), *pending)
    if joined:
        daemon.log.write("due", id=due.id, to=OPERATOR)
        notify.of_message(daemon, due, asks=asks)


async def give_way(daemon: Daemon) -> None:
    """Each that a later one under its key has come for. Raises StoreError."""
    for older, later in daemon.store.reader.overtaken():
        why = f"{later} {TOOK_ITS_PLACE}"
        try:
            await daemon.store.commit(SetDelivery(older, Delivery.CANCELLED, 0, None, clock.wall(), why))
        except StoreError:
            raise
        except PeerdError:  # it was read, answered or cancelled meanwhile
            continue
        daemon.log.write("dropped", id=older, to=OPERATOR, state=Delivery.CANCELLED, why=why)
        notify.forget(daemon, older)
        daemon.receipts.changed(older)


def refuse_older(daemon: Daemon, message: Message) -> None:
    """Raises PeerdError where a later one under its key waits: that is the later word."""
    later = _later_word(daemon, message)
    if later is not None:
        raise PeerdError(
            f"{later} waits under the same key, {message.key!r}, and is the later word: {message.id} stays as it is. "
            f"`peerd queue cancel {later}` first, if it is to lie unread again."
        )


def _later_word(daemon: Daemon, message: Message) -> MessageId | None:
    if message.key is None or message.sender_is_gone:
        return None
    of_key = (
        each.message.id
        for each in daemon.store.reader.unfinished(OPERATOR).receipts
        if each.state is Delivery.ACCEPTED
        and (each.message.sender, each.message.key) == (message.sender, message.key)
        and not each.message.sender_is_gone
    )
    return next(of_key, None)
