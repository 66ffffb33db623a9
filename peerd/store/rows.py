"""What every reading of the record has in common: one connection, and SQLite's errors as ours."""

import contextlib
from collections.abc import Iterator
from typing import Any

from peerd.store.database import Connection, snapshot, told
from peerd.store.decode import Row


class Rows:
    """Used by one thread at a time. Every read raises StoreError where the record cannot be read."""

    def __init__(self, connection: Connection, path: str) -> None:
        self._connection = connection
        self._path = path

    def close(self) -> None:
        self._connection.close()

    @contextlib.contextmanager
    def _of_one_moment(self) -> Iterator[None]:
        with told(self._path, "read"), snapshot(self._connection):
            yield

    def _rows(self, sql: str, values: dict[str, Any]) -> list[Row]:
        with told(self._path, "read"):
            return [dict(row) for row in self._connection.execute(sql, values)]
