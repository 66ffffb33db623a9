"""A runtime without hooks, in no turn of ours: that it asks for a permission, as a person at its pane may have it do,
only its screen tells. That is looked at once it was drawn to, as its pane log tells, and in each census."""

from peerd.daemon import sight
from peerd.daemon.context import Daemon
from peerd.daemon.drawn import drawn
from peerd.daemon.live import Live
from peerd.daemon.reach import reach_again
from peerd.errors import TmuxError
from peerd.model.peer import Phase


def look_where_drawn(daemon: Daemon) -> None:
    """At each that was drawn to since it was last looked at; of all others a file's size is asked, and no tmux."""
    for live in daemon.live.values():
        if _is_to_be_seen(daemon, live) and drawn(live) != live.seen_drawn:
            live.looking = daemon.task(look(daemon, live), f"look at {live.peer}")


def _is_to_be_seen(daemon: Daemon, live: Live) -> bool:
    return _tells_nothing(daemon, live) and (live.looking is None or live.looking.done())


def _tells_nothing(daemon: Daemon, live: Live) -> bool:
    """Nor does anybody else look: what is typed there, and what a turn shows, is looked at as that needs it."""
    peer = daemon.loop.peers[live.peer]
    running = peer.phase is Phase.RUNNING and live.burial is None
    return running and peer.turn is None and peer.lease is None and live.adapter.confirms == "screen"


async def look(daemon: Daemon, live: Live) -> None:
    """What else than a prompt stands there is a person's own, but where something was known to be in the way."""
    if not _tells_nothing(daemon, live):
        return
    before = drawn(live)
    try:
        screen = await (await reach_again(live)).capture()
    except TmuxError:
        return
    live.seen_drawn = before
    reading = live.adapter.read(screen)
    if reading.prompt or daemon.loop.peers[live.peer].hold is not None:
        sight.tell(daemon, live, screen, reading)
