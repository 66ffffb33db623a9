"""Rows of wants, specs and sessions. A peer has one live session at most; an ended one stays ended."""

from peerd.errors import InternalError
from peerd.model.message import Task
from peerd.model.session import Session, SessionId
from peerd.store.approvals import leave_approvals
from peerd.store.conditions import LAST_OVER, MAY_LIVE
from peerd.store.database import Connection
from peerd.store.message_rows import set_task
from peerd.store.owed import owe_nothing
from peerd.store.paused import forget_pairs
from peerd.store.statement import Value, change, first, insert, packed
from peerd.store.write import (
    AddOutlived,
    EndSession,
    ForgetPeer,
    SetConversation,
    SetCrashLoop,
    SetEnding,
    SetMark,
    SetPaused,
    SetTask,
    SetWant,
)


def try_disk(connection: Connection) -> bool:
    """Another value each time: SQLite writes no page for one that is there already."""
    change(connection, TRIED, {})
    return False


TRIED = "INSERT INTO meta VALUES ('tried', 1) ON CONFLICT (key) DO UPDATE SET value = (value + 1) % 1000000"


WANT = (
    "INSERT OR REPLACE INTO want (peer, want, at, after, stopped_at, stopped_after) "
    f"VALUES (:peer, :want, :at, {LAST_OVER}, "
    "iif(:want = 'down', :at, (SELECT stopped_at FROM want WHERE peer = :peer AND typeof(stopped_at) = 'real')), "
    f"iif(:want = 'down', {LAST_OVER}, (SELECT stopped_after FROM want WHERE peer = :peer)))"
)


def set_want(connection: Connection, write: SetWant) -> bool:
    """Dated each time: a start forgives the deaths before it and what came of them, also where it changes no want. When
    it was last stopped is kept beside."""
    if write.want is None:
        return change(connection, "DELETE FROM want WHERE peer = :peer", {"peer": write.peer}) > 0
    values = {"peer": write.peer, "want": write.want.value, "at": write.at}
    change(connection, WANT, values)
    change(connection, "DELETE FROM crash_loop WHERE peer = :peer", values)
    return True


def forget_peer(connection: Connection, write: ForgetPeer) -> bool:
    live = first(connection, LIVE, {"peer": write.peer})
    if live:
        raise InternalError(f"{write.peer} is live in {live['id']}: it was not forgotten")
    open_tasks = connection.execute(OPEN_TASKS, {"peer": write.peer}).fetchall()
    for row in open_tasks:
        set_task(connection, SetTask(row["id"], Task.DEAD, write.at, write.why))
    for table in ("session", "want", "mark", "pause", "crash_loop", "limited", "spec"):
        change(connection, f"DELETE FROM {table} WHERE peer = :peer", {"peer": write.peer})
    leave_approvals(connection, write.peer, write.at)
    forget_pairs(connection, write.peer)
    owe_nothing(connection, write.peer)
    change(connection, SENT_TO_IT, {"peer": write.peer})
    change(connection, "DELETE FROM given WHERE :peer IN (target, sender)", {"peer": write.peer})
    left = "INSERT OR REPLACE INTO removal (peer, at, spec) VALUES (:peer, :at, :spec)"
    return change(connection, left, {"peer": write.peer, "at": write.at, "spec": write.spec}) > 0


def finish_removal(connection: Connection, peer: str) -> bool:
    return change(connection, "UPDATE removal SET done = 1 WHERE peer = :peer AND NOT done", {"peer": peer}) > 0


LIVE = f"SELECT id FROM session WHERE peer = :peer AND {MAY_LIVE}"
SENT_TO_IT = "UPDATE message SET target_is_gone = 1 WHERE target = :peer AND NOT target_is_gone"
OPEN_TASKS = "SELECT id FROM message WHERE target = :peer AND state = 'submitted' AND task = 'open'"


MARK = (
    "INSERT INTO mark (peer, again) VALUES (:peer, :again) "
    "ON CONFLICT (peer) DO UPDATE SET again = excluded.again WHERE again IS NOT excluded.again"
)


def set_mark(connection: Connection, write: SetMark) -> bool:
    values = {"peer": write.peer, "again": write.again}
    return change(connection, MARK if write.marked else "DELETE FROM mark WHERE peer = :peer", values) > 0


def set_crash_loop(connection: Connection, write: SetCrashLoop) -> bool:
    values: dict[str, Value] = {"peer": write.peer, "probes": write.probes, "at": write.at, "lasts": write.lasts}
    columns = "(peer, probes, at, lasts, after)"
    kept = f"INSERT OR REPLACE INTO crash_loop {columns} VALUES (:peer, :probes, :at, :lasts, {LAST_OVER})"
    return change(connection, kept, values) > 0


def set_paused(connection: Connection, write: SetPaused) -> bool:
    kept = "INSERT OR IGNORE INTO pause (peer) VALUES (:peer)"
    return (
        change(connection, kept if write.paused else "DELETE FROM pause WHERE peer = :peer", {"peer": write.peer}) > 0
    )


SPEC = (
    "INSERT INTO spec (peer, spec, folder) VALUES (:peer, :spec, :folder) "
    "ON CONFLICT (peer) DO UPDATE SET spec = excluded.spec, folder = excluded.folder "
    "WHERE spec IS NOT excluded.spec OR folder IS NOT excluded.folder"
)


def set_spec(connection: Connection, peer: str, spec: str | None, folder: str) -> bool:
    values = {"peer": peer, "spec": spec, "folder": folder}
    return change(connection, SPEC if spec else "DELETE FROM spec WHERE peer = :peer", values) > 0


def insert_session(connection: Connection, session: Session) -> bool:
    live = first(connection, LIVE, {"peer": session.peer})
    if live and session.ended_at is None:
        raise InternalError(f"{session.peer} is live in {live['id']}: {session.id} was not begun")
    fields = {name: getattr(session, name) for name in session.__struct_fields__}
    fields["host"] = packed(session.host) if session.host else None
    fields["spec"] = packed(session.spec) if session.spec else None
    fields["ending"] = packed(session.ending) if session.ending else None
    fields["end"] = packed(session.end) if session.end else None
    fields["end_cause"] = session.end.cause.value if session.end else None
    insert(connection, "session", fields)
    return True


def end_session(connection: Connection, write: EndSession) -> bool:
    values: dict[str, Value] = {
        "id": write.session,
        "at": write.at,
        "cause": write.end.cause.value,
        "end": packed(write.end),
        "of_task": write.of_task,
    }
    columns = "ended_at = :at, end_cause = :cause, end = :end, of_task = :of_task"
    set_end = f"UPDATE session SET {columns}, ending = NULL, spec = NULL"  # it may hold keys; its terms stay
    return _changed(connection, write.session, f"{set_end} WHERE id = :id AND {MAY_LIVE}", values)


OUTLIVED = (
    "INSERT OR IGNORE INTO outlived (session, pid, start, name, why) "
    "SELECT seq, :pid, :start, :name, :why FROM session WHERE id = :id"
)


def add_outlived(connection: Connection, write: AddOutlived) -> bool:
    """Nothing of a session that is on no record, or forgotten by now."""
    added = 0
    for each in write.left:
        values: dict[str, Value] = {"id": write.session, "pid": each.process.pid, "start": each.process.start}
        added += change(connection, OUTLIVED, {**values, "name": each.name, "why": each.why})
    return added > 0


def set_ending(connection: Connection, write: SetEnding) -> bool:
    values = {"id": write.session, "ending": packed(write.ending) if write.ending else None}
    return change(connection, f"UPDATE session SET ending = :ending WHERE id = :id AND {MAY_LIVE}", values) > 0


def set_host(connection: Connection, session: SessionId, host: str) -> bool:
    set_value = "UPDATE session SET host = :host WHERE id = :id"
    return _changed(connection, session, set_value, {"id": session, "host": host})


def set_ready(connection: Connection, session: SessionId, at: float) -> bool:
    set_at = "UPDATE session SET ready_at = :at WHERE id = :id AND ready_at IS NULL"
    return _changed(connection, session, set_at, {"id": session, "at": at})


def set_version(connection: Connection, session: SessionId, version: str) -> bool:
    set_value = "UPDATE session SET version = :version WHERE id = :id"
    return _changed(connection, session, set_value, {"id": session, "version": version})


def set_conversation(connection: Connection, write: SetConversation) -> bool:
    """One that goes on under another id is the same one in the sessions before, too: so its topics are. One that begins
    anew is this session's alone, from then on."""
    values: dict[str, Value] = {"id": write.session, "conversation": write.conversation, "told": write.told}
    if write.anew:
        begun = "UPDATE session SET conversation = :conversation, told = max(told, :told) WHERE id = :id"
        change(connection, UNSPOKEN, values)
        return _changed(connection, write.session, begun, values)
    same = "(peer, runtime, conversation) IN (SELECT peer, runtime, conversation FROM session WHERE id = :id)"
    set_value = f"UPDATE session SET conversation = :conversation, told = max(told, :told) WHERE id = :id OR {same}"
    return _changed(connection, write.session, set_value, values)


UNSPOKEN = "DELETE FROM spoken WHERE session = (SELECT seq FROM session WHERE id = :id)"


def set_journal_read(connection: Connection, session: SessionId, offset: int) -> bool:
    set_offset = "UPDATE session SET journal_read = :offset WHERE id = :id"
    return _changed(connection, session, set_offset, {"id": session, "offset": offset})


def _changed(connection: Connection, session: SessionId, sql: str, values: dict[str, Value]) -> bool:
    if change(connection, sql, values):
        return True
    if first(connection, "SELECT 1 FROM session WHERE id = :id", {"id": session}):
        return False
    raise InternalError(f"no session {session} is on record: nothing was changed")
