"""A boot, as its screen shows it: an input line where the runtime has no other word for being ready, and the dialogs
that stand before it. A dialog gets one key at a time, and only where the spec allows it; else it is a person's. A
service that prints a line once it serves has printed it, whatever follows: that is looked for in its log too.
"""

from peerd.adapter import Reading
from peerd.core.event import ActivitySeen
from peerd.daemon import hear
from peerd.daemon.context import Daemon
from peerd.daemon.inputline import closed
from peerd.daemon.live import Live
from peerd.daemon.place import pane_log
from peerd.daemon.reach import reach, reach_again, unreachable
from peerd.edges import clock
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


async def watch(daemon: Daemon, live: Live) -> None:
    """Runs until the session is ready or over."""
    at_rest = read_up_to = 0
    while daemon.loop.peers[live.peer].phase is Phase.STARTING and live.burial is None:
        try:
            reading = await _look(daemon, live)
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
    the two apart."""
    if unreachable(live) is not None and daemon.loop.peers[live.peer].activity is not Activity.BLOCKED:
        daemon.loop.feed(ActivitySeen(live.peer, live.id, Activity.BLOCKED, Hold.STARTING))


async def _tell_ready(daemon: Daemon, live: Live, reading: Reading) -> None:
    if reading.conversation is not None:
        await hear.take(daemon, live, ConversationOpened(reading.conversation), daemon.loop.feed)
    await hear.take(daemon, live, Ready(), daemon.loop.feed)


async def _look(daemon: Daemon, live: Live) -> Reading:
    """What the screen shows, and what is to be done about that at once is done."""
    screen = await (await reach_again(live)).capture()
    reading = live.adapter.read(screen)
    if reading.dialog is not None:
        await _at_dialog(daemon, live, screen, reading)
    elif daemon.loop.peers[live.peer].activity is Activity.BLOCKED:
        daemon.loop.feed(ActivitySeen(live.peer, live.id, Activity.UNKNOWN))
    return reading


async def _at_dialog(daemon: Daemon, live: Live, screen: Screen, reading: Reading) -> None:
    key = live.adapter.answer(live.spec, screen) if live.proved and not live.unanswered else None
    if key is not None:
        await _press(daemon, live, key, screen)
    elif daemon.loop.peers[live.peer].activity is not Activity.BLOCKED:
        daemon.log.write("blocked", peer=live.peer, session=live.id, dialog=reading.dialog)
        hold = Hold.PROMPT if reading.prompt else Hold.DIALOG
        daemon.loop.feed(ActivitySeen(live.peer, live.id, Activity.BLOCKED, hold))


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
