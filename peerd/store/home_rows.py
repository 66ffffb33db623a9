"""The row that tells which home a record is of."""

from peerd.store.database import Connection
from peerd.store.statement import Value, change
from peerd.store.write import SetHome

HOME = (
    "INSERT INTO home (one, folder, id, copied_of, copied_at) "
    "VALUES (1, :folder, :id, :copied_of, iif(:copied_of IS NULL, NULL, :at)) "
    "ON CONFLICT (one) DO UPDATE SET folder = excluded.folder, id = excluded.id, "
    "copied_of = coalesce(excluded.copied_of, copied_of), copied_at = coalesce(excluded.copied_at, copied_at)"
)


def set_home(connection: Connection, write: SetHome) -> bool:
    values: dict[str, Value] = {"folder": write.folder, "id": write.id, "copied_of": write.copied_of, "at": write.at}
    return change(connection, HOME, values) > 0
