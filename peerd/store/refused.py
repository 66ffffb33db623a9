"""What one peer was refused towards one other for its budget: a row for each two and each way, written once a window.
It goes with its peers to other names, and with the first of them that is removed."""

import msgspec

from peerd.model.peer import PeerName
from peerd.store.database import Connection
from peerd.store.statement import change


class SetRefused(msgspec.Struct, frozen=True, tag=True):
    """How often, when it was told of (Unix seconds), and in how many windows on end by then."""

    sender: PeerName
    target: PeerName
    count: int
    noted: float
    windows: int


KEEP = (
    "INSERT OR REPLACE INTO refused (sender, target, count, noted, windows) "
    "VALUES (:sender, :target, :count, :noted, :windows)"
)
LET_GO = "DELETE FROM refused WHERE (sender, target) IN (VALUES (:one, :other), (:other, :one))"
FORGET = "DELETE FROM refused WHERE :peer IN (sender, target)"
RENAME = (
    "UPDATE refused SET sender = :new WHERE sender = :old",
    "UPDATE refused SET target = :new WHERE target = :old",
)


def set_refused(connection: Connection, write: SetRefused) -> bool:
    return change(connection, KEEP, msgspec.structs.asdict(write)) > 0


def let_go(connection: Connection, one: PeerName, other: PeerName) -> None:
    """What was refused so far counts no more."""
    change(connection, LET_GO, {"one": one, "other": other})


def forget_refused(connection: Connection, peer: PeerName) -> None:
    change(connection, FORGET, {"peer": peer})


def rename_in_refused(connection: Connection, old: PeerName, new: PeerName) -> None:
    """A row of an earlier peer of the new name is nobody's."""
    forget_refused(connection, new)
    for each in RENAME:
        change(connection, each, {"old": old, "new": new})
