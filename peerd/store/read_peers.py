"""What is on record of peers and their sessions. A row that makes no sense costs no other, but where a session itself
is asked for: who took it for none would take its processes for nobody's."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, TypeVar

from peerd.model.limit import LimitKind
from peerd.model.peer import CrashLoop, PeerName, Spec, Want
from peerd.model.session import REAPED, Left, Process, Session, SessionId
from peerd.store import decode
from peerd.store.conditions import MAY_LIVE, OVER
from peerd.store.decode import Death, MayLive, Senseless, Unclear, Wanted
from peerd.store.limited import KeptLimit
from peerd.store.rows import Rows

T = TypeVar("T")
Marked = Mapping[SessionId, PeerName]
NOTHING_SEEN: Marked = {}

_REAPED = ", ".join(f"'{cause.value}'" for cause in REAPED)


class Renamed(NamedTuple):
    """`spec`: what the file of the old name was, "" where nobody knows."""

    old: PeerName
    new: PeerName
    spec: str


class KeptSpec(NamedTuple):
    """`folder`: in which its file was, "" where nobody knows."""

    spec: Spec
    folder: str


class HomeOnRecord(NamedTuple):
    """Which home this is the record of; `copied_of`: of which one it is a copy, None as a rule. `mark`: drawn once."""

    folder: str
    id: str
    copied_of: str | None
    mark: str = ""


class PeersOnRecord(Rows):
    def home(self) -> HomeOnRecord | None:
        """None where an earlier peerd wrote it last, or it makes no sense."""
        found = self._known("SELECT folder, id, copied_of, mark FROM home", tuple[str, str, str | None, str])
        return next((HomeOnRecord(*row) for row in found), None)

    def stopped_as_copied(self) -> frozenset[PeerName]:
        """Peers that are stopped since this home was found to be a copy."""
        rows = self._rows("SELECT peer FROM want JOIN home ON want.at = home.copied_at WHERE want = 'down'", {})
        return frozenset(row["peer"] for row in rows)

    def paused(self) -> frozenset[PeerName]:
        """Peers whose queue is held back."""
        return frozenset(row["peer"] for row in self._rows("SELECT peer FROM pause", {}))

    def specs(self) -> dict[PeerName, Spec]:
        """What peers went by last, for those whose file is broken by now."""
        return {name: kept.spec for name, kept in self.kept_specs().items()}

    def kept_specs(self) -> dict[PeerName, KeptSpec]:
        rows = self._rows("SELECT peer, spec, coalesce(folder, '') AS folder FROM spec", {})
        found = ((decode.spec(row), str(row["folder"])) for row in rows)
        return {spec.name: KeptSpec(spec, folder) for spec, folder in found if spec is not None}

    def is_a_peer(self, name: str) -> bool:
        """Whether there is one of this name by now."""
        return bool(self._rows("SELECT 1 FROM spec WHERE peer = :name", {"name": name}))

    def renames(self) -> list[Renamed]:
        """Those of which something may be left to do, in the order given."""
        rows = "SELECT old, new, coalesce(spec, '') FROM rename WHERE NOT done ORDER BY n, at"
        return [Renamed(*row) for row in self._known(rows, tuple[PeerName, PeerName, str])]

    def renamed_text(self, old: str) -> str | None:
        """What the spec of one that is being renamed says; None where nobody knows."""
        rows = self._rows("SELECT text FROM rename WHERE old = :old AND NOT done", {"old": old})
        return rows[0]["text"] if rows else None

    def renamed(self, old: str) -> PeerName | None:
        """What the peer that had this name last is called since."""
        rows = self._rows("SELECT new FROM rename WHERE old = :old", {"old": old})
        return rows[0]["new"] if rows else None

    def removals(self) -> dict[PeerName, str]:
        """Peers that were removed, of which something may be left to do, and what the file of each one's spec was."""
        rows = "SELECT peer, coalesce(spec, '') FROM removal WHERE NOT done"
        return dict(self._known(rows, tuple[PeerName, str]))

    def was_removed(self, name: str) -> bool:
        """Whether the last peer of this name that was removed or renamed was removed; there may be one since."""
        return bool(self._rows("SELECT 1 FROM removal WHERE peer = :name", {"name": name}))

    def live_sessions(self) -> list[Session]:
        """Those without an end, in the order begun; one a peer. `unclear_sessions` tells of what is left out."""
        return self.may_live().live

    def unclear_sessions(self, marked: Marked = NOTHING_SEEN) -> list[Unclear]:
        """Those that make no sense and are not known to be over: each may live."""
        return self.may_live(marked).unclear

    def may_live(self, marked: Marked = NOTHING_SEEN) -> MayLive:
        """Of all peers, read once. `marked`: whose sessions are by the mark of what lives of them; a row that tells
        otherwise makes no sense."""
        rows = self._rows(f"SELECT * FROM session WHERE {MAY_LIVE} ORDER BY seq", {})
        read = [(decode.sensible(row, marked.get(row["id"])), row) for row in rows]
        unclear = (decode.unclear(row, marked.get(row["id"])) for session, row in read if session is None)
        live = [session for session, _ in read if session is not None]
        return MayLive(live, [each for each in unclear if each is not None])

    def unclear_ends(self) -> list[Unclear]:
        """Those that make no sense and are over, where they are the last to tell of their peer."""
        last = "SELECT max(seq) FROM session WHERE {} IS NOT NULL GROUP BY peer"
        either = " OR ".join(f"seq IN ({last.format(stamp)})" for stamp in ("ended_at", "ready_at"))
        return self._unclear(f"WHERE {OVER} AND ({either}) ORDER BY seq")

    def unclear_wants(self) -> dict[PeerName, str]:
        """Of which peers it makes no sense what is wanted of them, and why."""
        return dict(self._sorted_wants()[1])

    def unclear_peers(self) -> dict[PeerName, str]:
        """Of whom nobody can tell whether they may run, and why."""
        sessions = {each.peer: each.why for each in self.unclear_sessions() if each.peer is not None}
        return self.unclear_wants() | sessions

    def session(self, session: SessionId) -> Session | None:
        """Raises Senseless: one that makes no sense is there all the same."""
        return next(iter(self._sessions("WHERE id = :id", {"id": session})), None)

    def is_of(self, session: str, peer: PeerName) -> bool:
        """Whether the session is on record as this peer's; that of one that was removed is nobody's."""
        return bool(self._rows("SELECT 1 FROM session WHERE id = :id AND peer = :peer", {"id": session, "peer": peer}))

    def conversation(self, peer: PeerName, runtime: str) -> str | None:
        """What the peer's newest session of this runtime can be resumed by."""
        rows = self._rows(
            "SELECT conversation FROM session WHERE peer = :peer AND runtime = :runtime AND conversation IS NOT NULL "
            "ORDER BY seq DESC LIMIT 1",
            {"peer": peer, "runtime": runtime},
        )
        return rows[0]["conversation"] if rows else None

    def last_ready(self, peer: PeerName) -> Session | None:
        """The newest one that took input, ended or not; None too where that makes no sense."""
        return self._last(peer, "ready_at IS NOT NULL")

    def failed_resumes(self, peer: PeerName) -> int:
        """In a row: how many tries to go on with a conversation died since a session was last ready. One that found no
        room on the disk, or whose daemon or machine ended first, was none."""
        rows = self._rows(
            "SELECT end FROM session "
            f"WHERE peer = :peer AND mode = 'resume' AND {OVER} AND end_cause NOT IN ({_REAPED}) "
            "AND seq > (SELECT coalesce(max(seq), 0) FROM session WHERE peer = :peer AND ready_at IS NOT NULL)",
            {"peer": peer},
        )
        return sum(decode.of_itself(row["end"]) for row in rows)

    def topics(self, session: Session, limit: int) -> list[str]:
        """What was spoken of in its conversation, over all sessions of that, which it has before it has a name: the
        latest topics, the last one last."""
        rows = self._rows(
            "SELECT topic FROM spoken JOIN session ON session.seq = spoken.session "
            "WHERE peer = :peer AND (session.id = :id OR conversation = :conversation) "
            "GROUP BY topic ORDER BY max(n) DESC LIMIT :limit",
            {"peer": session.peer, "id": session.id, "conversation": session.conversation, "limit": limit},
        )
        return [row["topic"] for row in reversed(rows)]

    def marked(self) -> dict[PeerName, str | None]:
        """Peers whose next session begins afresh, and who wants it at once."""
        return dict(self._known("SELECT peer, again FROM mark", tuple[PeerName, str | None]))

    def last_ended(self, peer: PeerName) -> Session | None:
        """The one that ended last; None too where that makes no sense."""
        return self._last(peer, OVER)

    def ended_sessions(self, peer: PeerName) -> list[SessionId]:
        """The newest first."""
        rows = self._rows(f"SELECT id FROM session WHERE peer = :peer AND {OVER} ORDER BY seq DESC", {"peer": peer})
        return [row["id"] for row in rows]

    def session_by_token(self, token_hash: str) -> Session | None:
        """A token is worth nothing once its session has ended. Raises Senseless."""
        where = "WHERE token_hash = :hash AND ended_at IS NULL"
        return next(iter(self._sessions(where, {"hash": token_hash})), None)

    def outlived(self) -> list[tuple[PeerName, str, Left]]:
        """What could not be ended with its session: of which peer, and the boot of the machine that it began on."""
        sql = (
            "SELECT peer, boot_id, pid, start, name, why FROM outlived "
            "JOIN session ON session.seq = outlived.session ORDER BY session.seq"
        )
        rows = self._known(sql, tuple[PeerName, str, int, int, str, str])
        return [(peer, boot_id, Left(Process(pid, start), name, why)) for peer, boot_id, pid, start, name, why in rows]

    def deaths(self, since: float) -> list[Death]:
        """Ends that were neither the daemon's doing, nor a task's, nor a full disk's, in the order they came."""
        rows = self._rows(
            "SELECT peer, seq, CAST(started_at AS REAL) AS began, CAST(ready_at AS REAL) AS ready, ended_at, "
            "end_cause, end FROM session "
            f"WHERE ended_at >= :since AND {OVER} AND NOT of_task AND end_cause NOT IN ({_REAPED}) ORDER BY seq",
            {"since": since},
        )
        return [decode.death(row) for row in rows if not decode.found_full(row["end"])]

    def crash_loops(self) -> dict[PeerName, CrashLoop]:
        """The last one of each peer that had one since it was last stopped or started, also where it is over."""
        sql = "SELECT peer, probes, at, lasts, after FROM crash_loop"
        found = self._known(sql, tuple[PeerName, int, float, int, int])
        return {peer: CrashLoop(probes, at, bool(lasts), after) for peer, probes, at, lasts, after in found}

    def limits(self) -> dict[PeerName, KeptLimit]:
        """What is known of limits that their runtimes have met."""
        found = self._known(
            "SELECT peer, kind, until, told, times FROM limited", tuple[PeerName, LimitKind, float | None, int, int]
        )
        return {peer: KeptLimit(kind, until, bool(told), times) for peer, kind, until, told, times in found}

    def wants(self) -> dict[PeerName, Want]:
        """Of the peers for which one was ever set. `unclear_wants` tells of what is left out."""
        return {each.peer: each.want for each in self._sorted_wants()[0]}

    def wanted_after(self) -> dict[PeerName, int]:
        """Which session of a peer had ended last when it was last stopped or started; 0: none."""
        return {each.peer: each.after for each in self._sorted_wants()[0]}

    def stopped_after(self) -> dict[PeerName, int]:
        """As `wanted_after`, when it was last stopped, also where it was started since."""
        return {each.peer: each.stopped_after for each in self._sorted_wants()[0] if each.stopped_after is not None}

    def number(self, session: SessionId) -> int:
        """In the order that sessions were begun in; 0 for an unknown one."""
        rows = self._rows("SELECT seq FROM session WHERE id = :id", {"id": session})
        return int(rows[0]["seq"]) if rows else 0

    def _sorted_wants(self) -> tuple[list[Wanted], list[tuple[PeerName, str]]]:
        """Those that make sense, and of the others why not."""
        wants: list[Wanted] = []
        unclear: list[tuple[PeerName, str]] = []
        for row in self._rows("SELECT peer, want, at, stopped_at, after, stopped_after FROM want", {}):
            try:
                wants.append(decode.wanted(row))
            except Senseless as error:
                unclear.append((row["peer"], error.why))
        return wants, unclear

    def _unclear(self, where: str) -> list[Unclear]:
        found = (decode.unclear(row) for row in self._rows(f"SELECT * FROM session {where}", {}))
        return [each for each in found if each is not None]

    def _last(self, peer: PeerName, which: str) -> Session | None:
        sql = f"SELECT * FROM session WHERE peer = :peer AND {which} ORDER BY seq DESC LIMIT 1"
        row = next(iter(self._rows(sql, {"peer": peer})), None)
        return None if row is None else decode.sensible(row)

    def _known(self, sql: str, type: type[T]) -> Iterator[T]:
        """Of such rows those that make sense; without the others something is done once more at most."""
        for row in self._rows(sql, {}):
            known = decode.known(tuple(row.values()), type)
            if known is not None:
                yield known

    def _sessions(self, where: str, values: dict[str, Any]) -> list[Session]:
        return [decode.session(row) for row in self._rows(f"SELECT * FROM session {where}", values)]
