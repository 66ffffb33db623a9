"""What lies unread for the operator."""

from peerd.model.message import MessageId
from peerd.model.peer import PeerName
from peerd.store.conditions import UNREAD
from peerd.store.rows import Rows

KEYED = (
    "SELECT seq, id, sender, key, task IS NULL AS answers FROM message INDEXED BY message_waiting "
    f"WHERE {UNREAD} AND key IS NOT NULL AND sent_in IS NOT NULL"
)
OVERTAKEN = (
    f"WITH keyed AS ({KEYED}) SELECT id, (SELECT id FROM keyed AS later WHERE later.seq > keyed.seq "
    "AND (later.sender, later.key, later.answers) = (keyed.sender, keyed.key, keyed.answers) "
    "ORDER BY seq DESC LIMIT 1) AS by FROM keyed WHERE by IS NOT NULL ORDER BY seq"
)
"""A namesake of who was removed is another sender."""

OF_KEY = f"SELECT count(*) AS count FROM ({KEYED}) WHERE (sender, key, answers) = (:sender, :key, :answers)"


class InboxOnRecord(Rows):
    def unread(self) -> int:
        """How many messages; without those that are not due yet."""
        due = f"FROM message INDEXED BY message_waiting WHERE {UNREAD} AND not_before IS NULL"
        count: int = self._rows(f"SELECT count(*) AS count {due}", {})[0]["count"]
        return count

    def unread_of_key(self, sender: PeerName, key: str, *, answers: bool) -> int:
        """How many one more of this sender's, under this key, takes the place of."""
        count: int = self._rows(OF_KEY, {"sender": sender, "key": key, "answers": answers})[0]["count"]
        return count

    def overtaken(self) -> list[tuple[MessageId, MessageId]]:
        """Those that a later one of their sender's, under the same key, takes the place of, and which."""
        return [(MessageId(row["id"]), MessageId(row["by"])) for row in self._rows(OVERTAKEN, {})]
