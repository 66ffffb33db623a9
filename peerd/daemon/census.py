"""The net under the events, never the mechanism: every so often, look whether what should live does."""

import asyncio
import contextlib
import os
from collections.abc import Iterable

from peerd.core.event import FoundAtWork, TurnEnded
from peerd.core.limit import TurnLimited
from peerd.core.state import Peer
from peerd.daemon import (
    adopt,
    bad_records,
    children,
    cleanup,
    holds,
    orphans,
    retention,
    stray_probe,
    teardown,
    transcript,
)
from peerd.daemon.approvals import aftermath, idle_watch
from peerd.daemon.context import Daemon, guarded
from peerd.daemon.ingest import limited
from peerd.daemon.inputline import at_rest
from peerd.daemon.live import Live
from peerd.daemon.place import pane_log
from peerd.daemon.reach import reach_again, try_to_reach
from peerd.edges import clock, process
from peerd.edges.process import UNKNOWN
from peerd.edges.tmux import server
from peerd.edges.tmux.panelog import truncate_log
from peerd.errors import TmuxError
from peerd.model.peer import Activity, PeerName, Phase
from peerd.model.session import SessionId

PANE_LOGS_EVERY_S = 1.0
YOUNG_S = 60.0
WORKING = (Activity.BUSY, Activity.UNKNOWN)


async def watch(daemon: Daemon) -> None:
    """Runs until cancelled; one round that fails is told, and costs no other."""
    since_s = 0.0
    while True:
        await clock.pause(PANE_LOGS_EVERY_S)
        since_s += PANE_LOGS_EVERY_S
        with guarded(daemon, "census"):  # the net must not tear
            cap_pane_logs(daemon)
            idle_watch.look_where_drawn(daemon)
            if since_s >= daemon.settings.census_s:
                since_s = 0.0
                await look(daemon)


def cap_pane_logs(daemon: Daemon) -> None:
    """A runtime in a loop writes tens of MB a second; a look at a size costs microseconds. A log that is no file any
    more has nothing to be cut."""
    for live in daemon.live.values():
        with contextlib.suppress(OSError):
            truncate_log(pane_log(live.place), daemon.settings.pane_log_max_bytes)


async def look(daemon: Daemon) -> None:
    """One census: deaths nobody told of, journals nobody rang for, turns whose end nobody told, sockets of nobody,
    sessions that could not be adopted, files of removals and renames."""
    await look_around(daemon)
    for session in await children.note(daemon):
        daemon.loop.feed(FoundAtWork(daemon.live[session].peer, session))
    daemon.task(retention.keep_bounds(daemon), "keep to what is kept")
    looks = (_look_at(daemon, live) for live in tuple(daemon.live.values()))
    if not daemon.at_specs.locked():  # else a disk takes its time, and another census comes
        daemon.task(cleanup.try_again(daemon), "finish removals and renames")
    await asyncio.gather(adopt.again(daemon), *looks)


async def _look_at(daemon: Daemon, live: Live) -> None:
    """One session that cannot be looked at costs no other its look."""
    with guarded(daemon, f"look at {live.peer}"):
        await try_to_reach(live)
        await look_at(daemon, live)
        await idle_watch.look(daemon, live)
        await aftermath.look(daemon, live)
        stray_probe.begin(daemon, live)


async def look_around(daemon: Daemon) -> None:
    """What the kernel can tell: no session is asked, so that one that hangs delays nothing."""
    for live in tuple(daemon.live.values()):
        with guarded(daemon, f"look at {live.peer}"):
            _look_for_death(daemon, live)
    await clear_leftovers(daemon)


def _look_for_death(daemon: Daemon, live: Live) -> None:
    if not process.alive(live.host.runtime):
        teardown.begin(daemon, live, UNKNOWN)
    elif not process.alive(live.host.server):
        teardown.server_gone(daemon, live, UNKNOWN)
    teardown.kill_again(daemon, live)
    daemon.journals.poll(live.id)


async def clear_leftovers(daemon: Daemon, marks: Iterable[SessionId] | None = None) -> None:
    """What sessions that are over have left; servers that no record knows are told of. `marks`: as just seen."""
    seen = await asyncio.to_thread(process.marks) if marks is None else marks
    strange = await orphans.clear_all(daemon, await strays(daemon), seen)
    daemon.log.write("census", live=len(daemon.live), found=len(daemon.live) + len(strange), strange=len(strange))
    for socket in strange:
        daemon.log.write("stray-session", socket=socket, why="a tmux server of ours that no record knows; left alone")


async def look_at(daemon: Daemon, live: Live) -> None:
    """A runtime that has said nothing for a while, and whose screen shows an empty input line, is at it: the end of its
    turn was not told. One that is at its input line, by its own word, is looked at only where that was not seen."""
    peer = daemon.loop.peers[live.peer]
    if not _is_to_be_seen(daemon, live, peer):
        return
    failed = await _failed(daemon, live, peer)
    if failed is not None:
        daemon.loop.feed(failed)
        return
    try:
        screen = await (await reach_again(live)).capture()
    except TmuxError:
        return
    reading = live.adapter.read(screen)
    if not at_rest(live, reading) or not _works(peer):
        holds.tell(daemon, live, screen, reading)
    else:
        turn, status = peer.turn.id if peer.turn is not None else None, live.ended(peer.turn, None)
        daemon.loop.feed(TurnEnded(live.peer, live.id, turn, status, final=live.adapter.turn_ends_task))


async def _failed(daemon: Daemon, live: Live, peer: Peer) -> TurnLimited | None:
    """A runtime that has no word for a turn that failed may have written down by which limit, whatever it shows."""
    limit = await transcript.of_turn(daemon, live) if peer.turn is not None else None
    return limited(live, peer.turn.id, limit) if peer.turn is not None and limit is not None else None


def _is_to_be_seen(daemon: Daemon, live: Live, peer: Peer) -> bool:
    if peer.phase is not Phase.RUNNING or live.burial:
        return False
    silent = live.last_fact is None or clock.now() - live.last_fact[1] >= daemon.settings.silent_s
    return silent if _works(peer) else peer.hold is not None


def _works(peer: Peer) -> bool:
    return peer.activity in WORKING or peer.turn is not None


async def strays(daemon: Daemon) -> list[str]:
    """Sockets in our tmux folder with a server behind them and no session of ours; those without one go. A hashed name
    in the short folder may be another home's, so nobody looks there."""
    folder = os.path.join(daemon.home.run, "tmux")
    known = {live.host.socket for live in daemon.live.values()}
    known.update(socket for left in daemon.unadopted.values() for socket in bad_records.sockets(daemon, left))
    names = sorted(os.listdir(folder)) if os.path.isdir(folder) else ()
    paths = [path for name in names if (path := os.path.join(folder, name)) not in known]
    answers = await asyncio.gather(*(_answers(path) for path in paths))
    silent = [path for path, answered in zip(paths, answers, strict=True) if not answered]
    for path in silent:
        await _forget(daemon, path)
    return [path for path in paths if path not in silent]


async def _forget(daemon: Daemon, socket: str) -> None:
    """A socket's file that nobody needs any more: one that is young, or of a peer that starts, may be listened on in a
    moment."""
    name, suffix = os.path.splitext(os.path.basename(socket))
    peer = daemon.loop.peers.get(PeerName(name.partition("-")[2]))
    if suffix != ".sock" or (peer is not None and peer.phase is Phase.STARTING):
        return
    with contextlib.suppress(TmuxError, OSError):
        if abs(clock.wall() - os.lstat(socket).st_mtime) > YOUNG_S:
            await server.forget(socket)


async def _answers(socket: str) -> bool:
    try:
        return await server.alive(socket)
    except TmuxError:
        return False
