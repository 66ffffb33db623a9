"""The owner's way to its database: examined, set aside where it is damaged, made where it is missing, migrated.

Never deletes a file; a database it may not touch is left as it was found.
"""

import contextlib
import itertools
import os
from datetime import UTC, datetime

import msgspec

from peerd.errors import StoreError
from peerd.store.database import (
    COMPANIONS,
    Connection,
    Error,
    half_born,
    log_bytes,
    means_damage,
    own,
    read_only,
    store_error,
    told,
    transaction,
)
from peerd.store.migrate import migrate, refuse_newer

WHOLE = ("", *COMPANIONS)


class SetAside(msgspec.Struct, frozen=True):
    """A file that could not be trusted: where it is now, its log beside it, and what was wrong with it."""

    path: str
    why: str


def prepare(path: str, wall: float) -> SetAside | None:
    """Make the file fit to be owned, 0600, and tell what stood in the way; `wall` names a damaged one.

    `path` is absolute. Raises ConfigError for a newer peerd's, StoreError for what cannot be read at all.
    """
    try:
        _make_folder(os.path.dirname(path))
        why = damage(path)
        aside = SetAside(_set_aside(path, wall), why) if why else None
        _make_private(path)
    except OSError as error:
        raise StoreError(f"{path}: the store cannot be opened: {error.strerror}; look at its folder") from error
    return aside


def begin(connection: Connection) -> int:
    """Migrate, then raise and return the epoch: no two owners ever have the same one."""
    migrate(connection)
    with transaction(connection):
        connection.execute("UPDATE meta SET value = value + 1 WHERE key = 'epoch'")
        (epoch,) = connection.execute("SELECT value FROM meta WHERE key = 'epoch'").fetchone()
    return int(epoch)


def damage(path: str) -> str | None:
    """What is wrong with the file, None for a sound, an empty or a missing one. Changes nothing in a whole one.

    It is looked at read-only: a writer's close would write the log into a file it may not belong to.
    """
    if not os.path.exists(path) or not os.path.getsize(path):
        return "empty, though its log is not" if log_bytes(path) else None
    try:
        return _quick_check(path)
    except Error as error:
        if means_damage(error):
            return str(error)
        if not half_born(error):
            raise store_error(path, "read", error) from error
    own(path).close()
    with told(path, "read"):
        return _quick_check(path)


def _quick_check(path: str) -> str | None:
    with contextlib.closing(read_only(path)) as connection:
        refuse_newer(connection, path)
        (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    return None if found == "ok" else str(found)


def _set_aside(path: str, wall: float) -> str:
    """Move the file and its companions to a name of their own, under which they can still be opened together."""
    stamp = datetime.fromtimestamp(wall, UTC).strftime("%Y%m%dT%H%M%SZ")
    again = itertools.chain([""], (f"-{n}" for n in itertools.count(2)))
    names = (f"{path}.corrupt-{stamp}{which}" for which in again)
    aside = next(name for name in names if not any(os.path.lexists(name + end) for end in WHOLE))
    for end in WHOLE:
        with contextlib.suppress(FileNotFoundError):
            os.rename(path + end, aside + end)
    _sync_folder(os.path.dirname(path))
    return aside


def _make_private(path: str) -> None:
    """An open and close of our own would drop SQLite's locks on the file, so only a missing one is opened."""
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    for end in WHOLE:
        with contextlib.suppress(FileNotFoundError):
            os.chmod(path + end, 0o600)


def _make_folder(folder: str) -> None:
    """0700 and on disk, with all above it that is missing; one that is there keeps its mode."""
    if os.path.isdir(folder):
        return
    above = os.path.dirname(folder)
    _make_folder(above)
    with contextlib.suppress(FileExistsError):
        os.mkdir(folder, 0o700)
    _sync_folder(above)


def _sync_folder(folder: str) -> None:
    held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(held)
    finally:
        os.close(held)
