"""What a daemon that was killed in the middle of a burial left: servers and processes of sessions that are over.

Only what carries the mark of a session that is on record as ended is ended here; all else is left alone.
"""

from peerd.daemon.context import Daemon
from peerd.edges import process
from peerd.edges.tmux import server
from peerd.errors import TmuxError
from peerd.model.session import SessionId

GRACE_S = 1.0


async def clear(daemon: Daemon, socket: str) -> bool:
    """End what sits on this socket if it is over; True when nothing is left there. Raises TmuxError when it could not
    be asked."""
    if not await server.alive(socket):
        return True
    mark = await server.mark(socket)
    session = daemon.store.reader.session(SessionId(mark)) if mark else None
    if session is None or session.ended_at is None:
        return False
    await server.kill(socket)
    await process.sweep(session.id, spare=frozenset(), grace_s=GRACE_S)
    daemon.log.write("children-killed", peer=session.peer, session=session.id, count=1)
    return True


async def clear_all(daemon: Daemon, sockets: list[str]) -> list[str]:
    """The sockets that somebody else's server sits on."""
    return [socket for socket in sockets if not await _cleared(daemon, socket)]


async def _cleared(daemon: Daemon, socket: str) -> bool:
    try:
        return await clear(daemon, socket)
    except TmuxError as error:
        daemon.log.write("action-failed", action=f"look at {socket}", why=str(error))
        return False
