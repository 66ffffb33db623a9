"""What was sent to the person in charge: listed without being read, marked as read once it was shown, and unread once
more where it came to nothing."""

from peerd.daemon import messages, printed_answers, quota, unread
from peerd.daemon.context import Daemon
from peerd.daemon.identity import Asker
from peerd.daemon.send import read_by_operator
from peerd.edges import clock
from peerd.errors import PeerdError
from peerd.model.message import Message
from peerd.model.peer import OPERATOR
from peerd.rpc import mail, rows
from peerd.rpc import params as p
from peerd.store.write import Revive


def listed(daemon: Daemon, params: p.InboxParams) -> mail.InboxListed:
    reader = daemon.store.reader
    since = messages.since_of(params.since) if params.since is not None else None
    sender = messages.on_record(daemon, params.sender) if params.sender is not None else None
    found = reader.inbox(params.everything, sender, since, params.limit)
    listed = [rows.inbox_row(each, reader.question(each)) for each in found.receipts]
    lost = reader.unseen_of(OPERATOR) if params.everything else frozenset()
    return mail.InboxListed(
        messages=listed,
        unread=reader.unread(),
        more=found.more,
        unseen=[each for each in found.ids if each in lost],
        left_out=[*found.left_out],
    )


async def read(daemon: Daemon, who: Asker, params: p.MessageReadParams) -> mail.MessageRow:
    """On disk once this returns. What was read, or is over, stays as it is. A session has read what answers it."""
    receipt = messages.receipt_of(daemon, params.id)
    if who.session is not None:
        printed_answers.read(daemon, who, receipt, params)
        return rows.message_row(messages.receipt_of(daemon, params.id), None, None)
    if receipt.message.target != OPERATOR:
        raise PeerdError(f"{params.id} was sent to {receipt.message.target}: it is not yours to be marked as read.")
    await read_by_operator(daemon, receipt, f"peerd {params.by}")
    return rows.message_row(messages.receipt_of(daemon, params.id), None, None)


async def unread_again(daemon: Daemon, who: Asker, message: Message) -> None:
    """What nobody read or answered in time; without its old time, and its deadline counts anew once it is read. Raises
    PeerdError for what did not come to nothing or gave way, TryAgain where too much lies unread."""
    unread.refuse_older(daemon, message)
    quota.check_unread(daemon, message, f"{message.id} stays as it is")
    with quota.kept(daemon, message):
        await daemon.store.commit(Revive(message.id, clock.wall(), f"requeued by {who.identity}"))
    daemon.log.write("revived", id=message.id, to=message.target, by=who.identity)
    daemon.board.stirred.set()
    daemon.receipts.of_people.set()
    daemon.receipts.changed(message.id)
