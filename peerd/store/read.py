"""What is on record, read-only: beside a running owner, or where none runs. Never waits for a writer.

Every answer is of one moment. Knows no asyncio, so that the command line can use it.
"""

import os

from peerd.errors import StoreError
from peerd.model.message import MessageId, Receipt
from peerd.store.approvals import ApprovalsOnRecord
from peerd.store.database import Connection, in_memory, read_only, told
from peerd.store.migrate import migrate, refuse_newer, version
from peerd.store.noticed import NoticesOnRecord
from peerd.store.read_inbox import InboxOnRecord
from peerd.store.read_messages import MessagesOnRecord
from peerd.store.read_old import OldOnRecord
from peerd.store.read_pairs import PairsOnRecord
from peerd.store.read_peers import PeersOnRecord
from peerd.store.schema import VERSION
from peerd.store.statement import clean


class Reader(
    MessagesOnRecord, InboxOnRecord, PairsOnRecord, PeersOnRecord, NoticesOnRecord, ApprovalsOnRecord, OldOnRecord
):
    """The whole record."""

    @classmethod
    def open(cls, path: str) -> "Reader":
        """Nothing is on record where there is no store yet. Raises StoreError; ConfigError for a newer peerd's."""
        if not os.path.exists(path) or not os.path.getsize(path):
            return cls(_empty(), path)
        with told(path, "opened"):
            connection = read_only(path)
            found = version(connection)
        if found == VERSION:
            return cls(connection, path)
        try:
            refuse_newer(connection, path)
        finally:
            connection.close()
        if found:
            raise StoreError(f"{path}: written by an older peerd: `peerd daemon restart` brings it up to date")
        return cls(_empty(), path)

    def sent_before(
        self, id: MessageId, to: str | None, body: str, topic: str | None = None, reply_to: str | None = None
    ) -> Receipt | None:
        """This very message, as it is on record; its peer may have another name by now. `to` None: whomever. None for
        one from or to who was removed, once somebody else has the name that it goes by: it is another message."""
        found, said = self.receipt(id), (clean(body), topic, reply_to)
        if found is None or (found.message.body, found.message.topic, found.message.reply_to) != said:
            return None
        if found.message.sender_is_gone:
            return None
        if found.message.target_is_gone and self.is_a_peer(to or found.message.target):
            return None
        names = {to}
        while to is not None and (since := self.renamed(to)) is not None and since not in names:
            names.add(to := since)
        return found if to is None or found.message.target in names else None


def _empty() -> Connection:
    connection = in_memory()
    migrate(connection)
    return connection
