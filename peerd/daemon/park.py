"""Whether a session that was idle for long is at rest: nobody sits at it, nothing stands in its input line, no child of
it works. What cannot be asked is at work: unknown never ends anything.

A child works when it was started since the last look, or used more than half a percent of a core since then: what a
runtime keeps beside it (an MCP server, a watcher of files) uses less.
"""

import asyncio
from collections.abc import Mapping

from peerd.core.action import LookForWork
from peerd.core.event import FoundAtRest, FoundAtWork
from peerd.daemon import startable
from peerd.daemon.context import Daemon
from peerd.daemon.inputline import at_rest
from peerd.daemon.live import Live
from peerd.daemon.reach import reach
from peerd.edges import clock, process
from peerd.errors import ConfigError, PeerdError
from peerd.model.session import Process, SessionId

WORKS_FROM = 0.005  # of a core
WATCHED_S = 1.0
"""Between two looks at children that nobody has looked at before."""


async def look_for_work(daemon: Daemon, action: LookForWork) -> None:
    """Ends in `FoundAtRest` or `FoundAtWork`, whatever happens."""
    live = daemon.live.get(action.session)
    if live is None:
        return
    try:
        why = _without_heir(daemon, live) or await _work(daemon, live)
    except (PeerdError, OSError) as error:
        why = f"could not be looked at: {error}"
    if why:
        daemon.log.write("at-work", peer=live.peer, session=live.id, why=why)
    daemon.loop.feed((FoundAtWork if why else FoundAtRest)(live.peer, live.id))


def _without_heir(daemon: Daemon, live: Live) -> str:
    """Why a session that is to be followed by a fresh one cannot be; "" where nothing speaks against it."""
    peer = daemon.loop.peers[live.peer]
    if not peer.past.marked:
        return ""
    try:
        startable.check(daemon, peer.spec)
    except ConfigError as error:
        return f"the next one could not start: {error}"
    return ""


async def _work(daemon: Daemon, live: Live) -> str:
    """What is under way; "" where nothing is."""
    if live.children is None:
        await note_children(daemon, live)
        await clock.pause(WATCHED_S)
    if await note_children(daemon, live):
        return "a child of it works"
    if live.adapter.kind == "pass":
        return ""  # one that was never given its task
    pane = await reach(live)
    people = await pane.humans()
    if people:
        return f"{people} attached"
    return "" if at_rest(live, live.adapter.read(await pane.capture())) else "its screen is not at rest"


async def note_children(daemon: Daemon, *only: Live) -> set[SessionId]:
    """The sessions in which a child works, by what is different from the last look; of these, or of all."""
    found, now = await asyncio.to_thread(process.children), clock.now()
    working = set()
    for live in only or tuple(daemon.live.values()):
        ticks = {
            each: used
            for each, used in found.get(live.id, {}).items()
            if each not in (live.host.runtime, live.host.server)
        }
        if live.children is not None and _worked(*live.children, ticks, now):
            working.add(live.id)
        live.children = (now, ticks)
    return working


def _worked(before: float, known: Mapping[Process, int], ticks: Mapping[Process, int], now: float) -> bool:
    enough = max(1.0, WORKS_FROM * (now - before) * process.TICKS_PER_S)
    return any(each not in known or used - known[each] > enough for each, used in ticks.items())
