"""A probe that an Enter which was only slow left alone in the input line is taken back once it is seen there, so that
nobody sits down behind it."""

from peerd.adapter import Keys, Probe
from peerd.daemon import last_typed
from peerd.daemon.context import Daemon
from peerd.daemon.inputline import InputLine, holds
from peerd.daemon.live import Live
from peerd.daemon.reach import reach
from peerd.edges.tmux.shown import shown
from peerd.errors import PaneChanged, TmuxError
from peerd.model.landing import exactly
from peerd.model.peer import Phase

DRAWN_WITHIN_S = 2.0
"""A runtime may say that its turn is over before its input line is drawn."""


def begin(daemon: Daemon, live: Live) -> None:
    """Where one may stand there, as the next delivery would that comes first: that clears it too."""
    busy = live.typing is not None and not live.typing.done()
    if live.probe is not None and not busy and _is_at_rest(daemon, live):
        live.typing = daemon.task(take_back(daemon, live), f"take back a probe at {live.peer}")


async def take_back(daemon: Daemon, live: Live) -> None:
    """Alone at the pane. Nothing where it stands there with anything beside it, or another screen does."""
    probe = live.probe
    if probe is None or not _is_at_rest(daemon, live):
        return
    try:
        await _take_back(daemon, live, probe)
    except (TmuxError, PaneChanged):
        return  # a census tries again


async def _take_back(daemon: Daemon, live: Live, probe: Probe) -> None:
    line = InputLine(live, await reach(live), Keys(pastes=(), landed=exactly(probe.shown)))
    if await line.comes_to_hold(line.keys.landed, DRAWN_WITHIN_S) is None:
        screen = await line.pane.capture()
        if not holds(live.adapter.read(screen), line.keys.landed):
            return
        await line.pane.press(probe.undo, shows=shown(screen, (screen.lines[screen.cursor_y],)))
    if await line.comes_to_hold("", DRAWN_WITHIN_S) is None and live.probe is probe and live.typed_of is not None:
        last_typed.end_probe(daemon, live, live.typed_of[0], probe)


def _is_at_rest(daemon: Daemon, live: Live) -> bool:
    peer = daemon.loop.peers.get(live.peer)
    return peer is not None and peer.session == live.id and peer.phase is Phase.RUNNING and peer.turn is None
