"""A prompt that something was printed over, drawn anew by its own runtime and without a key: what a job in the
background of a shell prints after its prompt came leaves the cursor where no prompt is seen, and it stays so."""

from peerd.daemon.context import Daemon
from peerd.daemon.inputline import closed
from peerd.daemon.live import Live
from peerd.edges.process.foreground import in_foreground
from peerd.edges.tmux.pane import Pane
from peerd.model.message import Hold
from peerd.model.peer import Activity


async def draw_anew(daemon: Daemon, live: Live, pane: Pane) -> None:
    """Nothing where a person is there to see to it, or anything but the runtime itself has the terminal. What looks
    like a draft may have been printed there, and is drawn anew once: what a person wrote stays. Raises TmuxError."""
    idle = daemon.loop.peers[live.peer].activity is Activity.IDLE
    if not live.adapter.redraws or not idle or not in_foreground(live.host.runtime):
        return
    view = await pane.look()
    reading = live.adapter.read(view.screen)
    hidden = closed(reading) in (Hold.BUSY, Hold.UNKNOWN_SCREEN) or reading.composer not in ("", None, live.drawn_anew)
    if hidden and not view.in_mode and not await pane.humans():
        live.drawn_anew = reading.composer
        await pane.redraw()
