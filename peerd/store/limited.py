"""What is known of a limit that a peer's runtime has met: one row a peer, gone with the limit."""

import msgspec

from peerd.model.limit import LimitKind
from peerd.model.peer import PeerName
from peerd.store.database import Connection
from peerd.store.statement import Value, change


class KeptLimit(msgspec.Struct, frozen=True):
    """It holds `until` then (Unix seconds); None: no more, and no turn has gone well since. `told`: by the runtime."""

    kind: LimitKind
    until: float | None
    told: bool
    times: int


class SetLimit(msgspec.Struct, frozen=True, tag=True):
    """None: nothing is known of one any more."""

    peer: PeerName
    limit: KeptLimit | None


def set_limit(connection: Connection, write: SetLimit) -> bool:
    limit = write.limit
    if limit is None:
        return change(connection, "DELETE FROM limited WHERE peer = :peer", {"peer": write.peer}) > 0
    values: dict[str, Value] = {
        "peer": write.peer,
        "kind": limit.kind.value,
        "until": limit.until,
        "told": limit.told,
        "times": limit.times,
    }
    kept = (
        "INSERT OR REPLACE INTO limited (peer, kind, until, told, times) VALUES (:peer, :kind, :until, :told, :times)"
    )
    return change(connection, kept, values) > 0
