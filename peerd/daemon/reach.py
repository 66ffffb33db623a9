"""A session's pane, over a control connection that is made anew where the last one was lost."""

import asyncio
import contextlib
import os
from collections.abc import Awaitable, Callable
from functools import partial

from peerd.adapter import Reading
from peerd.daemon import pending_attach
from peerd.daemon.context import Daemon
from peerd.daemon.live import Live, Missed
from peerd.edges import clock, process
from peerd.edges.tmux import server
from peerd.edges.tmux.control import CLIENT, Control
from peerd.edges.tmux.pane import NOTHING, Pane
from peerd.edges.tmux.program import found, mismatched, own_program, run, timed_out
from peerd.errors import TmuxError

ANSWERS_S = 2.0  # a server that did not answer lately, asked by a client that does not attach
AGAIN_S = 0.25  # a try costs a process of tmux, or two; doubled from failure to failure
AGAIN_MAX_S = 60.0


async def reach(live: Live) -> Pane:
    """Connects once for all who ask. Raises TmuxError, also for a session that is over."""
    return await _since_asked(live, _living)


async def reach_again(live: Live) -> Pane:
    """As `reach`, for who looks over and over: after a failure its error is raised anew for a while, which doubles from
    failure to failure. It ends at once where anybody reaches it."""
    missed = live.missed
    if missed is not None and clock.now() < missed.due:
        raise missed.error.with_traceback(None)
    return await _living(live)


async def try_to_reach(live: Live) -> None:
    """What is out of reach may be within it again by now, and a server that hangs shows only to who asks. One that is
    known to hang shows by its late answer that it does no more."""
    control = live.control
    with contextlib.suppress(TmuxError):
        if live.out_of_reach is not None:
            await reach(live)
        elif control is not None and control.lost is None and control.hangs is None:
            await control.ask(NOTHING)


async def read(live: Live) -> Reading:
    """What its adapter reads off the screen now. Raises TmuxError."""
    return live.adapter.read(await (await reach(live)).capture())


async def read_again(live: Live) -> Reading:
    """As `read`, for who looks over and over. Raises TmuxError."""
    return live.adapter.read(await (await reach_again(live)).capture())


async def reach_dead(live: Live) -> Pane:
    """The pane that tmux kept of a session that is over. Raises TmuxError."""
    return await _since_asked(live, _attached)


def unreachable(live: Live) -> str | None:
    """As `out_of_reach`, and what that means for it."""
    so = out_of_reach(live)
    if so is None:
        return None
    return (
        f"alive, but {so}: nothing is typed, and messages wait, as long as "
        f"that is so; `peerd new {live.peer} --now` starts a new session in its place"
    )


def out_of_reach(live: Live) -> str | None:
    """For a person, where its tmux server lives and could not be attached to when that was last tried, or owes us an
    answer."""
    why = _why(live)
    if why is None:
        return None
    what = "is of another version than the tmux program" if mismatched(why) else "cannot be reached"
    return f"its tmux server {what} ({why})"


def _why(live: Live) -> str | None:
    return live.out_of_reach or (live.control.hangs if live.control is not None else None)


class Told:
    """Logs once when a session gets out of reach, and once when it is back."""

    def __init__(self, daemon: Daemon, live: Live) -> None:
        self._daemon = daemon
        self._live = live
        self._out = False

    def __call__(self) -> None:
        live, why = self._live, _why(self._live)
        if why is not None and not self._out:
            self._daemon.log.write("out-of-reach", peer=live.peer, session=live.id, why=why)
        elif why is None and self._out and live.burial is None:
            self._daemon.log.write("within-reach", peer=live.peer, session=live.id)
        self._out = why is not None


def _connected(live: Live) -> bool:
    return live.control is not None and live.control.lost is None


async def _since_asked(live: Live, reached: Callable[[Live], Awaitable[Pane]]) -> Pane:
    """A try that was begun before may fail for what is over by now: who joined one has another, one for all of them."""
    if live.reaching is not None and not live.reaching.done():
        with contextlib.suppress(TmuxError):
            return await reached(live)
    return await reached(live)


async def _living(live: Live) -> Pane:
    if live.burial is not None and not _connected(live):
        raise TmuxError("attach", "the session is over")
    return await _attached(live)


async def _attached(live: Live) -> Pane:
    if _connected(live) and live.pane is not None:
        return live.pane
    if live.reaching is None or live.reaching.done():
        live.reaching = asyncio.create_task(_attach(live), name=f"reach {live.peer}")
    return await asyncio.shield(live.reaching)


async def _attach(live: Live) -> Pane:
    if live.control is not None:
        await live.control.close()
    await server.show(live.host.socket, partial(process.tell, live.host.server))
    try:
        live.control = await _client(live)
    except TmuxError as error:
        live.out_of_reach = error.why if process.alive(live.host.server) else None
        live.tell_reach()
        if live.missed is None and timed_out(error.why):
            await _end_orphans(live.host.socket)
        why = unreachable(live)
        told = TmuxError(error.op, f"{live.peer} is {why}") if why else error
        live.missed = _missed(live.missed, told)
        raise told from error
    live.out_of_reach = live.missed = None
    live.control.tell_hang(lambda: live.tell_reach())
    live.tell_reach()
    live.pane = Pane(live.control, live.host.pane, clock.second)
    return live.pane


async def _end_orphans(socket: str) -> None:
    """Clients of a daemon that was killed while its server hung. Beside one that was given up they end it as it wakes:
    14 times of 60, and once of 120 where they were killed (tmux 3.3a)."""
    for client in await asyncio.to_thread(process.with_variable, CLIENT, socket):
        if os.getpid() not in process.ancestors(client.pid):
            await process.end(client, polite=(), grace_s=0.0)


def _missed(before: Missed | None, error: TmuxError) -> Missed:
    wait_s = AGAIN_S if before is None else min(AGAIN_MAX_S, before.wait_s * 2)
    return Missed(error, wait_s, clock.now() + wait_s)


async def _client(live: Live) -> Control:
    """By the server's own program first, where that is another than the one on the PATH. Raises TmuxError. Clients that
    attach are not let pile up before a server that hangs, not by one daemon after another either: three of them, one
    dead, end it as it wakes (tmux 3.3a)."""
    ours = found()
    own = own_program(live.host.server.pid, ours) if process.alive(live.host.server) else None
    by = own or ours
    if by and (live.missed is not None or process.stopped(live.host.server) or pending_attach.owed(live.place)):
        asked = ("-N", "-S", live.host.socket, "display-message")
        await run("display-message", asked, deadline_s=ANSWERS_S, by=by)
    with pending_attach.attaching(live.place):
        return await _attached_by(live, own, ours)


async def _attached_by(live: Live, own: str | None, ours: str | None) -> Control:
    if own is not None:
        try:
            return await Control.attach(live.host.socket, live.session_name, by=own)
        except TmuxError as error:
            if timed_out(error.why):
                raise
    return await Control.attach(live.host.socket, live.session_name, by=ours)
