"""The board of notices, one row each; and what a person saw of what came to nothing."""

import json

import msgspec

from peerd.model.board import Entry, Key
from peerd.model.message import TAKEN_LATE, MessageId
from peerd.model.notify import Pending
from peerd.model.peer import OPERATOR, PeerName
from peerd.store import decode
from peerd.store.database import Connection
from peerd.store.rows import Rows
from peerd.store.statement import change, packed

KEEP = "INSERT OR REPLACE INTO notice (kind, about, entry) VALUES (:kind, :about, :entry)"
DROP = "DELETE FROM notice WHERE kind = :kind AND about = :about"
LOST = "(state IN ('expired', 'dead') OR task = 'dead') AND state != 'cancelled' AND sender != 'daemon'"
"""As the index `message_lost` has it. What the daemon itself said is of no use later."""

LAST_STEP = f"(SELECT max(n) FROM step WHERE step.message = message.seq AND evidence NOT LIKE '{TAKEN_LATE}%')"
"""That it was taken after all is no further loss."""
UNSEEN_LOSS = (
    f"{LOST} AND task IS NOT 'answered' AND NOT target_is_gone "  # a namesake has not lost it
    f"AND NOT (target = '{OPERATOR}' AND state = 'submitted' AND sent_in IS NULL) "  # read, and who asked is removed
    f"AND {LAST_STEP} > coalesce(loss_seen, 0)"
)
UNSEEN = f"SELECT target, count(*) AS count FROM message WHERE {UNSEEN_LOSS} GROUP BY target"
LOOKED = (
    f"UPDATE message SET loss_seen = {LAST_STEP} WHERE id IN (SELECT value FROM json_each(:shown)) "
    f"AND {LOST} AND loss_seen IS NOT {LAST_STEP}"
)


class KeepNotices(msgspec.Struct, frozen=True, tag=True):
    """What of the board changed, and what of it is kept no longer."""

    entries: tuple[Entry, ...]
    gone: tuple[Key, ...] = ()


class SetLooked(msgspec.Struct, frozen=True, tag=True):
    """What of these has come to nothing was seen, whatever the clock says."""

    shown: tuple[MessageId, ...]


class KeepPending(msgspec.Struct, frozen=True, tag=True):
    """What a command of the operator's was not told yet, by the table that has it. None: there is no such table."""

    table: str = msgspec.field(name="command")
    pending: tuple[Pending, ...] | None


Noticed = KeepNotices | SetLooked | KeepPending


def keep_notices(connection: Connection, write: KeepNotices) -> bool:
    for kind, about in write.gone:
        change(connection, DROP, {"kind": kind, "about": about})
    for entry in write.entries:
        kind, about = entry.key
        change(connection, KEEP, {"kind": kind, "about": about, "entry": packed(entry)})
    return bool(write.entries or write.gone)


def keep_pending(connection: Connection, write: KeepPending) -> bool:
    if write.pending is None:
        return change(connection, "DELETE FROM pending WHERE command = :table", {"table": write.table}) > 0
    values = {"table": write.table, "pending": packed(write)}
    keep = "INSERT OR REPLACE INTO pending (command, pending) VALUES (:table, :pending)"
    return change(connection, keep, values) > 0


def set_looked(connection: Connection, write: SetLooked) -> bool:
    return change(connection, LOOKED, {"shown": json.dumps(write.shown)}) > 0


class NoticesOnRecord(Rows):
    def board(self) -> dict[Key, Entry]:
        """What makes no sense is left out."""
        found = (decode.part(row["entry"], Entry) for row in self._rows("SELECT entry FROM notice", {}))
        return {entry.key: entry for entry in found if entry is not None}

    def pending(self) -> dict[str, tuple[Pending, ...]]:
        """By table, also where that waits for nothing. What makes no sense is nothing that waits."""
        rows = self._rows("SELECT command, pending FROM pending", {})
        found = ((row["command"], decode.part(row["pending"], KeepPending)) for row in rows)
        return {table: (part.pending if part is not None else None) or () for table, part in found}

    def unseen_losses(self) -> dict[PeerName, int]:
        """By peer, how many messages came to nothing since somebody last looked; none where there are none."""
        named = ((decode.peer_name(row["target"]), row["count"]) for row in self._rows(UNSEEN, {}))
        return {name: count for name, count in named if name is not None}

    def unseen_of(self, peer: PeerName) -> frozenset[MessageId]:
        """Those that `unseen_losses` counts of a peer; without any whose id makes no sense."""
        rows = self._rows(f"SELECT id FROM message WHERE target = :peer AND {UNSEEN_LOSS}", {"peer": peer})
        ids = (decode.known(row["id"], MessageId) for row in rows)
        return frozenset(id for id in ids if id is not None)
