"""What is on record of messages. One that makes no sense costs no other."""

import json
from collections.abc import Iterable
from typing import Any

import msgspec

from peerd.model.message import PRINTED_BY, Delivery, MessageId, Receipt, first_id
from peerd.model.peer import PeerName
from peerd.model.session import SessionId
from peerd.store import decode
from peerd.store.conditions import CAME_TO_NOTHING, DEAD_LETTER, TO_BE_GIVEN, UNFINISHED, UNREAD, WAITING, WORKING
from peerd.store.decode import Row, Senseless
from peerd.store.noticed import UNSEEN_LOSS
from peerd.store.rows import Rows

RECEIPT = "SELECT message.*, text AS body FROM message LEFT JOIN body ON body.message = seq"
BEGINNING = RECEIPT.replace("text AS body", "substr(text, 1, 400) AS body")
RECEIPT_WITHOUT_TEXTS = (
    "SELECT seq, id, sender, sender_identity, sender_kind, target, accepted_at, topic, reply_to, hops, "
    "expires_at, not_before, deadline_s, key, priority, wakes, report, for_session, sent_in, "
    "descends_from, to_group, target_is_gone, place, files, gone_at, "
    "state, task, hold, attempt, session, answer_from, exit_status, '' AS body FROM message"
)
RANKED = (
    "SELECT seq AS n, max(iif(priority = 'high', 2, priority != 'low')) OVER "
    "(PARTITION BY sender ORDER BY place ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS rank "
    f"FROM message INDEXED BY message_waiting WHERE {UNREAD} AND not_before IS NULL"
)
RANKED_BEGINNING = f"{BEGINNING} LEFT JOIN ranked ON n = seq".replace("message.*", "message.*, rank")
"""By the highest priority of a message and of its sender's later ones, as in a queue."""

TEXT_UNREAD = RECEIPT_WITHOUT_TEXTS.replace(
    "'' AS body FROM message",
    "iif(typeof(text) = 'text', '', text) AS body FROM message LEFT JOIN body ON body.message = seq",
)
"""Tells as RECEIPT does whether a row makes sense: a text that is gone, or is none, does not. Reads no page of it."""

ASKED_OPERATOR = (
    TEXT_UNREAD.replace("FROM message ", "FROM message INDEXED BY message_working ")
    + f" WHERE {WORKING} AND target = 'operator' AND sender = :peer AND sent_in IS NOT NULL ORDER BY seq DESC LIMIT 1"
)
"""Of what is open alone, however much this peer ever sent."""

PRINTED = (
    f"SELECT 1 FROM step AS ended JOIN message AS reply ON reply.id = substr(ended.evidence, {len('reply ') + 1}) "
    "JOIN step AS taken ON taken.message = reply.seq WHERE ended.message = message.seq "
    f"AND ended.state = 'answered' AND taken.evidence LIKE '{PRINTED_BY} %'"
)


class Listing(msgspec.Struct, frozen=True):
    """What was asked for. `left_out` are the ids of what makes no sense; None for one that has none either. `more`:
    there is more than was asked for."""

    receipts: list[Receipt]
    left_out: list[MessageId | None] = []
    more: bool = False

    @property
    def ids(self) -> list[MessageId]:
        """With what is left out, where that has one."""
        return [*(each.message.id for each in self.receipts), *(id for id in self.left_out if id is not None)]


class MessagesOnRecord(Rows):
    def receipt(self, message: MessageId) -> Receipt | None:
        """Raises Senseless."""
        with self._of_one_moment():
            return next((self._receipt(row) for row in self._rows(f"{RECEIPT} WHERE id = :id", {"id": message})), None)

    def sensible(self, message: MessageId) -> Receipt | None:
        """As `receipt`; None for one that makes no sense too."""
        return next(iter(self._listing(f"{RECEIPT} WHERE id = :id", {"id": message}).receipts), None)

    def without_text(self, message: MessageId) -> Receipt | None:
        """As `sensible`, without its text."""
        return next(iter(self._listing(f"{TEXT_UNREAD} WHERE id = :id", {"id": message}).receipts), None)

    def receipts(
        self,
        peer: PeerName | None = None,
        state: Delivery | None = None,
        since: float | None = None,
        limit: int = 200,
        before: MessageId | None = None,
    ) -> Listing:
        """The newest first, without their texts: `body` is "" and `answer` None. `peer` is sender or target."""
        values = {"peer": peer, "state": state and state.value, "since": since, "before": before, "limit": limit}
        conditions = {
            "peer": "(target = :peer OR sender = :peer)",
            "state": "state = :state",
            "since": "accepted_at >= :since",
            "before": "seq < (SELECT seq FROM message WHERE id = :before)",
        }
        asked = " AND ".join(each for name, each in conditions.items() if values[name] is not None) or "TRUE"
        return self._listing(f"{RECEIPT_WITHOUT_TEXTS} WHERE {asked} ORDER BY seq DESC LIMIT :limit", values)

    def inbox(self, everything: bool, sender: str | None, since: float | None, limit: int) -> Listing:
        """What was sent to the operator, with the beginnings of the texts: what came to nothing and was not looked at
        since, then unread, the highest rank first, then the oldest, then what was read, the newest first. But for
        `everything`: what is unread or awaits an answer. What is not due yet is not unread, and comes last of what was
        not read."""
        asked = f"target = 'operator' AND (:everything OR rank IS NOT NULL OR ({WORKING}))"
        only = "(:sender IS NULL OR sender = :sender) AND (:since IS NULL OR accepted_at >= :since)"
        order = f"ORDER BY ({UNSEEN_LOSS}) IS NOT TRUE, state != 'accepted', -rank NULLS LAST, "
        order += "iif(state = 'accepted', place, -seq)"
        values = {"everything": everything, "sender": sender, "since": since}
        ranked = f"WITH ranked AS ({RANKED}) {RANKED_BEGINNING} WHERE {asked} AND {only} {order}"
        return self._first(ranked, values, limit)

    def question(self, reply: Receipt) -> Receipt | None:
        """What it replies to, with the beginning of its text."""
        found = self._listing(f"{BEGINNING} WHERE id = :id", {"id": reply.message.reply_to}).receipts
        return found[0] if found else None

    def asked_operator(self, peer: PeerName) -> Receipt | None:
        """The last that this peer asked the operator, of what was read and awaits an answer; without its text. What a
        removed peer sent is in no session's name any more."""
        found = self._listing(ASKED_OPERATOR, {"peer": peer}).receipts
        return found[0] if found else None

    def replies(self, message: MessageId) -> list[Receipt]:
        """What was sent in reply to a message, in the order accepted."""
        return self._listing(f"{RECEIPT} WHERE reply_to = :id ORDER BY seq", {"id": message}).receipts

    def late_reply(self, of: Receipt) -> MessageId | None:
        """The first that who was asked replied to what had come to nothing by then."""
        of_it = "reply_to = :id AND sender = :target AND target = :sender"
        sql = f"SELECT id FROM message AS reply WHERE {of_it} AND EXISTS "
        by_it = "(NOT target_is_gone OR reply.sent_in IS NULL)"  # no namesake of one that was removed
        sql += f"(SELECT 1 FROM message WHERE id = :id AND {CAME_TO_NOTHING} AND {by_it}) ORDER BY seq LIMIT 1"
        asked = of.message
        rows = self._rows(sql, {"id": asked.id, "sender": asked.sender, "target": asked.target})
        return decode.known(rows[0]["id"], MessageId) if rows else None

    def of_group(self, id: str) -> dict[MessageId, PeerName | None]:
        """Of a message to a group, each one's own, and whose that is, by the name it has by now; None for one that was
        removed. Another group's id may begin with this one and a dot: what follows that has a dot of its own."""
        whose = "SELECT id, iif(target_is_gone, NULL, target) AS peer FROM message"
        own = f"{whose} WHERE id > :id || '.' AND id < :id || '/' AND to_group IS NOT NULL ORDER BY seq"
        rows = [row for row in self._rows(own, {"id": id}) if "." not in row["id"][len(id) + 1 :]]
        return {MessageId(row["id"]): decode.peer_name(row["peer"]) for row in rows}

    def owed(self) -> list[MessageId]:
        """What is over and of which its sender is to be told, in the order accepted."""
        rows = self._rows("SELECT id FROM message JOIN owed ON owed.message = seq ORDER BY seq", {})
        return [MessageId(row["id"]) for row in rows]

    def asked_in(self, message: MessageId, peer: PeerName) -> str | None:
        """The conversation in which a peer sent this, by the name it has by now; None where that is not known, or was
        another runtime's than its last session's."""
        asked = (
            "SELECT conversation FROM message JOIN session ON session.id = message.sent_in WHERE message.id = :id "
            "AND peer = :peer AND runtime = (SELECT runtime FROM session AS last WHERE last.peer = :peer "
            "AND ready_at IS NOT NULL ORDER BY seq DESC LIMIT 1)"
        )
        rows = self._rows(asked, {"id": message, "peer": peer})
        return decode.known(rows[0]["conversation"], str) if rows else None

    def open_messages(self) -> list[Receipt]:
        """What is not over, in the order to be handed out, without texts: neither delivered nor lost, or delivered with
        its task open. `senseless` tells of what is left out."""
        found = f"{TEXT_UNREAD} WHERE {TO_BE_GIVEN} UNION ALL {TEXT_UNREAD} WHERE {WORKING} ORDER BY place, seq"
        return self._listing(found, {}).receipts

    def senseless(self) -> dict[MessageId, str]:
        """Messages that are not known to be over and make no sense, and why. They stay as they are."""
        rows = self._rows(f"SELECT id FROM message WHERE {UNFINISHED}", {})
        told = {row["id"]: self.why_senseless(row["id"]) for row in rows}
        return {id: why for id, why in told.items() if why is not None}

    def attached(self, digests: Iterable[str]) -> set[str]:
        """Those of them that are contents of files beside messages on record."""
        sql = "SELECT DISTINCT digest FROM attachment WHERE digest IN (SELECT value FROM json_each(:digests))"
        return {row["digest"] for row in self._rows(sql, {"digests": json.dumps([*digests])})}

    def why_senseless(self, message: MessageId) -> str | None:
        """None for one that makes sense, or is not there."""
        with self._of_one_moment():
            try:
                for row in self._rows(f"{TEXT_UNREAD} WHERE id = :id", {"id": message}):
                    self._receipt(row)
            except Senseless as error:
                return error.why
        return None

    def target(self, message: MessageId) -> str | None:
        """Whom it was sent to, whatever else of it makes sense."""
        rows = self._rows("SELECT target FROM message WHERE id = :id", {"id": message})
        return str(rows[0]["target"]) if rows else None

    def served(self, session: SessionId) -> MessageId | None:
        """A message whose task came to its end in this session."""
        over = "state = 'submitted' AND task NOT IN ('open', 'dead')"
        rows = self._rows(f"SELECT id FROM message WHERE session = :id AND {over} LIMIT 1", {"id": session})
        return rows[0]["id"] if rows else None

    def lost(self, session: SessionId) -> bool:
        """Whether a task that was taken in this session came to nothing, as one that was late."""
        dead = "state = 'submitted' AND task = 'dead'"
        return bool(self._rows(f"SELECT 1 FROM message WHERE session = :id AND {dead} LIMIT 1", {"id": session}))

    def limited_in(self, session: SessionId) -> MessageId | None:
        """A task whose turn in this session failed by a limit, and that was not seen to be taken since."""
        last = "SELECT outcome FROM step WHERE message = seq AND outcome IS NOT NULL ORDER BY n DESC LIMIT 1"
        sql = f"SELECT id FROM message WHERE session = :id AND state != 'submitted' AND ({last}) = 'limited' LIMIT 1"
        rows = self._rows(sql, {"id": session})
        return rows[0]["id"] if rows else None

    def said(self, message: MessageId) -> tuple[int | None, str | None] | None:
        """Exit status and words that the last turn of an open task ended with; None where it is not known to be
        over."""
        sql = "SELECT said.exit_status, last_words FROM said JOIN message ON message.seq = said.message WHERE id = :id"
        rows = self._rows(sql, {"id": message})
        return decode.known(tuple(rows[0].values()), tuple[int | None, str | None]) if rows else None

    def not_submitted_in(self, session: SessionId) -> list[Receipt]:
        """What was typed into this session last and is not on record as taken, in the order accepted, without texts;
        its first message is left out."""
        found = f"{RECEIPT_WITHOUT_TEXTS} WHERE session = :id AND state != 'submitted' AND id != :first ORDER BY seq"
        return self._listing(found, {"id": session, "first": first_id(session)}).receipts

    def sent_since(self, peer: PeerName, message: MessageId, limit: int) -> tuple[MessageId, ...]:
        """What this sender sent since a message was last taken, whatever the clocks said, the newest first; without
        what was answered to the command that asked."""
        sent = (
            "SELECT id FROM message WHERE sender = :peer AND seq > "
            "(SELECT taken_after FROM message WHERE id = :id) AND NOT (coalesce(task, '') = 'answered' AND EXISTS "
            f"({PRINTED})) ORDER BY seq DESC LIMIT :limit"
        )
        rows = self._rows(sent, {"peer": peer, "id": message, "limit": limit})
        told = (decode.known(row["id"], MessageId) for row in rows)
        return tuple(id for id in told if id is not None)

    def queue_depths(self) -> dict[PeerName, int]:
        """Messages that wait for their peer or are on the way into it; a peer without any is left out."""
        waiting = f"FROM message INDEXED BY message_waiting WHERE {WAITING}"
        return self._counted(f"SELECT target, count(*) AS count {waiting} GROUP BY target")

    def unfinished_counts(self) -> dict[PeerName, int]:
        """As `queue_depths`, with those that were delivered and whose task is open."""
        each = (f"SELECT target FROM message WHERE {condition}" for condition in (WAITING, WORKING))
        return self._counted(f"SELECT target, count(*) AS count FROM ({' UNION ALL '.join(each)}) GROUP BY target")

    def unfinished(self, peer: PeerName) -> Listing:
        """Messages to a peer that are not known to be over, in the order to be handed out, without their texts."""
        found = f"{RECEIPT_WITHOUT_TEXTS} WHERE target = :peer AND {UNFINISHED} ORDER BY place, seq"
        return self._listing(found, {"peer": peer})

    def waiting_for(self, peer: PeerName) -> Listing:
        """As `unfinished`, without what was delivered."""
        found = self.unfinished(peer)
        waiting = [each for each in found.receipts if each.state is not Delivery.SUBMITTED]
        return Listing(waiting, found.left_out)

    def given(self, peer: PeerName) -> tuple[PeerName, ...]:
        """Senders of what it has taken, who was given to least recently first."""
        rows = self._rows("SELECT sender FROM given WHERE target = :peer ORDER BY n", {"peer": peer})
        named = (decode.sender(row["sender"]) for row in rows)
        return tuple(name for name in named if name is not None)

    def dead_letters(self, peer: PeerName, limit: int) -> Listing:
        """What came to nothing, first what nobody has seen of that, then the newest, without texts; but for what gave
        way to a later one under its key, and what was sent to an earlier peer of this name, which was removed."""
        found = f"{RECEIPT_WITHOUT_TEXTS} WHERE target = :peer AND {DEAD_LETTER} "
        return self._first(f"{found} ORDER BY ({UNSEEN_LOSS}) IS NOT TRUE, seq DESC", {"peer": peer}, limit)

    def dead_counts(self) -> dict[PeerName, int]:
        """How many `dead_letters` a peer has; one without any is left out."""
        return self._counted(f"SELECT target, count(*) AS count FROM message WHERE {DEAD_LETTER} GROUP BY target")

    def _counted(self, sql: str) -> dict[PeerName, int]:
        """By target; one that is no name is no peer's."""
        named = ((decode.peer_name(row["target"]), row["count"]) for row in self._rows(sql, {}))
        return {name: count for name, count in named if name is not None}

    def _first(self, sql: str, values: dict[str, Any], limit: int) -> Listing:
        found = self._listing(f"{sql} LIMIT :limit", values | {"limit": limit + 1})
        more = len(found.receipts) + len(found.left_out) > limit
        return Listing(found.receipts[:limit], found.left_out, more)

    def _listing(self, sql: str, values: dict[str, Any]) -> Listing:
        receipts: list[Receipt] = []
        left_out: list[MessageId | None] = []
        with self._of_one_moment():
            for row in self._rows(sql, values):
                try:
                    receipts.append(self._receipt(row))
                except Senseless:
                    left_out.append(decode.known(row["id"], MessageId))
        return Listing(receipts, left_out)

    def _receipt(self, row: Row) -> Receipt:
        history = self._rows("SELECT * FROM step WHERE message = :seq ORDER BY n", {"seq": row["seq"]})
        return decode.receipt(row, history, self._files(row) if row["files"] and row["gone_at"] is None else [])

    def _files(self, row: Row) -> list[Row]:
        return self._rows("SELECT name, digest, size FROM attachment WHERE message = :seq ORDER BY n", row)
