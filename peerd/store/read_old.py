"""What the record could do without, by the numbers of its rows, and what it has no text of any more."""

import json
from collections.abc import Container, Iterable

from peerd.model.message import MessageId
from peerd.model.peer import PeerName
from peerd.model.session import SessionId
from peerd.store.conditions import MAY_LIVE
from peerd.store.old import IN_HAND, OLD, OLD_SESSION, WITH_TEXT, WITHOUT_TEXT
from peerd.store.rows import Rows

TAKEN_LAST = 4
"""Of a session: its turn may be that of each of them."""

LAST_TAKEN = (
    "SELECT id FROM message WHERE target = :peer AND session = :session AND state = 'submitted' "
    f"ORDER BY seq DESC LIMIT {TAKEN_LAST}"
)


class OldOnRecord(Rows):
    def old_texts(
        self, before: float, peer: PeerName | None, limit: int, in_hand: Iterable[MessageId] = ()
    ) -> list[int]:
        """Of messages that were over before then (Unix seconds), from or to this peer, the oldest first. `in_hand`:
        but for those."""
        return self._old(WITH_TEXT, before, peer, limit, in_hand)

    def old_receipts(
        self, before: float, peer: PeerName | None, limit: int, in_hand: Iterable[MessageId] = ()
    ) -> list[int]:
        """As `old_texts`, of messages whose texts are gone."""
        return self._old(WITHOUT_TEXT, before, peer, limit, in_hand)

    def last_taken(self, at_rest: Container[SessionId]) -> set[MessageId]:
        """The last ones that each session took that may live, but for those that are at rest."""
        live = self._rows(f"SELECT id, peer FROM session WHERE {MAY_LIVE}", {})
        asked = ({"session": row["id"], "peer": row["peer"]} for row in live if row["id"] not in at_rest)
        return {row["id"] for each in asked for row in self._rows(LAST_TAKEN, each)}

    def old_sessions(self, before: float, limit: int) -> list[int]:
        sql = f"SELECT seq FROM session WHERE {OLD_SESSION} LIMIT :limit"
        return [row["seq"] for row in self._rows(sql, {"before": before, "limit": limit})]

    def count_old(self, before: float, peer: PeerName | None) -> tuple[int, int, int]:
        """How many messages could go, those without a text too; how many have one; and bytes of the files beside
        them. Takes a second for each 100,000."""
        files = "(SELECT coalesce(sum(size), 0) FROM attachment WHERE message = message.seq)"
        sql = (
            f"SELECT count(*) AS rows, coalesce(sum(gone_at IS NULL), 0) AS texts, "
            f"coalesce(sum({files}), 0) AS bytes FROM message WHERE {OLD}"
        )
        (row,) = self._rows(sql, {"before": before, "peer": peer})
        return row["rows"], row["texts"], row["bytes"]

    def with_text(self, ids: Iterable[str]) -> set[str]:
        """Those of them that are on record with their texts."""
        sql = "SELECT id FROM message WHERE gone_at IS NULL AND id IN (SELECT value FROM json_each(:ids))"
        return {row["id"] for row in self._rows(sql, {"ids": json.dumps([*ids])})}

    def _old(
        self, which: str, before: float, peer: PeerName | None, limit: int, in_hand: Iterable[MessageId]
    ) -> list[int]:
        sql = f"SELECT seq FROM message WHERE {which} AND NOT {IN_HAND} ORDER BY accepted_at LIMIT :limit"
        values = {"before": before, "peer": peer, "limit": limit, "in_hand": json.dumps([*in_hand])}
        return [row["seq"] for row in self._rows(sql, values)]
