"""The end of a session: how it ended is read, put on record and told; then nothing of it is left running.

Only what carries our mark is ended: the runtime by the pidfd of the process we started, its tmux server by its own
socket, and children by `PEERD_SESSION` in their environment.
"""

import asyncio
import shutil
import signal

from peerd.core.action import Kill
from peerd.core.event import SessionExited
from peerd.daemon.context import Daemon
from peerd.daemon.live import Live
from peerd.edges import clock, process
from peerd.edges.process import ExitStatus
from peerd.edges.tmux import server
from peerd.errors import PeerdError, TmuxError
from peerd.model.peer import PeerName
from peerd.model.session import End, EndCause
from peerd.store.write import EndSession

LAST_LINES = 40
READ_WITHIN_S = 1.0  # the screen of a dead pane; a record without it is better than none
HEARD_WITHIN_S = 1.0
KILL_WITHIN_S = 5.0
POLITE = (signal.SIGHUP, signal.SIGTERM, signal.SIGCONT)
"""An interactive bash ignores TERM and heeds HUP; CONT wakes what was stopped so that it can heed either."""


async def kill(daemon: Daemon, action: Kill) -> None:
    """End the runtime, politely first. Its death is told by its pidfd like any other; the cause asked for is kept."""
    live = daemon.live.get(action.session)
    if live is None:
        return
    live.ending = (action.cause, action.why)
    if live.typing is not None:
        live.typing.cancel()
    await process.end(live.host.runtime, polite=POLITE, grace_s=live.spec.stop_grace_s)


def begin(daemon: Daemon, live: Live, status: ExitStatus) -> None:
    """The runtime is dead: bury its session, once."""
    if live.burial is None:
        live.burial = daemon.task(_bury(daemon, live, status), f"bury {live.peer}")
        daemon.burials[live.peer] = live.burial


def server_gone(daemon: Daemon, live: Live, status: ExitStatus) -> None:
    """Its tmux server is dead: nobody can reach the runtime any more, so what is left of it ends too."""
    if live.burial is None:
        live.server_died = True
        daemon.log.write("server-died", peer=live.peer, session=live.id, code=status.code, signal=status.signal)
        daemon.task(process.end(live.host.runtime, polite=POLITE, grace_s=live.spec.stop_grace_s), "end orphan")


async def _bury(daemon: Daemon, live: Live, status: ExitStatus) -> None:
    """Told as soon as it is on record; what is slow comes after, and the next start waits for it."""
    try:
        await _hear_out(daemon, live)
        end = await _end(live, status)
        await daemon.store.commit(EndSession(live.id, end, clock.wall()))
        log_end(daemon, live, end)
        daemon.why_down[live.peer] = f"{end.cause.value}: {end.why}" if end.why else end.cause.value
        daemon.loop.feed(SessionExited(live.peer, live.id, end))
    finally:
        await clear_away(daemon, live)


async def _hear_out(daemon: Daemon, live: Live) -> None:
    """What the runtime said before it died counts: the rest of its journal comes before its end."""
    daemon.journals.poll(live.id)
    try:
        await asyncio.wait_for(live.heard.join(), HEARD_WITHIN_S)
    except TimeoutError:
        daemon.log.write("action-failed", peer=live.peer, session=live.id, action="hear out", why="took too long")


async def _end(live: Live, status: ExitStatus) -> End:
    lines = await _last_lines(live)
    gone = live.server_died or not process.alive(live.host.server)
    if live.ending is not None:
        cause, why = live.ending
    else:
        cause, why = _cause(status, gone), ""
    return End(cause, status.code, status.signal, why or _why(cause, lines), lines)


def _cause(status: ExitStatus, server_gone: bool) -> EndCause:
    if server_gone:
        return EndCause.SERVER_DIED
    return EndCause.KILLED if status.signal is not None else EndCause.EXITED


def _why(cause: EndCause, lines: tuple[str, ...]) -> str:
    """A boot that failed is explained by the last thing it said."""
    return " / ".join(lines[-2:])[:160] if cause is EndCause.BOOT_FAILED else ""


async def _last_lines(live: Live) -> tuple[str, ...]:
    if live.pane is None:
        return ()
    try:
        await live.pane.drained()
        return await live.pane.history(LAST_LINES, deadline_s=READ_WITHIN_S)
    except TmuxError:
        return ()


def log_end(daemon: Daemon, live: Live, end: End) -> None:
    daemon.log.write(
        "session-ended",
        peer=live.peer,
        session=live.id,
        cause=end.cause,
        code=end.code,
        signal=end.signal,
        why=end.why or None,
        lasted_s=round(clock.wall() - live.session.started_at, 1),
    )


async def clear_away(daemon: Daemon, live: Live) -> None:
    """After this nothing of the session runs and nothing of it is watched."""
    daemon.journals.unwatch(live.id)
    daemon.deaths.unwatch(live.host.runtime)
    if live.hearing is not None:
        live.hearing.cancel()
    if live.control is not None:
        await live.control.close()
    try:
        if live.host.runtime.pid:
            await process.end(live.host.runtime, polite=POLITE, grace_s=live.spec.stop_grace_s)
        await server.kill(live.host.socket, KILL_WITHIN_S)
        killed = await process.sweep(live.id, spare=frozenset(), grace_s=live.spec.stop_grace_s)
        if killed:
            daemon.log.write("children-killed", peer=live.peer, session=live.id, count=killed)
    except PeerdError as error:
        daemon.log.write("action-failed", peer=live.peer, session=live.id, action="clear away", why=str(error))
    daemon.deaths.unwatch(live.host.server)
    daemon.live.pop(live.id, None)
    forget_old(daemon, live.peer)
    if daemon.by_peer.get(live.peer) is live:
        del daemon.by_peer[live.peer]


def forget_old(daemon: Daemon, peer: PeerName) -> None:
    """The folders of a peer's older sessions go; what the store has on them stays."""
    for session in daemon.store.reader.ended_sessions(peer)[daemon.settings.sessions_kept :]:
        shutil.rmtree(daemon.home.session(session), ignore_errors=True)
