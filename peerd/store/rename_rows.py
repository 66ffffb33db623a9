"""A peer's rows under another name."""

from peerd.errors import InternalError
from peerd.store.approvals import leave_approvals
from peerd.store.conditions import MAY_LIVE
from peerd.store.database import Connection
from peerd.store.paused import rename_in_pairs
from peerd.store.statement import change, first
from peerd.store.write import RenamePeer

LIVE = f"SELECT id FROM session WHERE peer IN (:old, :new) AND {MAY_LIVE}"
SENT = (
    "UPDATE message SET sender = :new, "
    "sender_identity = substr(sender_identity, 1, instr(sender_identity, '-')) || :new WHERE sender = :old "
    "AND sent_in IS NOT NULL"  # else it is of one that was removed, and had that name
)
NOTED = (
    "INSERT OR REPLACE INTO rename (old, new, at, spec, text, done, n) "
    "VALUES (:old, :new, :at, :spec, :text, 0, (SELECT 1 + coalesce(max(n), 0) FROM rename))"
)


def rename_peer(connection: Connection, write: RenamePeer) -> bool:
    """Of an earlier peer of the new name, what was sent and answered stays; nothing else is inherited."""
    names = {"old": write.old, "new": write.new}
    live = first(connection, LIVE, names)
    if live:
        raise InternalError(f"{live['id']} has no end: {write.old} was not renamed")
    for table in ("session", "mark", "pause", "want", "crash_loop", "limited", "spec"):
        change(connection, f"DELETE FROM {table} WHERE peer = :new", names)
        change(connection, f"UPDATE {table} SET peer = :new WHERE peer = :old", names)
    leave_approvals(connection, write.new, write.at)
    change(connection, "UPDATE approval SET peer = :new WHERE peer = :old", names)
    rename_in_pairs(connection, write.old, write.new)
    change(connection, "UPDATE message SET target = :new WHERE target = :old AND NOT target_is_gone", names)
    change(connection, SENT, names)
    for column in ("target", "sender"):
        change(connection, f"DELETE FROM given WHERE {column} = :new", names)
        change(connection, f"UPDATE given SET {column} = :new WHERE {column} = :old", names)
    change(connection, "DELETE FROM rename WHERE old = :new", names)
    change(connection, "DELETE FROM removal WHERE peer IN (:old, :new)", names)
    change(connection, NOTED, {**names, "at": write.at, "spec": write.spec, "text": write.text})
    return True


def finish_rename(connection: Connection, old: str) -> bool:
    return change(connection, "UPDATE rename SET done = 1, text = NULL WHERE old = :old AND done = 0", {"old": old}) > 0
