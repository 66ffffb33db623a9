"""A boot, as its screen shows it: an input line where the runtime has no other word for being ready, and the dialogs
that stand before it. A dialog gets one key at a time, and only where the spec allows it; else it is a person's, and so
is a screen that stands still at anything else. A service that prints a line once it serves has printed it, whatever
follows: that is looked for in its log too.
"""

import math

from peerd.adapter import Reading
from peerd.core.event import ActivitySeen
from peerd.daemon import holds, ingest
from peerd.daemon.context import Daemon
from peerd.daemon.inputline import closed
from peerd.daemon.live import Live
from peerd.daemon.place import pane_log
from peerd.daemon.reach import reach, reach_again, unreachable
from peerd.edges import clock
from peerd.edges.tmux.pane import Pane
from peerd.edges.tmux.panelog import lines_after
from peerd.errors import TmuxError
from peerd.model.fact import ConversationOpened, Ready
from peerd.model.message import Hold
from peerd.model.peer import Activity, Phase
from peerd.model.screen import Screen

LOOK_AGAIN_S = 0.03  # a look costs 0.1 to 0.2 ms
RESTS = 4  # looks in a row: an input line may be drawn for a moment before the dialog that stands in front of it
NAMED_RESTS = 67  # 2 s of looks: a Codex draws its conversation 0.25 s after its input line, and later under load
LOOK_AGAIN_BLOCKED_S = 0.5  # while a person is waited for, or tmux does not answer
MOVES = ("Up", "Down")
LOST_MOVES_MAX = 3
CHANGES_WITHIN_S = 2.0  # measured for real CLIs: a key is seen on the screen within 0.1 s
STILL_LEAST_S = 2.0
STILL_PART = 4  # of the deadline: who is told of a screen that stands still has time to come


class Watched:
    """What a boot shows from look to look."""

    def __init__(self) -> None:
        self._lines: tuple[str, ...] = ()
        self._since = self._asked_at = clock.now()
        self._people = 0

    def stands_s(self, screen: Screen) -> float:
        """For how long it has not changed."""
        if screen.lines != self._lines:
            self._lines, self._since = screen.lines, clock.now()
        return clock.now() - self._since

    async def attended(self, live: Live, pane: Pane) -> bool:
        """Whether somebody sits at it, or is on the way there; not asked of a boot that is quick. Raises TmuxError."""
        if clock.now() - self._asked_at >= LOOK_AGAIN_BLOCKED_S:
            self._people, self._asked_at = await pane.humans(), clock.now()
        return self._people > 0 or clock.now() < live.expected_until


async def watch(daemon: Daemon, live: Live) -> None:
    """Runs until the session is ready or over."""
    at_rest = read_up_to = 0
    watched = Watched()
    while daemon.loop.peers[live.peer].phase is Phase.STARTING and live.burial is None:
        try:
            reading = await _look(daemon, live, watched)
            at_rest = at_rest + 1 if closed(reading) is None else 0
        except TmuxError:
            at_rest = 0
            _put_off(daemon, live)
            await clock.pause(LOOK_AGAIN_BLOCKED_S)
            continue
        said, read_up_to = _said(live, read_up_to)
        if (at_rest >= _rests(live, reading) or said) and live.adapter.ready_when == "seen":
            await _tell_ready(daemon, live, reading)
        blocked = daemon.loop.peers[live.peer].activity is Activity.BLOCKED
        await clock.pause(LOOK_AGAIN_BLOCKED_S if blocked else LOOK_AGAIN_S)


def _rests(live: Live, reading: Reading) -> int:
    """How long it is looked at: what goes on with a conversation for as long as its screen may yet tell which."""
    return NAMED_RESTS if live.expects is not None and reading.unnamed else RESTS


def _said(live: Live, read_up_to: int) -> tuple[bool, int]:
    """Whether a service has printed its line by now, wherever that has scrolled to; and how far its log was read."""
    if live.adapter.kind != "service":
        return False, 0
    lines, read_up_to = lines_after(pane_log(live.place), read_up_to)
    return closed(live.adapter.read(Screen(lines, 0, 0))) is None, read_up_to


def _put_off(daemon: Daemon, live: Live) -> None:
    """The boot's deadline ends no session whose tmux cannot be reached, as it ends none at a dialog; `verdict` knows
    the two apart. A session may have become ready while a look at it got no answer."""
    peer = daemon.loop.peers[live.peer]
    if peer.phase is not Phase.STARTING:
        return
    waits = peer.activity is Activity.BLOCKED and peer.hold is not Hold.UNKNOWN_SCREEN
    if unreachable(live) is not None and not waits:
        daemon.loop.feed(ActivitySeen(live.peer, live.id, Activity.BLOCKED, Hold.STARTING, peer.attended))


async def _tell_ready(daemon: Daemon, live: Live, reading: Reading) -> None:
    if reading.conversation is not None:
        await ingest.take(daemon, live, ConversationOpened(reading.conversation), daemon.loop.feed)
    await ingest.take(daemon, live, Ready(), daemon.loop.feed)


async def _look(daemon: Daemon, live: Live, watched: Watched) -> Reading:
    """What the screen shows, and what is to be done about that at once is done."""
    pane = await reach_again(live)
    attended = await watched.attended(live, pane)
    screen = live.shown = await pane.capture()
    reading = live.adapter.read(screen)
    asks = reading.dialog is not None and live.proved and not live.unanswered
    key = live.adapter.answer(live.spec, screen) if asks else None
    stands_still = watched.stands_s(screen) >= _still_s(daemon, live)
    if key is not None:
        await _press(daemon, live, key, screen)
    elif reading.dialog is not None:
        _tell(daemon, live, closed(reading), reading.dialog, attended=attended)
    elif stands_still and closed(reading) is not None and holds.quoted(screen):
        _tell(daemon, live, Hold.UNKNOWN_SCREEN, holds.quoted(screen), attended=attended)
    else:
        _tell(daemon, live, None, attended=attended)
    return reading


def _still_s(daemon: Daemon, live: Live) -> float:
    """Only at a terminal program does anybody answer what it asks."""
    if live.adapter.kind != "tui":
        return math.inf
    return max(STILL_LEAST_S, min(daemon.settings.silent_s, live.spec.boot_deadline_s / STILL_PART))


def _tell(daemon: Daemon, live: Live, hold: Hold | None, shows: str = "", *, attended: bool) -> None:
    """What it waits for a person at; None: it goes on."""
    peer = daemon.loop.peers[live.peer]
    now = Activity.UNKNOWN if hold is None else Activity.BLOCKED
    if peer.phase is not Phase.STARTING or (peer.activity, peer.hold, peer.attended) == (now, hold, attended):
        return
    if hold is not None and peer.hold is not hold:
        daemon.log.write("blocked", peer=live.peer, session=live.id, dialog=shows)
    daemon.loop.feed(ActivitySeen(live.peer, live.id, now, hold, attended))


async def _press(daemon: Daemon, live: Live, key: str, screen: Screen) -> None:
    """One key, and no other until it was seen to take effect. A dialog that was only just drawn may lose one: where
    that only moves the cursor it is pressed again, for what is chosen is looked at all the same."""
    daemon.log.write("dialog-answered", peer=live.peer, session=live.id, key=key)
    pane = await reach(live)
    await pane.press(key)
    give_up = clock.now() + CHANGES_WITHIN_S
    while (await pane.capture()).lines == screen.lines:
        if clock.now() > give_up:
            live.lost_keys += 1
            live.unanswered = key not in MOVES or live.lost_keys > LOST_MOVES_MAX
            return
        await clock.pause(LOOK_AGAIN_S)
