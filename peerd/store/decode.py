"""A row becomes what it tells of; where it makes no sense, why not."""

import re
from typing import Any, TypeVar

import msgspec
from msgspec.structs import replace

from peerd.errors import StoreError
from peerd.model.message import Receipt
from peerd.model.peer import PEER_NAME, REMOVED, PeerName, Spec, Want
from peerd.model.session import End, EndCause, Host, Session, SessionId, boot_s
from peerd.store.conditions import PLACE_MAX

BOOT_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
TIME_MAX_S = 253_402_300_800.0  # the year 10000, in Unix seconds

T = TypeVar("T")
Row = dict[str, Any]


class Senseless(StoreError):
    """Something on record can be read and makes no sense; `why` says what of it."""

    def __init__(self, what: str, why: str, then: str) -> None:
        super().__init__(f"{what} has an invalid record: {why}. {then}")
        self.why = why


class Wanted(msgspec.Struct, frozen=True):
    """What was asked for of a peer, and when, and when it was last stopped, Unix seconds; and which session of it, in
    the order begun, had ended last by then."""

    peer: PeerName
    want: Want
    at: float
    stopped_at: float | None
    after: int
    stopped_after: int | None


class Death(msgspec.Struct, frozen=True):
    """Of a session: `n` is its number in the order begun, `at` when it ended, Unix seconds; `boot_s` how long it had
    taken to come up."""

    peer: PeerName
    n: int
    at: float
    boot_s: float = 0.0


def death(row: Row) -> Death:
    cause = known(row["end_cause"], EndCause) or EndCause.EXITED
    took_s = boot_s(row["began"], row["ready"], row["ended_at"], cause)
    return Death(row["peer"], row["seq"], row["ended_at"], took_s)


class Unclear(msgspec.Struct, frozen=True):
    """A session that is in nobody's hands and may live: its row makes no sense, or is missing, or it could not be
    adopted. `row` is the `seq` of a row that makes no sense, the rest what can be told all the same."""

    row: int | None
    why: str
    id: SessionId | None
    peer: PeerName | None
    host: Host | None
    spec: Spec | None


class MayLive(msgspec.Struct, frozen=True):
    """Sessions not known to be over, in the order begun: those that make sense, without an end, and the others."""

    live: list[Session]
    unclear: list[Unclear]


def receipt(row: Row, history: list[Row], files: list[Row]) -> Receipt:
    """Raises Senseless."""
    gone = row["gone_at"] is not None
    if row["body"] is None and not gone:
        raise _of_message(row["id"], "its text is gone")
    try:
        _check_queued(row)
        if not gone and len(files) != row["files"]:
            raise ValueError(f"of {row['files']!r:.80} files beside it {len(files)} are on record")
        _check_times(row["accepted_at"], row["not_before"], row["gone_at"], *(step["at"] for step in history))
        truths = {name: _truth(row[name]) for name in ("wakes", "target_is_gone")}
        row = row | truths | {"attachments": files, "body": row["body"] or ""}
        return msgspec.convert(row | {"message": row, "history": history}, Receipt)
    except ValueError as error:
        raise _of_message(row["id"], str(error)) from error


def _truth(value: Any) -> Any:
    """SQLite has no booleans; what is none stays as it is."""
    return bool(value) if value in (0, 1) else value


def _check_queued(row: Row) -> None:
    """Raises ValueError where nobody can tell in whose queue a message is, or where in it."""
    if peer_name(row["target"]) is None:
        raise ValueError(f"it is to {row['target']!r:.80}, which is not a name")
    if not is_place(row["place"]):
        raise ValueError(f"its place in the queue is {row['place']!r:.80}")


def _check_times(*stamps: Any) -> None:
    """Raises ValueError for one that no calendar has. What is no number is told as any other."""
    for each in stamps:
        if isinstance(each, int | float) and not 0 <= each < TIME_MAX_S:
            raise ValueError(f"it has an impossible time: {each!r:.80}")


def is_place(value: Any) -> bool:
    return isinstance(value, int) and value <= PLACE_MAX


def _of_message(id: Any, why: str) -> Senseless:
    return Senseless(f"message {id}", why, f"It is not delivered; `peerd queue cancel {id}` removes it.")


def wanted(row: Row) -> Wanted:
    """Raises Senseless."""
    try:
        return msgspec.convert(row, Wanted)
    except msgspec.ValidationError as error:
        what = f"the wanted state of {row['peer']}"
        raise Senseless(what, str(error), "`peerd daemon status` says what to do.") from error


def session(row: Row, marked: PeerName | None = None) -> Session:
    """`marked`: whose it is by the mark of what lives of it, where that is known. Raises Senseless."""
    try:
        parts = {part: row[part] and msgspec.json.decode(row[part]) for part in ("host", "ending", "end", "spec")}
        parts["spec"] = _known_fields(parts["spec"])
        found = msgspec.convert(row | parts, Session)
        _check_peer(found, marked)
        _check_boot(found)
        _check_times(found.started_at, found.ready_at, found.ended_at)
    except (ValueError, TypeError) as error:
        what = f"session {row['id']} of {peer_name(row['peer']) or 'an unknown peer'}"
        raise Senseless(what, str(error), "`peerd daemon status` says what to do.") from error
    return found


def _check_peer(found: Session, marked: PeerName | None) -> None:
    """Raises ValueError for a session that is not its row's peer's."""
    if peer_name(found.peer) is None:
        raise ValueError(f"its peer is {found.peer!r:.80}, which is not a name")
    spec = found.spec if found.ended_at is None else None
    if spec is not None and spec.name != found.peer:
        raise ValueError(f"its row is of {found.peer}, and it was started as {spec.name}")
    if marked is not None and marked != found.peer:
        raise ValueError(f"its row is of {found.peer}, and its processes are of {marked}")


def _check_boot(found: Session) -> None:
    """Raises ValueError for one that may live, where nobody can tell whether its pids are of this boot."""
    if found.ended_at is None and BOOT_ID.fullmatch(found.boot_id) is None:
        raise ValueError(f"the machine's boot that it began in is {found.boot_id!r:.80}, which is not a boot's id")


def sensible(row: Row, marked: PeerName | None = None) -> Session | None:
    try:
        return session(row, marked)
    except Senseless:
        return None


def unclear(row: Row, marked: PeerName | None = None) -> Unclear | None:
    """None for a session that makes sense."""
    try:
        session(row, marked)
    except Senseless as error:
        id, spec = known(row["id"], SessionId), part(row["spec"], Spec)
        peer = marked or (peer_name(spec.name) if spec is not None else None) or peer_name(row["peer"])
        return Unclear(row["seq"], error.why, id, peer, part(row["host"], Host), spec)
    return None


def peer_name(value: Any) -> PeerName | None:
    """None for what can be no peer's."""
    return PeerName(value) if isinstance(value, str) and PEER_NAME.fullmatch(value) else None


def sender(value: Any) -> PeerName | None:
    """Of one that was removed, too."""
    name = peer_name(value.removesuffix(REMOVED)) if isinstance(value, str) else None
    return PeerName(value) if name is not None else None


def known(value: Any, type: type[T]) -> T | None:
    """None where it is not of this type."""
    try:
        return msgspec.convert(value, type)
    except msgspec.ValidationError:
        return None


def spec(row: Row) -> Spec | None:
    """What a peer goes by, under the name it has by now; None where that makes no sense."""
    name, found = peer_name(row["peer"]), part(row["spec"], Spec)
    return None if name is None or found is None else replace(found, name=name)


def found_full(end: Any) -> bool:
    """Of a start, as its end tells: there was no room on the disk."""
    found = part(end, End)
    return found is not None and found.full


def of_itself(end: Any) -> bool:
    """Of an end: whether the session itself failed; so does one whose end makes no sense."""
    found = part(end, End)
    return found is None or found.of_itself


def part(column: Any, type: type[T]) -> T | None:
    """What was stored as one column; None where it makes no sense, as of a newer peerd."""
    try:
        found = msgspec.json.decode(column)
    except (ValueError, TypeError):
        return None
    return known(_known_fields(found) if type is Spec else found, type)


def _known_fields(spec: Any) -> Any:
    """Of a spec, what this peerd knows; None where it cannot be one of its own."""
    if not isinstance(spec, dict):
        return None
    ours = {name: value for name, value in spec.items() if name in Spec.__struct_fields__}
    try:
        return msgspec.to_builtins(msgspec.convert(ours, Spec))
    except msgspec.ValidationError:
        return None
