"""What is just being stored, and how many messages may wait for one peer, or lie unread for the operator, counted with
that."""

import contextlib
from collections.abc import Iterator, Sequence

from msgspec import Struct

from peerd.core.queue import gives_way
from peerd.counted import counted
from peerd.daemon.accepted import waits
from peerd.daemon.context import Daemon
from peerd.errors import TryAgain
from peerd.model.message import Message, MessageId
from peerd.model.peer import OPERATOR, QUEUE_MAX


@contextlib.contextmanager
def kept(daemon: Daemon, message: Message) -> Iterator[None]:
    """No other is given its place, or that under its key, while it is being stored."""
    under_way = daemon.receipts.under_way[message.target]
    under_way.append(message)
    try:
        yield
    finally:
        under_way.remove(message)


def check_queue(daemon: Daemon, message: Message, so: str) -> None:
    """Raises TryAgain where the queue of its target is full; `so` says what that means for it. What gives way to it
    leaves it a place."""
    peer, place = daemon.loop.peers[message.target], waits(daemon, message, message.reply_to is None)
    waiting = len({each.id for each in peer.waits} | _others_under_way(daemon, message))
    if waiting - any(gives_way(each, place) for each in peer.waits) >= peer.spec.queue_max:
        raise TryAgain(f"{message.target} has {counted(waiting, 'message')} waiting; {so}. Try again later.")


def check_unread(daemon: Daemon, message: Message, so: str) -> None:
    """What nobody reads is bounded too; of answers there are no more than was asked. `so`: as of `check_queue`."""
    under_way = {each.id: each for each in _others(daemon, message) if daemon.store.reader.receipt(each.id) is None}
    unread = unread_by_operator(daemon, [*under_way.values()])
    if unread.count - _giving_way(daemon, message) >= unread_max(daemon):
        raise TryAgain(f"{OPERATOR} has {unread}; {so}. Try again later.")


def _giving_way(daemon: Daemon, message: Message) -> int:
    """How many lie unread that it takes the place of."""
    if message.key is None or message.sent_in is None or message.sender_is_gone:
        return 0
    return daemon.store.reader.unread_of_key(message.sender, message.key, answers=message.reply_to is not None)


def unread_max(daemon: Daemon) -> float:
    return daemon.settings.peers.get("queue_max", QUEUE_MAX)


class Unread(Struct, frozen=True):
    """How many messages; those that are `later` are in no inbox yet."""

    count: int
    later: int

    def __str__(self) -> str:
        later = f" and {self.later} not due yet" if self.later else ""
        return f"{counted(self.count - self.later, 'message')} unread{later}"


def unread_by_operator(daemon: Daemon, others: Sequence[Message] = ()) -> Unread:
    """With `others`, which are on no record."""
    reader = daemon.store.reader
    on_record = reader.queue_depths().get(OPERATOR, 0)
    later = on_record - reader.unread() + sum(each.not_before is not None for each in others)
    return Unread(on_record + len(others), later)


def _others_under_way(daemon: Daemon, message: Message) -> set[MessageId]:
    """What is just being stored for the same target."""
    return {each.id for each in _others(daemon, message)}


def under_way_from(daemon: Daemon, message: Message) -> list[Message]:
    """Others of its sender that are just being stored for its target, and are not on record."""
    of_sender = (each for each in _others(daemon, message) if each.sender == message.sender)
    return [each for each in of_sender if daemon.store.reader.receipt(each.id) is None]


def of_key(daemon: Daemon, message: Message) -> MessageId | None:
    """Another one of its sender's under its key that is just being stored, and in no queue yet."""
    if message.key is None or message.sender_is_gone:
        return None
    of_sender = (each for each in _others(daemon, message) if each.sender == message.sender)
    return next((each.id for each in of_sender if each.key == message.key), None)


def _others(daemon: Daemon, message: Message) -> list[Message]:
    return [each for each in daemon.receipts.under_way[message.target] if each.id != message.id]
