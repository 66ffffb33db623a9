"""A prompt that stands open, or is to be drawn yet. No runtime tells of one that was refused, so its screen is looked
at until it is gone.

Then either the tool runs, and the turn goes on, or the runtime is back at an empty input line, and the turn is over. Of
one that is told to be gone, and was in no turn that is known here, the screen shows that too.
"""

from peerd.adapter import Reading
from peerd.core.event import ActivitySeen, TurnEnded
from peerd.daemon.approvals import watcher
from peerd.daemon.context import Daemon
from peerd.daemon.inputline import at_rest
from peerd.daemon.live import Live
from peerd.daemon.reach import read_again
from peerd.edges import clock
from peerd.errors import TmuxError
from peerd.model.fact import INTERRUPTED
from peerd.model.message import Hold
from peerd.model.peer import Activity, Phase

LOOK_AGAIN_S, SELDOM_S = 0.25, 1.0  # a look costs 0.2 ms
OPEN = (Activity.BLOCKED, Activity.UNKNOWN)
SETTLED_LOOKS = 2  # in a row, so that a screen half drawn proves nothing


def begin(daemon: Daemon, live: Live) -> None:
    """Once for as long as it stands."""
    if live.prompted is None or live.prompted.done():
        live.prompted = daemon.task(_watch(daemon, live), f"prompt {live.peer}")


async def _watch(daemon: Daemon, live: Live) -> None:
    idle = 0
    while live.burial is None and (_is_open(daemon, live) or watcher.may_come(daemon, live)):
        await clock.pause(LOOK_AGAIN_S if _is_open(daemon, live) else SELDOM_S)
        reading = await _read(live)
        if reading is not None and reading.prompt:
            seen(daemon, live)
        if reading is None or reading.dialog is not None or not _is_open(daemon, live):
            idle = 0
            continue
        idle = idle + 1 if at_rest(live, reading) else 0
        if reading.activity is Activity.BUSY:
            daemon.loop.feed(ActivitySeen(live.peer, live.id, Activity.BUSY))
        elif idle >= SETTLED_LOOKS:
            tell_broken_off(daemon, live)


async def look(daemon: Daemon, live: Live) -> None:
    """In a census, at one that works, whatever it said lately: of what a hook failed to tell nobody else would know."""
    if _works(daemon, live) and (reading := await _read(live)) is not None and reading.prompt and _works(daemon, live):
        seen(daemon, live)


def _works(daemon: Daemon, live: Live) -> bool:
    """And hooks tell of it."""
    peer, adapter = daemon.loop.peers[live.peer], live.adapter
    running = peer.phase is Phase.RUNNING and live.burial is None and peer.lease is None
    return running and peer.activity is Activity.BUSY and (adapter.kind, adapter.confirms) == ("tui", "journal")


def seen(daemon: Daemon, live: Live) -> None:
    """It may be drawn late, when its runtime was seen to be at work, or at its input line, since."""
    watcher.begin(daemon, live)
    if daemon.loop.peers[live.peer].activity in (Activity.BUSY, Activity.IDLE):
        daemon.loop.feed(ActivitySeen(live.peer, live.id, Activity.BLOCKED, Hold.PROMPT))
    begin(daemon, live)


def tell_broken_off(daemon: Daemon, live: Live) -> None:
    """The screen is at rest: the turn that was open was broken off, whoever did it."""
    turn = daemon.loop.peers[live.peer].turn
    live.asks.broken_off()
    daemon.loop.feed(TurnEnded(live.peer, live.id, turn.id if turn else None, INTERRUPTED))


def _is_open(daemon: Daemon, live: Live) -> bool:
    """The prompt, or the question what goes on after it."""
    peer = daemon.loop.peers[live.peer]
    return peer.phase is Phase.RUNNING and peer.activity in OPEN and live.burial is None


async def _read(live: Live) -> Reading | None:
    try:
        return await read_again(live)
    except TmuxError:
        return None
