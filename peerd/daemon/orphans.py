"""What a daemon that was killed in the middle of something left: servers and processes of sessions that are over.

Only what is of a session that our own record has as ended, by its mark, is ended here; all else is left alone.
"""

import asyncio
from collections.abc import Iterable

from peerd.daemon import processes
from peerd.daemon.context import Daemon
from peerd.edges import process
from peerd.edges.process import kin
from peerd.edges.tmux import server
from peerd.errors import TmuxError
from peerd.model.peer import PeerName
from peerd.model.session import Host, Process, Session, SessionId
from peerd.store.decode import Senseless

GRACE_S = 1.0


async def clear(daemon: Daemon, socket: str) -> bool:
    """End what sits on this socket if it is over; True when nothing is left there. Raises TmuxError when it could not
    be asked."""
    if not await server.alive(socket):
        return True
    mark = await server.mark(socket)
    session = _over(daemon, SessionId(mark)) if mark is not None else None
    if session is None:
        return not await server.alive(socket)
    await end(daemon, session.id, session.peer, socket, session.host)
    return True


async def end(daemon: Daemon, session: SessionId, peer: PeerName | None, socket: str, host: Host | None = None) -> None:
    """End a session's server, if the one on this socket is its own, and all its processes."""
    known = runtime_of(host)
    if await server.alive(socket) and await server.mark(socket) == session:
        known = await asyncio.to_thread(kin.members, session, known)
        await server.kill(socket)
    await processes.sweep(daemon, session, peer, known=known, grace_s=GRACE_S)


def runtime_of(host: Host | None) -> frozenset[Process]:
    """Where it lives: one that died unseen may have left its pid to another."""
    return frozenset({host.runtime} if host is not None and process.alive(host.runtime) else ())


async def clear_all(daemon: Daemon, sockets: list[str], marks: Iterable[SessionId]) -> list[str]:
    """The sockets that somebody else's server sits on. Processes of sessions that are over, by these marks, end,
    wherever they are."""
    for id in marks:
        session = _over(daemon, id)
        if session is not None:
            why, known = _what_ran_on(session), runtime_of(session.host)
            await processes.sweep(daemon, id, session.peer, known=known, grace_s=GRACE_S, why=why)
    return [socket for socket in sockets if not await _cleared(daemon, socket)]


def _over(daemon: Daemon, id: SessionId) -> Session | None:
    """One on our record as ended, and not being buried right now. One that makes no sense may live, and so may one that
    is another home's."""
    try:
        session = daemon.store.reader.session(id)
    except Senseless:
        return None
    if session is None or session.ended_at is None or id in daemon.live:
        return None
    return None if session.end is not None and session.end.elsewhere else session


def _what_ran_on(session: Session) -> str:
    """A runtime whose end is on record is dead by then, unless it was put there by hand."""
    cause = "ended" if session.end is None else session.end.cause.value
    lives = session.host is not None and process.alive(session.host.runtime)
    return f"on record as {cause}, while {'its runtime' if lives else 'something of it'} ran on"


async def _cleared(daemon: Daemon, socket: str) -> bool:
    try:
        return await clear(daemon, socket)
    except TmuxError as error:
        daemon.log.write("action-failed", action=f"look at {socket}", why=str(error))
        return False
