"""The end of a session, by one door: how it ended is read, told and put on record; then nothing of it is left running.

Only what carries our mark is ended, or comes of what does: runtime and tmux server by pidfds of the very processes we
started, the others by `PEERD_SESSION` in their environment, or by their parents, as these were before the first signal.
"""

import asyncio
import contextlib
import os
import shutil
import signal
from collections.abc import Callable
from functools import partial

from peerd.core import oom
from peerd.core.action import Kill
from peerd.core.death import of_task
from peerd.core.event import Event, SessionExited
from peerd.daemon import end_reason, initial_prompt, listening, processes, screen_evidence, shell_acl
from peerd.daemon.approvals import watcher
from peerd.daemon.context import Daemon
from peerd.daemon.deliver import give_back
from peerd.daemon.last_exit import joined, with_last_words
from peerd.daemon.live import Live
from peerd.daemon.place import clear_tmp, pane_log
from peerd.daemon.reach import reach_dead
from peerd.edges import clock, process
from peerd.edges.process import UNKNOWN, ExitStatus
from peerd.edges.tmux import server
from peerd.edges.tmux.pane import Pane
from peerd.edges.tmux.panelog import last_lines
from peerd.errors import PeerdError, TmuxError
from peerd.model.message import first_id
from peerd.model.peer import PeerName
from peerd.model.session import End, EndCause, Ending, SessionId
from peerd.store.write import EndSession

LAST_LINES = 40
FROM_ITS_LOG = "the last lines are from its log"
READ_WITHIN_S = 1.0  # the screen of a dead pane; a record without it is better than none
RECORDED_WITHIN_S = 1.0  # on a disk that refuses it follows once it can
TOLD_WITHIN_S = 0.5
TOLD_EVERY_S = 0.01
HEARD_WITHIN_S = 1.0
SERVER_GRACE_S = 2.0
KILL_AGAIN_S = 1.0
POLITE = (signal.SIGHUP, signal.SIGTERM)
"""An interactive bash ignores TERM and heeds HUP."""


async def kill(daemon: Daemon, action: Kill) -> None:
    """End the runtime, politely first. Its death is told by its pidfd like any other; the cause asked for is kept, but
    not where it had died by itself before. Nothing while it is under way. Where a fault of ours is in the way it is
    tried once more in a moment, and then with each census."""
    try:
        await _kill(daemon, action)
    except Exception as error:  # noqa: BLE001  else the peer would be ending until then
        daemon.bug("kill", error)
        await clock.pause(KILL_AGAIN_S)
        if (live := daemon.live.get(action.session)) is not None:
            live.killing = None
        await _kill(daemon, action)


async def _kill(daemon: Daemon, action: Kill) -> None:
    live = daemon.live.get(action.session)
    if live is None:
        end = End(action.cause, why=action.why or "nothing of it was left")
        daemon.loop.feed(SessionExited(action.peer, action.session, end))
        return
    if live.burial is not None or being_ended(live):
        return
    live.unended = ending = Ending(action.cause, action.why)
    if not process.alive(live.host.runtime):
        return
    live.killing = asyncio.current_task()
    if live.typing is not None:
        live.typing.cancel()
    await processes.gather(daemon, live)  # before it is noted: what dies meanwhile has ended by itself
    if live.ending is None and not await end_reason.is_noted(daemon, live, ending):
        return
    live.ending = live.ending or ending
    await process.end(live.host.runtime, polite=POLITE, grace_s=_grace_s(daemon, live))


def _grace_s(daemon: Daemon, live: Live) -> float:
    """By its spec as it is now."""
    peer = daemon.loop.peers.get(live.peer)
    return (live.spec if peer is None else peer.spec).stop_grace_s


def being_ended(live: Live) -> bool:
    return live.killing is not None and not live.killing.done()


def kill_again(daemon: Daemon, live: Live) -> None:
    """One that was to be ended and goes on: it could not be signalled, or did not heed it, or what it did could not be
    put on record before."""
    if live.unended is not None and live.burial is None and not being_ended(live):
        daemon.task(kill(daemon, Kill(live.peer, live.id, live.unended.cause, live.unended.why)), "kill again")


def begin(daemon: Daemon, live: Live, status: ExitStatus) -> None:
    """The runtime is dead: bury its session, once."""
    if live.burial is None:
        listening.take_back(daemon, live.peer)
        live.burial = daemon.task(_bury(daemon, live, status), f"bury {live.peer}")
        daemon.burials[live.peer] = live.burial


def server_gone(daemon: Daemon, live: Live, status: ExitStatus) -> None:
    """Its tmux server is dead: nobody can reach the runtime any more, so what is left of it ends too."""
    if live.burial is None and live.server_died is None:
        live.server_died = status
        daemon.log.write("server-died", peer=live.peer, session=live.id, code=status.code, signal=status.signal)
        daemon.task(_end_orphan(daemon, live), "end orphan")


async def _end_orphan(daemon: Daemon, live: Live) -> None:
    await processes.gather(daemon, live)
    await process.end(live.host.runtime, polite=POLITE, grace_s=_grace_s(daemon, live))


async def _bury(daemon: Daemon, live: Live, status: ExitStatus) -> None:
    try:
        await _hear_out(daemon, live)
        end = await _end(daemon, live, status)
    except Exception as error:  # noqa: BLE001  whatever it was, the session is over
        daemon.bug("read an end", error)
        end = End(EndCause.EXITED, status.code, status.signal, "its end could not be read")
    await finish(daemon, live, end, daemon.loop.feed)


async def finish(daemon: Daemon, live: Live, end: End, feed: Callable[[Event], None]) -> None:
    """Told once it is on record, and also when it cannot be; what is slow comes after, and the next start waits."""
    give_back(daemon, live, feed)
    peer = daemon.loop.peers.get(live.peer)
    await record(daemon, live.id, end, of_task=peer is not None and of_task(peer, end))
    _log_end(daemon, live, end)
    daemon.why_down[live.peer] = end.told
    watcher.end(daemon, live)
    give_back(daemon, live, feed)  # it may have been about to be, once more
    feed(SessionExited(live.peer, live.id, end, live.boot_s(end)))
    shell_acl.cancel(daemon, live.peer, feed)
    await initial_prompt.cancel(daemon, first_id(live.id))
    await clear_away(daemon, live)
    listening.take_back(daemon, live.peer)


async def record(daemon: Daemon, session: SessionId, end: End, *, of_task: bool = False) -> None:
    """On disk once this returns, or as soon as the disk takes it, ahead of whatever session comes next."""
    ended = EndSession(session, end, clock.wall(), of_task)
    await asyncio.wait((daemon.record(ended),), timeout=RECORDED_WITHIN_S)


async def _hear_out(daemon: Daemon, live: Live) -> None:
    """What the runtime said before it died counts: the rest of its journal comes before its end."""
    daemon.journals.poll(live.id)
    try:
        await asyncio.wait_for(live.heard.join(), HEARD_WITHIN_S)
    except TimeoutError:
        daemon.log.write("action-failed", peer=live.peer, session=live.id, action="hear out", why="took too long")


async def _end(daemon: Daemon, live: Live, status: ExitStatus) -> End:
    gone = live.server_died is not None or not process.alive(live.host.server)
    pane = None if gone else await _pane(live)
    lines, source = await _last_lines(live, pane)
    if pane is not None:
        await _look_at_it(daemon, live)
    if status == UNKNOWN and pane is not None:
        status = await told_by_tmux(live, pane)
    first = (live.server_died or UNKNOWN) if gone else status
    begun = live.ending or Ending(_cause(status, gone), suspicion(daemon, live, first, gone))
    why = begun.why if live.ready else with_last_words(begun.why, lines)
    return End(begun.cause, status.code, status.signal, joined(why, source), lines)


async def _look_at_it(daemon: Daemon, live: Live) -> None:
    """What the last screen shows to be taken was: its end is that of an open turn."""
    with contextlib.suppress(TmuxError, TimeoutError):
        for id in sorted({message for message, _ in live.unproved}):
            await asyncio.wait_for(screen_evidence.look_back(daemon, live, id, daemon.loop.feed), READ_WITHIN_S)


async def _pane(live: Live) -> Pane | None:
    """The dead pane; None where tmux cannot be asked in time."""
    try:
        return await asyncio.wait_for(reach_dead(live), READ_WITHIN_S)
    except (TmuxError, TimeoutError):
        return None


async def told_by_tmux(live: Live, pane: Pane) -> ExitStatus:
    """Where the kernel could not tell any more; tmux may need a nudge to look, and looks after it has answered."""
    server.nudge(partial(process.tell, live.host.server))
    give_up = clock.now() + TOLD_WITHIN_S
    try:
        while (ended := await pane.ended()) is None or (ended.code is None and ended.signal is None):
            if clock.now() > give_up:
                return UNKNOWN
            await clock.pause(TOLD_EVERY_S)
    except TmuxError:
        return UNKNOWN
    return ExitStatus(ended.code, ended.signal)


def suspicion(daemon: Daemon, live: Live, status: ExitStatus, server_gone: bool) -> str:
    """Whether the kernel may have killed it, short of memory; "" where nothing speaks for that. `status` is of what
    died first; a server that nobody saw die was killed, for none ends by itself."""
    if live.ending is not None:
        return ""
    if not oom.looks_killed(status.code, status.signal) and not (server_gone and status == UNKNOWN):
        return ""
    return oom.suspicion(live.host.oom, daemon.oom.now(live.host.oom))


def _cause(status: ExitStatus, server_gone: bool) -> EndCause:
    if server_gone:
        return EndCause.SERVER_DIED
    return EndCause.KILLED if status.signal is not None else EndCause.EXITED


async def _last_lines(live: Live, pane: Pane | None) -> tuple[tuple[str, ...], str]:
    """And where they are from, where that is not the screen."""
    if pane is not None:
        with contextlib.suppress(TmuxError):
            await pane.drained()
            return await pane.history(LAST_LINES, deadline_s=READ_WITHIN_S), ""
    return logged(live)


def logged(live: Live) -> tuple[tuple[str, ...], str]:
    """What a pane wrote last that tmux cannot tell of any more, and that it is from the log."""
    lines = last_lines(pane_log(live.place), LAST_LINES)
    return lines, FROM_ITS_LOG if lines else ""


def _log_end(daemon: Daemon, live: Live, end: End) -> None:
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
    """After this nothing of the session runs and nothing of it is watched. May be done again."""
    unwatch(daemon, live)
    try:
        await _end_processes(daemon, live)
    except (PeerdError, OSError) as error:
        daemon.log.write("action-failed", peer=live.peer, session=live.id, action="clear away", why=str(error))
    await clear_tmp(live.place)
    forget(daemon, live)
    forget_old(daemon, live.peer)


def unwatch(daemon: Daemon, live: Live) -> None:
    daemon.journals.unwatch(live.id)
    daemon.deaths.unwatch(live.host.runtime)
    daemon.deaths.unwatch(live.host.server)
    for task in live.lasting:
        task.cancel()


def forget(daemon: Daemon, live: Live) -> None:
    daemon.live.pop(live.id, None)
    if daemon.by_peer.get(live.peer) is live:
        del daemon.by_peer[live.peer]


async def _end_processes(daemon: Daemon, live: Live) -> None:
    if live.control is not None:
        await live.control.close()
    if not live.members and any(map(process.alive, (live.host.runtime, live.host.server))):
        await processes.gather(daemon, live)
    if live.host.runtime.pid:
        await process.end(live.host.runtime, polite=POLITE, grace_s=_grace_s(daemon, live))
        await process.end(live.host.server, polite=(signal.SIGTERM,), grace_s=SERVER_GRACE_S)
    await processes.sweep(daemon, live.id, live.peer, known=processes.known(live), grace_s=_grace_s(daemon, live))
    await server.forget(live.host.socket)


def forget_old(daemon: Daemon, peer: PeerName) -> None:
    """The folders of a peer's older sessions go; what the store has on them stays."""
    for session in daemon.store.reader.ended_sessions(peer)[daemon.settings.sessions_kept :]:
        folder = daemon.home.session(session)
        if os.path.isdir(folder):
            shutil.rmtree(folder, ignore_errors=True)
