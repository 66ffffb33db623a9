"""A runtime in no turn of ours, and only its screen tells what it asks for: without hooks, as a person at its pane may
have it do; or its hook told of that, for what works beside its turns asks too, and it is drawn much later. It is looked
at once it was drawn to, as its pane log tells, and in each census."""

from peerd.daemon import holds
from peerd.daemon.approvals import aftermath
from peerd.daemon.context import Daemon
from peerd.daemon.live import Live
from peerd.daemon.pane_activity import drawn
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
    untold = live.adapter.confirms == "screen" or _is_to_come(live)
    return running and peer.turn is None and peer.lease is None and untold


def _is_to_come(live: Live) -> bool:
    """What was heard of and not seen; not while it is watched for, as it is at first."""
    return live.asks.awaits and (live.asks.watching is None or live.asks.watching.done())


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
    if not _tells_nothing(daemon, live):  # any more
        return
    reading = live.adapter.read(screen)
    if reading.prompt and live.adapter.confirms == "journal":
        aftermath.seen(daemon, live)
    elif reading.prompt or daemon.loop.peers[live.peer].hold is not None:
        holds.tell(daemon, live, screen, reading)
