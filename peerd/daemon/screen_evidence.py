"""A runtime without hooks is believed by its screen alone: that it took a message where its header is seen outside the
input line, which the cursor has left or which holds something else, and that its turn is over where it has been at rest
for a while.
"""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable
from itertools import accumulate

from peerd.adapter import Reading
from peerd.core.event import ActivitySeen, Event
from peerd.core.history import handed_over
from peerd.daemon import ingest
from peerd.daemon.approvals import watcher
from peerd.daemon.context import Daemon
from peerd.daemon.inputline import closed
from peerd.daemon.live import Live
from peerd.daemon.reach import reach, reach_dead, read, read_again
from peerd.edges import clock
from peerd.edges.tmux.pane import Pane, View
from peerd.errors import TmuxError
from peerd.model.envelope import header
from peerd.model.fact import Submitted, TurnClosed
from peerd.model.landing import squeezed
from peerd.model.message import Delivery, Message, MessageId, Step
from peerd.model.peer import Activity, Phase
from peerd.model.screen import Screen

HISTORY_LINES = 5000  # all that is kept
LOOK_AGAIN_S = 0.25
QUOTED_ROWS = " / "  # between the rows of a dialog, as it is quoted
FRAME = re.compile(r"^\W+")
THROWN_AWAY = r"(?:\^[A-Z])?"
RESTS = 4  # looks in a row: a runtime that thinks before it shows so is given a second


async def look_for(daemon: Daemon, live: Live, id: MessageId, attempt: int) -> None:
    """Tells that the message was taken, if that is to be seen now."""
    receipt = daemon.store.reader.receipt(id)
    if receipt is not None:
        await _look_for(daemon, live, receipt.message, (attempt,), daemon.loop.feed)


async def look_back(daemon: Daemon, live: Live, id: MessageId, feed: Callable[[Event], None]) -> bool:
    """Whether one of its attempts so far is seen taken after all, which is told by `feed`. Looked for before the next
    one is typed: a daemon may die after Enter, and a turn may last for longer than a lease. Raises TmuxError."""
    receipt = daemon.store.reader.receipt(id)
    if receipt is None:
        return False
    known = _settled(receipt.history)
    attempts = sorted((at for message, at in live.unproved if message == id and at > known), reverse=True)
    return bool(attempts) and await _look_for(daemon, live, receipt.message, attempts, feed)


async def look_before(daemon: Daemon, live: Live, id: MessageId, attempt: int) -> None:
    """How often what is about to be typed is on the screen by then: another message may quote it. Raises TmuxError."""
    receipt = daemon.store.reader.receipt(id)
    if receipt is not None and live.adapter.confirms == "screen":
        screen = await (await reach(live)).capture(history=HISTORY_LINES)
        live.quoted[id, attempt] = _count(screen, receipt.message, attempt)


async def vanished(daemon: Daemon, live: Live, id: MessageId) -> bool:
    """Whether an attempt of this session that stood in the input line is nowhere to be seen, though nobody took it
    back: its output may have pushed it out, or the runtime cleared the screen. Raises TmuxError."""
    receipt = daemon.store.reader.receipt(id)
    if receipt is None:
        return False
    stood = handed_over(receipt.history, live.id)
    attempts = sorted(at for message, at in live.unproved if message == id and at in stood)
    if not attempts:
        return False
    screen = await (await reach(live)).capture(history=HISTORY_LINES)
    return not all(_shows(live, screen, receipt.message, attempt) for attempt in attempts)


def _settled(history: tuple[Step, ...]) -> int:
    """Its last attempt by when it was last taken. Handed out anew after that, it is to be typed anew."""
    states = [step.state for step in history]
    while states and states[-1] != Delivery.SUBMITTED.value:
        states.pop()
    return max((step.attempt for step in history[: len(states)]), default=0)


async def _look_for(
    daemon: Daemon, live: Live, message: Message, attempts: Iterable[int], feed: Callable[[Event], None]
) -> bool:
    pane = await (reach(live) if live.burial is None else reach_dead(live))
    view = await pane.look(history=HISTORY_LINES)
    for attempt in attempts:
        if _taken(live, view, message, attempt) and await _stays(live, pane, message, attempt):
            await tell_taken(daemon, live, message.id, attempt, feed, dead=view.dead)
            return True
    return False


async def tell_taken(
    daemon: Daemon, live: Live, id: MessageId, attempt: int, feed: Callable[[Event], None], *, dead: bool = False
) -> None:
    """And follow its turn, where only the screen tells of that; that of a dead pane is over."""
    live.unproved = {each for each in live.unproved if each[0] != id}
    await ingest.take(daemon, live, Submitted(id, attempt), feed)
    if not dead:
        begin(daemon, live)


async def _stays(live: Live, pane: Pane, message: Message, attempt: int) -> bool:
    """Whether it is still so in a while, where no input line is seen: a runtime that draws moves the cursor about."""
    view = await pane.look(history=HISTORY_LINES)
    if live.adapter.read(view.screen).composer is None and not view.dead:
        await clock.pause(LOOK_AGAIN_S)
        view = await pane.look(history=HISTORY_LINES)
    return _taken(live, view, message, attempt)


def _shows(live: Live, screen: Screen, message: Message, attempt: int) -> bool:
    """Whether its header is there, and not only where it was before it was typed."""
    return _count(screen, message, attempt) > live.quoted.get((message.id, attempt), 0)


def _count(screen: Screen, message: Message, attempt: int) -> int:
    return squeezed("".join(screen.lines)).count(squeezed(header(message, attempt)))


def _taken(live: Live, view: View, message: Message, attempt: int) -> bool:
    """Its header is on the screen, and not in the input line; nor was it left unread. Where there is no input line the
    cursor is below the header; that of a dead pane, or of one that asks something, tells little."""
    screen = view.screen
    if not _shows(live, screen, message, attempt):
        return False
    reading, lines = live.adapter.read(screen), screen.lines
    if view.dead:
        return _apart(live, screen, message, attempt)
    if reading.dialog is not None:
        apart = _apart(live, screen, message, attempt)
        return apart or _answered(live, screen, reading.dialog, message, attempt)
    if squeezed(message.id) in squeezed(reading.composer or "") or _cut_off(live, reading, message, attempt):
        return False
    above = lines if reading.composer is not None else lines[: screen.cursor_y]
    if squeezed(header(message, attempt)) not in squeezed("".join(above)):
        return False
    return reading.activity is Activity.BUSY or not _unread(live, screen, reading, message, attempt)


def _cut_off(live: Live, reading: Reading, message: Message, attempt: int) -> bool:
    """Whether the input line holds the end of it: a line break in it was an Enter to a program that takes single lines,
    and the rest was not entered."""
    left = squeezed(reading.composer or "")
    return bool(left) and squeezed("".join(live.adapter.compose(message, attempt, live.place).pastes)).endswith(left)


def _apart(live: Live, screen: Screen, message: Message, attempt: int) -> bool:
    """Whether its header stands where an input line would not: as the screen was, had nothing been drawn below it."""
    squeezed_to = tuple(accumulate(len(squeezed(line)) for line in screen.lines))
    text, head = squeezed("".join(screen.lines)), squeezed(header(message, attempt))
    begins = text.rfind(head)
    if begins < 0:
        return False
    ends = bisect_left(squeezed_to, begins + len(head))
    rows = screen.lines[: ends + 1]
    reading = live.adapter.read(Screen(rows, len(rows[ends].rstrip()), ends, screen.width))
    return reading.dialog is None and squeezed(message.id) not in squeezed(reading.composer or "")


def _answered(live: Live, screen: Screen, dialog: str, message: Message, attempt: int) -> bool:
    """Whether a runtime that shows what it took as its input line did took it before it asked: it shows more between
    the two; or the cursor has left it, where it would not show more."""
    keys = live.adapter.compose(message, attempt, live.place)
    if not keys.answered:
        return squeezed(header(message, attempt)) in squeezed("".join(screen.lines[: screen.cursor_y]))
    text = squeezed("".join(screen.lines))
    begins = text.rfind(squeezed(header(message, attempt)))
    landed = re.match(keys.landed, text[begins:]) if begins >= 0 else None
    question = FRAME.sub("", squeezed(dialog.split(QUOTED_ROWS)[0]))
    return landed is not None and not FRAME.sub("", text[begins + landed.end() :]).startswith(question)


def _unread(live: Live, screen: Screen, reading: Reading, message: Message, attempt: int) -> bool:
    """Whether it stands right above an empty input line, with nothing between but later attempts at the same, in a
    runtime that would show more of what it took; or above none, which may be on its way. A terminal may add what key
    threw it away."""
    if reading.composer or not live.adapter.compose(message, attempt, live.place).answered:
        return False
    if reading.composer is None:
        return True
    later = {each for id, each in live.unproved if id == message.id and each > attempt}
    texts = [live.adapter.compose(message, each, live.place).landed for each in (attempt, *sorted(later))]
    rows = [f"(?:{text}){THROWN_AWAY}" for text in texts]
    prompt = re.escape(squeezed(screen.lines[screen.cursor_y]))
    above = squeezed("".join(screen.lines[: screen.cursor_y]))
    return re.search(f"{rows[0]}(?:{prompt}(?:{'|'.join(rows)}))*$", above) is not None


def begin(daemon: Daemon, live: Live) -> None:
    """Follow the turn that is open, once."""
    if live.adapter.confirms == "screen" and (live.turning is None or live.turning.done()):
        live.turning = daemon.task(_follow(daemon, live), f"turn {live.peer}")


async def _follow(daemon: Daemon, live: Live) -> None:
    rests = 0
    while _works(daemon, live):
        await clock.pause(LOOK_AGAIN_S)
        try:
            reading = await read_again(live)
        except TmuxError:
            rests = 0
            continue
        if not _works(daemon, live):  # it ended while it was looked at
            return
        rests = rests + 1 if _rests(reading) else 0
        _tell_activity(daemon, live, reading)
        if rests == RESTS:
            await ingest.take(daemon, live, TurnClosed(await _last_words(daemon, live)), daemon.loop.feed)


async def end_if_late(daemon: Daemon, live: Live, feed: Callable[[Event], None]) -> None:
    """On boot: a turn whose task's deadline passed while no daemon ran is over, where that is to be seen; when, nobody
    knows. Raises TmuxError."""
    peer = daemon.loop.peers[live.peer]
    late = peer.due is not None and clock.now() + RESTS * LOOK_AGAIN_S >= peer.due
    if live.adapter.confirms != "screen" or peer.turn is None or not late:
        return
    for _ in range(RESTS - 1):
        if not _rests(await read(live)):
            return
        await clock.pause(LOOK_AGAIN_S)
    if _rests(await read(live)):
        await ingest.take(daemon, live, TurnClosed(await _last_words(daemon, live)), feed)


def _rests(reading: Reading) -> bool:
    return closed(reading) is None and not reading.composer


def _works(daemon: Daemon, live: Live) -> bool:
    peer = daemon.loop.peers[live.peer]
    return peer.phase is Phase.RUNNING and peer.turn is not None and live.burial is None


def _tell_activity(daemon: Daemon, live: Live, reading: Reading) -> None:
    hold = closed(reading) if reading.dialog is not None else None
    if reading.prompt:
        watcher.begin(daemon, live)
    now = Activity.BUSY if hold is None else Activity.BLOCKED
    if daemon.loop.peers[live.peer].activity is not now:
        daemon.loop.feed(ActivitySeen(live.peer, live.id, now, hold))


async def _last_words(daemon: Daemon, live: Live) -> str | None:
    turn = daemon.loop.peers[live.peer].turn
    receipt = daemon.store.reader.receipt(turn.id) if turn is not None else None
    if receipt is None:
        return None
    try:
        return await ingest.last_words(live, await reach(live), receipt.message)
    except TmuxError:
        return None
