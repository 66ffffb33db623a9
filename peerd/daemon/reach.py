"""A session's pane, over a control connection that is made anew where the last one was lost."""

import asyncio

from peerd.adapter import Reading
from peerd.daemon.live import Live
from peerd.edges.tmux import server
from peerd.edges.tmux.control import Control
from peerd.edges.tmux.pane import Pane
from peerd.errors import TmuxError


async def reach(live: Live) -> Pane:
    """Connects once for all who ask. Raises TmuxError, also for a session that is over."""
    if _connected(live) and live.pane is not None:
        return live.pane
    if live.burial is not None:
        raise TmuxError("attach", "the session is over")
    return await _attached(live)


async def read(live: Live) -> Reading:
    """What its adapter reads off the screen now. Raises TmuxError."""
    return live.adapter.read(await (await reach(live)).capture())


async def reach_dead(live: Live) -> Pane:
    """The pane that tmux kept of a session that is over. Raises TmuxError."""
    if _connected(live) and live.pane is not None:
        return live.pane
    return await _attached(live)


def _connected(live: Live) -> bool:
    return live.control is not None and live.control.lost is None


async def _attached(live: Live) -> Pane:
    if live.reaching is None or live.reaching.done():
        live.reaching = asyncio.create_task(_attach(live), name=f"reach {live.peer}")
    return await asyncio.shield(live.reaching)


async def _attach(live: Live) -> Pane:
    if live.control is not None:
        await live.control.close()
    await server.show(live.host.socket, live.host.server.pid)
    live.control = await Control.attach(live.host.socket, live.session_name)
    live.pane = Pane(live.control, live.host.pane)
    return live.pane
