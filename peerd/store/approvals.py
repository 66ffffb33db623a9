"""What was asked for at permission prompts, and what became of it: a row each. Those that stand are kept; of the others
the newest."""

import json
from typing import Any

import msgspec

from peerd.model.approval import STANDS, Approval, ApprovalId, ApprovalState
from peerd.model.peer import PeerName, removed
from peerd.model.session import SessionId
from peerd.store.conditions import MAY_LIVE
from peerd.store.database import Connection
from peerd.store.decode import Row
from peerd.store.rows import Rows
from peerd.store.statement import Value, change

KEPT_MAX = 1000
"""Of those that are over. One has 64 KiB of arguments at most, and a few hundred bytes as a rule."""

STANDING = f"state IN ({', '.join(repr(state.value) for state in STANDS)})"
COLUMNS = (
    *("id", "peer", "session", "runtime", "tool", "input", "question", "choices", "opened_at", "cut", "certain"),
    *("state", "answer", "by", "ended_at", "evidence", "expired", "heard_to", "alike"),
)
FIXED = ("id", "peer", "session", "runtime", "opened_at")
PUT = (
    f"INSERT INTO approval ({', '.join(COLUMNS)}) VALUES ({', '.join(f':{name}' for name in COLUMNS)}) "
    f"ON CONFLICT (id) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in COLUMNS if name not in FIXED)}"
)
FORGET = (
    f"DELETE FROM approval WHERE NOT {STANDING} AND seq <= "
    f"(SELECT seq FROM approval WHERE NOT {STANDING} ORDER BY seq DESC LIMIT 1 OFFSET {KEPT_MAX})"
)


class SetApproval(msgspec.Struct, frozen=True, tag=True):
    """As it stands by now; whose it is, and when it was opened, stay as they were. An end is kept."""

    approval: Approval


def set_approval(connection: Connection, write: SetApproval) -> bool:
    values: dict[str, Value] = {
        **msgspec.to_builtins(write.approval),
        "choices": json.dumps(write.approval.choices),
    }
    done = change(connection, f"{PUT} WHERE {STANDING}", values) > 0
    if not write.approval.stands:
        change(connection, FORGET, {})
    return done


def leave_approvals(connection: Connection, peer: str, at: float) -> None:
    """Who approved what is kept, and whoever has the name of that peer next is another. None of it stands any more."""
    values: dict[str, Value] = {"peer": peer, "removed": removed(PeerName(peer)), "at": at}
    change(connection, LEFT, values)
    change(connection, "UPDATE approval SET peer = :removed WHERE peer = :peer", values)


LEFT = (
    "UPDATE approval SET state = 'gone', ended_at = :at, evidence = 'its peer was removed' "
    f"WHERE peer = :peer AND {STANDING}"
)


class ApprovalsOnRecord(Rows):
    def approval(self, id: ApprovalId) -> Approval | None:
        found = self._approvals("WHERE id = :id", {"id": id})
        return found[0] if found else None

    def standing_approvals(self, session: SessionId | None = None) -> list[Approval]:
        """All that nobody has answered, oldest first."""
        of = " AND session = :session" if session else ""
        return self._approvals(f"WHERE {STANDING}{of} ORDER BY seq", {"session": session})

    def left_standing(self) -> list[Approval]:
        """By sessions that are over."""
        of = f"session NOT IN (SELECT id FROM session WHERE {MAY_LIVE})"
        return self._approvals(f"WHERE {STANDING} AND {of} ORDER BY seq", {})

    def approvals(self, *, limit: int = 200) -> list[Approval]:
        """Oldest first: all that stand, however old, and of those that are over the newest."""
        over = f"SELECT seq FROM approval WHERE NOT {STANDING} ORDER BY seq DESC LIMIT :limit"
        return self._approvals(f"WHERE {STANDING} OR seq IN ({over}) ORDER BY seq", {"limit": limit})

    def _approvals(self, rest: str, values: dict[str, Any]) -> list[Approval]:
        """A row that makes no sense is none: whoever reads of it could not answer it."""
        rows = self._rows(f"SELECT {', '.join(COLUMNS)} FROM approval {rest}", values)
        return [each for each in map(_decoded, rows) if each is not None]


def _decoded(row: Row) -> Approval | None:
    try:
        whole = row | {"choices": json.loads(row["choices"]), "state": ApprovalState(row["state"])}
        return msgspec.convert(whole, Approval, strict=False)
    except (ValueError, TypeError):
        return None
