"""How the SQLite file is opened and how its errors are told. The only importer of sqlite3.

Knows no table. It never deletes a file and never repairs one.
"""

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from urllib.parse import quote

from peerd.errors import DiskFull, StoreError

Connection = sqlite3.Connection
Row = sqlite3.Row
Error = sqlite3.Error

BUSY_WAIT_S = 5.0  # only an opening or a closing owner ever makes another connection wait
LOG_KEPT_BYTES = 16 << 20  # what a burst may leave behind in the -wal file
COMPANIONS = ("-wal", "-shm", "-journal")
"""What SQLite keeps beside the file. A log without its file would be deleted, or replayed into another."""

NOT_STORABLE = (
    sqlite3.IntegrityError,
    sqlite3.DataError,
    sqlite3.InterfaceError,
    sqlite3.ProgrammingError,
    OverflowError,
)
"""The value is at fault: the statement did nothing, its transaction goes on."""


def own(path: str) -> Connection:
    """The owner's connection: a COMMIT on it returns when the disk has the rows. Raises StoreError."""
    with told(path, "opened"):
        connection = _connected(path, "mode=rw")
        (mode,) = connection.execute("PRAGMA journal_mode=WAL").fetchone()
        for pragma in ("synchronous=FULL", "foreign_keys=ON", f"journal_size_limit={LOG_KEPT_BYTES}"):
            connection.execute(f"PRAGMA {pragma}")
    if mode != "wal":
        connection.close()
        raise StoreError(f"{path}: this file system has no shared memory for SQLite; put peerd's state on a local disk")
    return connection


def read_only(path: str) -> Connection:
    """A connection that sees the last commit, whether an owner runs or not. Raises sqlite3.Error.

    It leaves an empty -wal and a -shm behind where there were none; where it may not make them, and no log waits
    to be read, it takes the file as it is.
    """
    try:
        return _connected(path, "mode=ro")
    except sqlite3.OperationalError as error:
        barred = primary_code(error) in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY)
        if not barred or half_born(error) or log_bytes(path):
            raise
        return _connected(path, "mode=ro&immutable=1")


def in_memory() -> Connection:
    """An empty database that nobody else sees."""
    return _ready(sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False))


def _connected(path: str, how: str) -> Connection:
    uri = f"file:{quote(os.fsencode(os.path.abspath(path)))}?{how}"
    return _ready(sqlite3.connect(uri, BUSY_WAIT_S, isolation_level=None, check_same_thread=False, uri=True))


def _ready(connection: Connection) -> Connection:
    """SQLite opens lazily: the first read tells whether the file can be read at all."""
    connection.row_factory = Row
    connection.text_factory = _text
    try:
        connection.execute("PRAGMA user_version").fetchone()
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _text(stored: bytes) -> str:
    """What another program wrote that is no UTF-8 has U+FFFD where it is none: the rest can be read."""
    return stored.decode("utf-8", "replace")


@contextlib.contextmanager
def transaction(connection: Connection) -> Iterator[None]:
    """All of it or nothing; on disk when the block has been left."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


@contextlib.contextmanager
def snapshot(connection: Connection) -> Iterator[None]:
    """Every read in the block sees the same commit."""
    connection.execute("BEGIN")
    try:
        yield
    finally:
        connection.execute("COMMIT")


@contextlib.contextmanager
def told(path: str, done: str) -> Iterator[None]:
    """SQLite's errors as ours. `done` is the participle: what the store could not be."""
    try:
        yield
    except Error as error:
        raise store_error(path, done, error) from error


def store_error(path: str, done: str, error: Error) -> StoreError:
    kind = DiskFull if primary_code(error) in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR) else StoreError
    return kind(f"{path}: the store could not be {done}: {error}; {_advice(error)}")


MAKE_ROOM = "look at the disk, make room there, then try again"


def _advice(error: Error) -> str:
    match primary_code(error):
        case sqlite3.SQLITE_FULL | sqlite3.SQLITE_IOERR:
            return MAKE_ROOM
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return "it is damaged: `peerd daemon restart` sets it aside and begins a new one"
        case _:
            return "look at the file, its folder and their permissions"


def means_damage(error: Error) -> bool:
    """The file is not what it should be; other errors say nothing about the file."""
    return primary_code(error) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def half_born(error: Error) -> bool:
    """Its owner died while it was made; a connection that may write takes back what was begun."""
    return getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_READONLY_ROLLBACK


def primary_code(error: Error) -> int:
    """SQLite's result code without its extension; 0 where Python itself raised."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def log_bytes(path: str) -> int:
    """The size of the write-ahead log; 0 where there is none."""
    try:
        return os.path.getsize(f"{path}-wal")
    except FileNotFoundError:
        return 0
