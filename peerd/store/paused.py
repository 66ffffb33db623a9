"""Pairs of peers that are paused: one row a pair, under its names in their order. It stays when they are released, for
from there on what they send is counted anew."""

import msgspec

from peerd.model.peer import PeerName
from peerd.store.database import Connection
from peerd.store.refused import forget_refused, let_go, rename_in_refused
from peerd.store.statement import Value, change


class PausedPair(msgspec.Struct, frozen=True):
    """Since when (Unix seconds), why, and by whom: `daemon`, or who asked for it."""

    one: PeerName
    other: PeerName
    since: float
    why: str
    by: str


class SetPair(msgspec.Struct, frozen=True, tag=True):
    """The two are paused, or released. Nothing where they are."""

    one: PeerName
    other: PeerName
    paused: bool
    at: float
    why: str
    by: str


OF_PAIR = "pair:"
"""The key of a word to one of two begins with it, before the other's name."""

PAUSE = (
    "INSERT INTO pair (one, other, paused, since, why, by) VALUES (:one, :other, 1, :at, :why, :by) "
    "ON CONFLICT (one, other) DO UPDATE SET paused = 1, since = :at, why = :why, by = :by WHERE NOT paused"
)
RELEASE = (
    "UPDATE pair SET paused = 0, since = :at, why = :why, by = :by, "
    "counted_from = (SELECT coalesce(max(seq), 0) FROM message) WHERE one = :one AND other = :other AND paused"
)
RENAME = (
    "DELETE FROM pair WHERE :new IN (one, other)",
    "UPDATE pair SET one = min(other, :new), other = max(other, :new) WHERE one = :old",
    "UPDATE pair SET one = min(one, :new), other = max(one, :new) WHERE other = :old",
)


def set_pair(connection: Connection, write: SetPair) -> bool:
    one, other = sorted((write.one, write.other))
    if not write.paused:
        let_go(connection, one, other)
    values: dict[str, Value] = {"one": one, "other": other, "at": write.at, "why": write.why, "by": write.by}
    return change(connection, PAUSE if write.paused else RELEASE, values) > 0


def rename_in_pairs(connection: Connection, old: PeerName, new: PeerName) -> None:
    for each in RENAME:
        change(connection, each, {"old": old, "new": new} if ":old" in each else {"new": new})
    rename_in_refused(connection, old, new)


def forget_pairs(connection: Connection, peer: PeerName) -> None:
    """A namesake is paused with nobody."""
    change(connection, "DELETE FROM pair WHERE :peer IN (one, other)", {"peer": peer})
    forget_refused(connection, peer)
