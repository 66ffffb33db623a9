"""What is on record, read-only: beside a running owner, or where none runs. Never waits for a writer.

Every answer is of one moment. Knows no asyncio, so that the command line can use it.
"""

import os
from typing import Any, TypeVar

import msgspec

from peerd.errors import StoreError
from peerd.model.message import Delivery, MessageId, Receipt, Task
from peerd.model.peer import CrashLoop, PeerName, Spec, Want
from peerd.model.session import REAPED, Session, SessionId
from peerd.store.database import Connection, in_memory, read_only, snapshot, told
from peerd.store.schema import VERSION, migrate, refuse_newer, version

RECEIPT = "SELECT message.*, text AS body FROM message JOIN body ON body.message = seq"
RECEIPT_WITHOUT_TEXTS = (
    "SELECT seq, id, sender, sender_identity, sender_kind, target, accepted_at, topic, reply_to, hops, "
    "expires_at, deadline_s, key, "
    "state, task, hold, attempt, session, answer_from, exit_status, '' AS body FROM message"
)
WAITING = "state IN ('accepted', 'leased', 'handed_over')"
CAME_TO_NOTHING = "(state IN ('expired', 'cancelled', 'dead') OR task = 'dead')"
WORKING = "state = 'submitted' AND task = 'open'"
STRANGE = " OR ".join(
    f"{column} NOT IN ({', '.join(repr(each.value) for each in known)})"
    for column, known in (("state", Delivery), ("task", Task))
)

T = TypeVar("T")
Row = dict[str, Any]


class _Senseless(StoreError):
    """A row that can be read and makes no sense."""


class Reader:
    """Used by one thread at a time. Every read raises StoreError where the record cannot be read."""

    def __init__(self, connection: Connection, path: str) -> None:
        self._connection = connection
        self._path = path

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

    def close(self) -> None:
        self._connection.close()

    def receipt(self, message: MessageId) -> Receipt | None:
        return next(iter(self._receipts(f"{RECEIPT} WHERE id = :id", {"id": message})), None)

    def receipts(
        self,
        peer: PeerName | None = None,
        state: Delivery | None = None,
        since: float | None = None,
        limit: int = 200,
    ) -> list[Receipt]:
        """The newest first, without their texts: `body` is "" and `answer` None. `peer` is sender or target."""
        conditions = {
            "(target = :peer OR sender = :peer)": peer,
            "state = :state": state and state.value,
            "accepted_at >= :since": since,
        }
        asked = [condition for condition, value in conditions.items() if value is not None]
        where = " AND ".join(asked) or "TRUE"
        values = {"peer": peer, "state": state and state.value, "since": since, "limit": limit}
        return self._receipts(f"{RECEIPT_WITHOUT_TEXTS} WHERE {where} ORDER BY seq DESC LIMIT :limit", values)

    def replies(self, message: MessageId) -> list[Receipt]:
        """What was sent in reply to a message, in the order accepted."""
        return self._receipts(f"{RECEIPT} WHERE reply_to = :id ORDER BY seq", {"id": message})

    def open_messages(self) -> list[Receipt]:
        """What is not over, in the order to be handed out: neither delivered nor lost, or delivered with its task
        open. One that makes no sense costs no other: `senseless` tells of it."""
        found = f"{RECEIPT} WHERE {WAITING} UNION ALL {RECEIPT} WHERE {WORKING} ORDER BY place, seq"
        with told(self._path, "read"), snapshot(self._connection):
            receipts = [self._sensible(row) for row in self._rows(found, {})]
        return [receipt for receipt in receipts if receipt is not None]

    def senseless(self) -> dict[MessageId, str]:
        """Messages that are not known to be over and make no sense, and why. They stay as they are."""
        rows = self._rows(f"SELECT id FROM message WHERE {WAITING} OR {WORKING} OR {STRANGE}", {})
        told = {row["id"]: self._why_senseless(row["id"]) for row in rows}
        return {id: why for id, why in told.items() if why is not None}

    def served(self, session: SessionId) -> MessageId | None:
        """A message whose turn in this session is over."""
        over = "state = 'submitted' AND task IS NOT NULL AND task != 'open'"
        rows = self._rows(f"SELECT id FROM message WHERE session = :id AND {over} LIMIT 1", {"id": session})
        return rows[0]["id"] if rows else None

    def queue_depths(self) -> dict[PeerName, int]:
        """Messages that wait for their peer or are on the way into it; a peer without any is left out."""
        waiting = f"FROM message INDEXED BY message_waiting WHERE {WAITING}"
        rows = self._rows(f"SELECT target, count(*) AS depth {waiting} GROUP BY target", {})
        return {row["target"]: row["depth"] for row in rows}

    def waiting_for(self, peer: PeerName) -> list[Receipt]:
        """Messages that are not delivered yet, in the order to be handed out, without their texts."""
        return self._receipts(
            f"{RECEIPT_WITHOUT_TEXTS} WHERE {WAITING} AND target = :peer ORDER BY place, seq", {"peer": peer}
        )

    def dead_letters(self, peer: PeerName, limit: int) -> list[Receipt]:
        """What came to nothing, the newest first, without texts."""
        found = f"{RECEIPT_WITHOUT_TEXTS} WHERE target = :peer AND {CAME_TO_NOTHING} ORDER BY seq DESC LIMIT :limit"
        return self._receipts(found, {"peer": peer, "limit": limit})

    def dead_counts(self) -> dict[PeerName, int]:
        """How many messages to a peer came to nothing; a peer without any is left out."""
        rows = self._rows(f"SELECT target, count(*) AS dead FROM message WHERE {CAME_TO_NOTHING} GROUP BY target", {})
        return {row["target"]: row["dead"] for row in rows}

    def paused(self) -> frozenset[PeerName]:
        """Peers whose queue is held back."""
        return frozenset(row["peer"] for row in self._rows("SELECT peer FROM pause", {}))

    def renames(self) -> list[tuple[PeerName, PeerName]]:
        """Old and new names of which something may be left to do, in the order given."""
        return [
            (row["old"], row["new"]) for row in self._rows("SELECT old, new FROM rename WHERE NOT done ORDER BY at", {})
        ]

    def renamed(self, old: str) -> PeerName | None:
        """What the peer that had this name last is called since."""
        rows = self._rows("SELECT new FROM rename WHERE old = :old", {"old": old})
        return rows[0]["new"] if rows else None

    def live_sessions(self) -> list[Session]:
        """Those without an end, in the order begun; one a peer."""
        return self._sessions("WHERE ended_at IS NULL ORDER BY seq", {})

    def session(self, session: SessionId) -> Session | None:
        return next(iter(self._sessions("WHERE id = :id", {"id": session})), None)

    def conversation(self, peer: PeerName, runtime: str) -> str | None:
        """What the peer's newest session of this runtime can be resumed by."""
        rows = self._rows(
            "SELECT conversation FROM session WHERE peer = :peer AND runtime = :runtime AND conversation IS NOT NULL "
            "ORDER BY seq DESC LIMIT 1",
            {"peer": peer, "runtime": runtime},
        )
        return rows[0]["conversation"] if rows else None

    def last_ready(self, peer: PeerName) -> Session | None:
        """The newest one that took input, ended or not."""
        where = "WHERE peer = :peer AND ready_at IS NOT NULL ORDER BY seq DESC LIMIT 1"
        return next(iter(self._sessions(where, {"peer": peer})), None)

    def topics(self, peer: PeerName, conversation: str, limit: int) -> list[str]:
        """What was spoken of in a conversation, over all its sessions: the latest topics, the last one last."""
        rows = self._rows(
            "SELECT topic FROM message JOIN session ON session.id = message.session "
            "WHERE target = :peer AND conversation = :conversation AND topic IS NOT NULL AND state = 'submitted' "
            "GROUP BY topic ORDER BY max(message.seq) DESC LIMIT :limit",
            {"peer": peer, "conversation": conversation, "limit": limit},
        )
        return [row["topic"] for row in reversed(rows)]

    def marked(self) -> dict[PeerName, str | None]:
        """Peers whose next session begins afresh, and who wants it at once."""
        return {row["peer"]: row["again"] for row in self._rows("SELECT peer, again FROM mark", {})}

    def last_ended(self, peer: PeerName) -> Session | None:
        """The one that ended last."""
        where = "WHERE peer = :peer AND ended_at IS NOT NULL ORDER BY seq DESC LIMIT 1"
        return next(iter(self._sessions(where, {"peer": peer})), None)

    def ended_sessions(self, peer: PeerName) -> list[SessionId]:
        """The newest first."""
        rows = self._rows(
            "SELECT id FROM session WHERE peer = :peer AND ended_at IS NOT NULL ORDER BY seq DESC", {"peer": peer}
        )
        return [row["id"] for row in rows]

    def session_by_token(self, token_hash: str) -> Session | None:
        """A token is worth nothing once its session has ended."""
        where = "WHERE token_hash = :hash AND ended_at IS NULL"
        return next(iter(self._sessions(where, {"hash": token_hash})), None)

    def deaths(self, since: float) -> list[tuple[PeerName, float, bool]]:
        """Ends that were not the daemon's doing: whose, when, and whether it had been ready, oldest first."""
        reaped = ", ".join(f"'{cause.value}'" for cause in REAPED)
        rows = self._rows(
            "SELECT peer, ended_at, ready_at IS NOT NULL AS ready FROM session "
            f"WHERE ended_at >= :since AND end_cause NOT IN ({reaped}) ORDER BY ended_at, seq",
            {"since": since},
        )
        return [(row["peer"], row["ended_at"], bool(row["ready"])) for row in rows]

    def crash_loops(self) -> dict[PeerName, CrashLoop]:
        """The last one of each peer that had one since it was last stopped or started, also where it is over."""
        rows = self._rows("SELECT * FROM crash_loop", {})
        return {row["peer"]: CrashLoop(row["probes"], row["at"], bool(row["lasts"])) for row in rows}

    def wants(self) -> dict[PeerName, Want]:
        """Of the peers for which one was ever set."""
        rows = self._rows("SELECT peer, want FROM want", {})
        return self._struct({row["peer"]: row["want"] for row in rows}, dict[PeerName, Want])

    def wanted_at(self) -> dict[PeerName, float]:
        """When a peer was last stopped or started, Unix seconds."""
        return {row["peer"]: row["at"] for row in self._rows("SELECT peer, at FROM want", {})}

    def _sessions(self, where: str, values: dict[str, Any]) -> list[Session]:
        return [self._session(row) for row in self._rows(f"SELECT * FROM session {where}", values)]

    def _session(self, row: Row) -> Session:
        parts = {part: row[part] and self._unpacked(row[part]) for part in ("host", "end", "spec")}
        parts["spec"] = _known_fields(parts["spec"])
        return self._struct(row | parts, Session)

    def _receipts(self, sql: str, values: dict[str, Any]) -> list[Receipt]:
        with told(self._path, "read"), snapshot(self._connection):
            return [self._receipt(row) for row in self._rows(sql, values)]

    def _sensible(self, row: Row) -> Receipt | None:
        try:
            return self._receipt(row)
        except _Senseless:
            return None

    def _why_senseless(self, id: MessageId) -> str | None:
        try:
            return "its text is gone" if self.receipt(id) is None else None
        except _Senseless as error:
            return str(error.__cause__)

    def _receipt(self, row: Row) -> Receipt:
        history = self._rows("SELECT * FROM step WHERE message = :seq ORDER BY n", {"seq": row["seq"]})
        return self._struct(row | {"message": row, "history": history}, Receipt)

    def _rows(self, sql: str, values: dict[str, Any]) -> list[Row]:
        with told(self._path, "read"):
            return [dict(row) for row in self._connection.execute(sql, values)]

    def _unpacked(self, column: str) -> Any:
        try:
            return msgspec.json.decode(column)
        except msgspec.DecodeError as error:
            raise self._strange(error) from error

    def _struct(self, found: Any, type: type[T]) -> T:
        try:
            return msgspec.convert(found, type)
        except msgspec.ValidationError as error:
            raise self._strange(error) from error

    def _strange(self, error: msgspec.MsgspecError) -> StoreError:
        return _Senseless(f"{self._path}: a row that this peerd did not write: {error}; move the file away")


def _known_fields(spec: Any) -> Any:
    """Of a spec, what this peerd knows; None where it cannot be one of its own."""
    if not isinstance(spec, dict):
        return None
    known = {name: value for name, value in spec.items() if name in Spec.__struct_fields__}
    try:
        return msgspec.to_builtins(msgspec.convert(known, Spec))
    except msgspec.ValidationError:
        return None


def _empty() -> Connection:
    connection = in_memory()
    migrate(connection)
    return connection
