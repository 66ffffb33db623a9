"""Who is asking: a session by its token and its process ancestry, else the operator."""

from hashlib import sha256

import msgspec
from msgspec.structs import replace

from peerd.daemon.context import Daemon
from peerd.edges import process
from peerd.errors import InternalError, NotPermitted, TryAgain
from peerd.model.message import SenderKind
from peerd.model.peer import OPERATOR, PeerName
from peerd.model.session import Session, SessionId
from peerd.rpc.caller import Caller


class Asker(msgspec.Struct, frozen=True):
    """`session` and its `runtime` are None for the operator."""

    name: PeerName
    identity: str
    kind: SenderKind
    session: SessionId | None = None
    runtime: str | None = None
    pid: int = 0  # of the process that asks, where that is a session's


THE_OPERATOR = Asker(OPERATOR, OPERATOR, "person")


def asker(daemon: Daemon, caller: Caller) -> Asker:
    """Raises NotPermitted for a token that is not valid, or not of the session the caller runs in; TryAgain where the
    daemon has no descriptor left to look with: nothing was done yet."""
    try:
        around = _around(daemon, caller)
    except InternalError as error:
        raise TryAgain(f"{error}. Nothing was done; try again.") from error
    told = _told(daemon, caller)
    if told is not None and around is not None and told.id != around.id:
        raise NotPermitted(f"this runs in {around.peer}'s session but shows {told.peer}'s token. Nothing was done.")
    session = told or around
    if session is None:
        return THE_OPERATOR
    identity = f"{session.runtime}-{session.peer}"
    kind: SenderKind = "service" if session.kind == "service" else "agent"
    return Asker(session.peer, identity, kind, session.id, session.runtime, caller.pid)


def by_now(daemon: Daemon, who: Asker) -> Asker:
    """Who asks, where that took a while: a peer that was renamed meanwhile has the name it was given. Raises
    NotPermitted for one that was removed, TryAgain where that is just being decided; nothing may come between this and
    what is stored by it."""
    if who.session is None:
        return who
    session = daemon.store.reader.session(who.session)
    if session is None:
        raise NotPermitted(f"{who.name} was removed in the meantime. Nothing was done.")
    if session.ended_at is not None and session.peer in daemon.leaving:
        raise TryAgain(f"{session.peer} is just being removed or renamed; nothing was done, try again")
    return replace(who, name=session.peer, identity=f"{session.runtime}-{session.peer}")


def _told(daemon: Daemon, caller: Caller) -> Session | None:
    if not caller.token:
        return None
    session = daemon.store.reader.session_by_token(token_hash(caller.token))
    if session is None:
        raise NotPermitted(
            "this token is of no live session. Inside a session use its own PEERD_TOKEN; outside, unset it."
        )
    return session


def _around(daemon: Daemon, caller: Caller) -> Session | None:
    """The session of ours that the caller's process runs in; another home's sessions do not count."""
    mark = process.session_of(caller.pid)
    session = daemon.store.reader.session(mark) if mark else None
    if session is not None and session.ended_at is not None:
        raise NotPermitted(f"session {session.id} of {session.peer} is over; what it left running may not ask.")
    return session


def token_hash(token: str) -> str:
    """What is kept of a token: sha256 in hex."""
    return sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
