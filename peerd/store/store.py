"""The daemon's record, and the one writer of it. What is committed is on disk; what was accepted is never lost."""

import asyncio
import os
from collections.abc import Callable

import msgspec

from peerd.errors import StoreError, TryAgain
from peerd.model.message import Message, Receipt, Task
from peerd.store.database import Connection, own, told
from peerd.store.opening import SetAside, begin, prepare
from peerd.store.read import Reader
from peerd.store.reserve import Reserve
from peerd.store.write import InsertMessage, Write
from peerd.store.writer import Changed, Writer

COMMITS_WAITING_MAX = 1024
"""Of these a message may find before it; a bound on memory. The daemon's own writes are bounded by its peers."""


class Accepted(msgspec.Struct, frozen=True):
    """`new` is False for a message that was on record already, sent once more under its id."""

    receipt: Receipt
    new: bool


class Store:
    """Used from one event loop; `reader` from the same thread."""

    def __init__(
        self, connection: Connection, path: str, epoch: int, set_aside: SetAside | None, reserve: Reserve
    ) -> None:
        self.epoch = epoch  # which opening this is; later ones have higher numbers
        self.set_aside = set_aside  # the damaged file that was here before, None as a rule
        self.reader = Reader.open(path)
        self._writer = Writer(connection, path, reserve)

    @classmethod
    def open(cls, path: str, *, wall: float) -> "Store":
        """Own the database at `path`, made where it is missing; `wall` is Unix seconds. Blocks.

        There may be one owner at a time, which is not checked here. A damaged file is set aside, never deleted.
        Raises ConfigError for a newer peerd's database, StoreError where the disk refuses.
        """
        path = os.path.abspath(path)
        set_aside = prepare(path, wall)
        connection = own(path)
        try:
            with told(path, "opened"):
                epoch = begin(connection)
            reserve = Reserve(path)
            reserve.hold()
            return cls(connection, path, epoch, set_aside, reserve)
        except BaseException:
            connection.close()
            raise

    @property
    def transactions(self) -> int:
        """Since the opening; commits that waited together shared one."""
        return self._writer.transactions

    def commit(self, *writes: Write) -> asyncio.Future[Changed]:
        """All of the writes or none, on disk when awaited; in the order in which commits were asked for, whether they
        are awaited or not.

        Returns for each write whether it changed anything. Raises PeerdError where the record refuses one,
        StoreError where the disk does. Cancelling gives up the wait, not the commit.
        """
        return self._writer.commit(writes)

    def keep(self, *writes: Write) -> asyncio.Future[Changed]:
        """As `commit`, for what has happened already: where the disk refuses, it is tried again until it is on disk or
        the store is closed, and nothing that was asked for later overtakes it."""
        return self._writer.commit(writes, kept=True)

    @property
    def trouble(self) -> str | None:
        """Why what is kept is not on disk yet; None as a rule."""
        return self._writer.trouble

    @property
    def refusal(self) -> str | None:
        """Why the disk refused what was asked for last; None as a rule, and once it takes the next."""
        return self._writer.refusal

    def tell_trouble(self, to: Callable[[StoreError], None]) -> None:
        """Called once whenever it begins."""
        self._writer.on_trouble = to

    def tell_ends(self, to: Callable[[], None]) -> None:
        """Called whenever messages may have come to their end by what is on disk now."""
        self._writer.on_end = to

    async def accept(self, message: Message, task: Task | None, *along: Write) -> Accepted:
        """Take charge of a message: it is on disk on return, with what is written `along` or not at all. A message
        on record is left as it stands.

        Raises PeerdError where another message has its id, TryAgain where too many wait already.
        """
        if self._writer.waiting >= COMMITS_WAITING_MAX:
            raise TryAgain("the disk is behind: the message was not stored, send it again in a moment")
        new, *_ = await self._writer.commit((InsertMessage(message, task), *along))
        receipt = self.reader.receipt(message.id)
        assert receipt is not None
        return Accepted(receipt, new)

    async def close(self) -> None:
        """Returns when all that was asked for is on disk and the file is closed; once only."""
        await self._writer.drain()
        self.reader.close()
        await self._writer.close()
