"""Of which messages their senders are to be told that they are over: noted in one commit with that end."""

import msgspec

from peerd.model.message import MessageId
from peerd.model.peer import DAEMON, OPERATOR
from peerd.store.database import Connection, Row
from peerd.store.statement import change


class SettleReport(msgspec.Struct, frozen=True, tag=True):
    """Its sender was told, or need not be."""

    message: MessageId


OWE = (
    "INSERT OR IGNORE INTO owed SELECT seq FROM message WHERE seq = :seq AND (reply_to IS NULL OR :failed) "
    "AND sent_in IS NOT NULL "
    f"AND sender NOT IN ('{OPERATOR}', '{DAEMON}') AND (:failed OR report != 'failed') "
    "AND (task IS NULL OR task NOT IN ('open', 'answered'))"
)
"""The operator has notices, and who was removed hears of nothing any more. What is done with a reply is no news."""

ASKED = (
    "SELECT seq FROM message WHERE id = :reply_to AND task = 'answered' AND EXISTS "
    "(SELECT 1 FROM step WHERE step.message = message.seq AND evidence = 'reply ' || :id)"
)
OWE_ANSWER = f"INSERT OR IGNORE INTO owed {ASKED} AND sent_in IS NOT NULL AND sender NOT IN ('{OPERATOR}', '{DAEMON}')"
"""Who asked is told by the answer; where that is lost, that there was one."""


def owe(connection: Connection, row: Row, *, failed: bool) -> None:
    """Once its end is in its row."""
    change(connection, OWE, {"seq": row["seq"], "failed": failed})
    if failed and row["reply_to"] is not None:
        change(connection, OWE_ANSWER, {"id": row["id"], "reply_to": row["reply_to"]})


def owe_no_more(connection: Connection, row: Row) -> None:
    """It is not over after all, or its sender is told by an answer."""
    change(connection, "DELETE FROM owed WHERE message = :seq", {"seq": row["seq"]})
    if row["reply_to"] is not None:
        its = f"DELETE FROM owed WHERE message IN ({ASKED})"
        change(connection, its, {"id": row["id"], "reply_to": row["reply_to"]})


def owe_nothing(connection: Connection, sender: str) -> None:
    """It is removed: what it sent is nobody's, so that nobody of its name is told of it."""
    of = {"peer": sender}
    change(connection, "DELETE FROM owed WHERE message IN (SELECT seq FROM message WHERE sender = :peer)", of)
    change(connection, "UPDATE message SET sent_in = NULL WHERE sender = :peer AND sent_in IS NOT NULL", of)


def settle_report(connection: Connection, write: SettleReport) -> bool:
    settled = "DELETE FROM owed WHERE message = (SELECT seq FROM message WHERE id = :id)"
    return change(connection, settled, {"id": write.message}) > 0
