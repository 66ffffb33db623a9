"""The first message of a fresh session, its spec's `initial_prompt`: on record in one commit with its being ready, by
an id made of the session's, so that it is there once, whatever dies. It ends with its session."""

from peerd.core.lifecycle import used_up
from peerd.daemon.accepted import log_accepted
from peerd.daemon.context import Daemon
from peerd.daemon.live import Live
from peerd.edges import clock
from peerd.errors import PeerdError
from peerd.model.message import ON_THE_WAY, Delivery, Message, MessageId, Receipt, first_id, is_first
from peerd.model.peer import OPERATOR
from peerd.store.write import InsertMessage, SetDelivery, SetMark, SetReady


def written(live: Live, at: float) -> tuple[InsertMessage, ...]:
    """What goes on record with the session's being ready; nothing for one that goes on with a conversation."""
    body = live.spec.initial_prompt
    if live.session.mode != "fresh" or live.adapter.kind != "tui" or not body.strip():
        return ()
    message = Message(
        id=first_id(live.id),
        sender=OPERATOR,
        sender_identity=OPERATOR,
        sender_kind="person",
        target=live.peer,
        body=body,
        accepted_at=at,
    )
    return (InsertMessage(message, None),)


def waiting(daemon: Daemon, live: Live) -> MessageId | None:
    """The one on record, unless it is over."""
    receipt = daemon.store.reader.sensible(first_id(live.id))
    return receipt.message.id if receipt is not None and is_first(receipt) and receipt.state in ON_THE_WAY else None


async def become_ready(daemon: Daemon, live: Live) -> bool:
    """On disk once this returns: that the session takes input, that it used its peer's mark up, and what it is given
    first. False where that was so already."""
    at = clock.wall()
    first = written(live, at)
    used = (SetMark(each.peer, each.marked) for each in used_up(daemon.loop.peers[live.peer]))
    await daemon.store.keep(SetReady(live.id, at), *used, *first)
    if live.ready:
        return False
    live.ready_at = at
    for each in first:
        log_accepted(daemon, each.message, each.task)
    return True


async def cancel(daemon: Daemon, id: MessageId) -> None:
    """Its session is over: it is nobody else's. Nothing where there is none, or it was taken."""
    try:
        receipt = daemon.store.reader.receipt(id)
        if receipt is not None and is_first(receipt) and receipt.state in ON_THE_WAY:
            await _cancel(daemon, receipt)
    except PeerdError as error:  # the next daemon makes up for it
        daemon.log.write("action-failed", action=f"cancel {id}", why=str(error))


async def _cancel(daemon: Daemon, receipt: Receipt) -> None:
    id, why = receipt.message.id, "its session ended before it was seen to take it"
    await daemon.store.commit(SetDelivery(id, Delivery.CANCELLED, receipt.attempt, None, clock.wall(), why))
    daemon.log.write("dropped", id=id, to=receipt.message.target, state=Delivery.CANCELLED, why=why)
    daemon.receipts.changed(id)
