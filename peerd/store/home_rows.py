"""The row that tells which home a record is of. Its mark is drawn once, and a copy has the same."""

import contextlib
import sqlite3
from pathlib import Path

from peerd.store.database import Connection
from peerd.store.statement import Value, change
from peerd.store.write import SetHome

HOME = (
    "INSERT INTO home (one, folder, id, mark, copied_of, copied_at) "
    "VALUES (1, :folder, :id, hex(randomblob(16)), :copied_of, iif(:copied_of IS NULL, NULL, :at)) "
    "ON CONFLICT (one) DO UPDATE SET folder = excluded.folder, id = excluded.id, "
    "copied_of = coalesce(excluded.copied_of, copied_of), copied_at = coalesce(excluded.copied_at, copied_at)"
)


def set_home(connection: Connection, write: SetHome) -> bool:
    values: dict[str, Value] = {"folder": write.folder, "id": write.id, "copied_of": write.copied_of, "at": write.at}
    return change(connection, HOME, values) > 0


def mark_in(file: str) -> str | None:
    """That of the record in another home; None where there is none, or it cannot be read."""
    try:
        with contextlib.closing(sqlite3.connect(f"{Path(file).as_uri()}?mode=ro", uri=True)) as connection:
            found = connection.execute("SELECT mark FROM home").fetchone()
    except (sqlite3.Error, OSError, ValueError):
        return None
    return found[0] if found is not None else None
