"""What a person asks of a session that no message says: to break off its turn, to shorten its conversation.

Keys go to the session as its adapter declares them. Breaking off presses them whatever is under way; words are typed
only at an empty input line that is seen, and entered only when they stand there alone.
"""

import contextlib
from collections.abc import Iterator

from peerd.adapter import Keys, Reading
from peerd.core.event import ActivitySeen
from peerd.core.queue import in_hand
from peerd.core.state import Peer, Waiting
from peerd.daemon import last_typed, pending_answers
from peerd.daemon.approvals.aftermath import LOOK_AGAIN_S, SETTLED_LOOKS, tell_broken_off
from peerd.daemon.context import Daemon
from peerd.daemon.inputline import InputLine, at_rest, holds
from peerd.daemon.live import Live, same_attempt
from peerd.daemon.reach import reach, read, read_again, try_to_reach, unreachable
from peerd.daemon.wake import a_peer
from peerd.edges import clock
from peerd.edges.tmux.pane import KEY, Pane
from peerd.errors import NotYet, PaneDead, PaneInMode, PaneLate, PeerdError, TmuxError
from peerd.model.message import MessageId
from peerd.model.peer import Activity, Phase
from peerd.rpc.params import PeerControlParams
from peerd.rpc.results import PeerControlled

FREE_WITHIN_S = 2.0  # a runtime tells of its turn's end before its screen shows it
LANDED_WITHIN_S = 1.5


async def interrupt(
    daemon: Daemon, params: PeerControlParams, by: str, first: MessageId | None = None
) -> PeerControlled:
    """The turn that was open is over once this returns, whatever came after it; what it was about ends with exit status
    130. Raises PeerdError where nothing is under way, NotYet where the runtime goes on. `first`: the message that it is
    broken off for, which itself is not."""
    live, keys = await _session(daemon, params.peer, "interrupt")
    turn = await _turn_under_way(daemon, live)
    if first is not None and (turn is None or is_in_hand(daemon.loop.peers[live.peer], first)):
        return PeerControlled(peer=live.peer, what="interrupt", message=None)  # it ended by itself meanwhile
    if turn is None:
        _refuse_without_turn(daemon, live, await read(live))
    pane = await reach(live)
    if _went_on(daemon.loop.peers[live.peer], turn):
        raise PeerdError(f"{live.peer} has just finished: there is nothing to interrupt. No key was pressed.")
    daemon.log.write("control", peer=live.peer, session=live.id, what="interrupt", by=by)
    if first is None or not _is_broken_off(live, turn):
        await _press(daemon, live, pane, keys, turn, first)
    if not await _is_over(daemon, live, turn, params.timeout_s):
        live.broke_off = False
        raise NotYet(f"{live.peer} was interrupted and goes on so far. `peerd peek {live.peer}` shows it.")
    return PeerControlled(peer=live.peer, what="interrupt", message=turn.id if turn else None)


def _is_broken_off(live: Live, turn: Waiting | None) -> bool:
    """By somebody else, just now: a message's own press would meet the input line, or what comes next. A person who
    asks again has seen that it goes on."""
    by = live.broken_off if live.broke_off else None
    return turn is not None and by is not None and same_attempt(turn, by)


async def _press(
    daemon: Daemon, live: Live, pane: Pane, keys: tuple[str, ...], turn: Waiting | None, first: MessageId | None
) -> None:
    with _breaking_off(live, turn, first):
        await pane.press(keys[0])
    try:
        for key in keys[1:]:
            if not _went_on(daemon.loop.peers[live.peer], turn):  # what comes next is not broken off
                await pane.press(key)
    except TmuxError:
        live.broke_off = False
        raise


@contextlib.contextmanager
def _breaking_off(live: Live, turn: Waiting | None, first: MessageId | None) -> Iterator[None]:
    """From before the first key on, for the turn may end before that is settled. Where nothing was pressed all is as it
    was; where that is not known, a runtime that tells how its turn ended is believed."""
    before, answering = (live.broken_off, live.broken_off_for, live.broke_off), live.asks.after
    first = live.broken_off_for if first is None and _is_broken_off(live, turn) else first
    live.broken_off, live.broken_off_for, live.broke_off = turn, first, True
    live.asks.broken_off()
    during = live.asks.after
    try:
        yield
    except (PaneInMode, PaneDead, PaneLate):
        live.broken_off, live.broken_off_for, live.broke_off = before
        if live.asks.after is during:
            live.asks.after = answering
        raise
    except TmuxError:
        live.broke_off = False
        raise


def _refuse_without_turn(daemon: Daemon, live: Live, reading: Reading) -> None:
    """A prompt is answered by whoever it asks, and a draft is somebody's."""
    if reading.dialog is not None:
        raise PeerdError(f"{live.peer} has a prompt open: `peerd attach {live.peer}` answers it. No key was pressed.")
    if at_rest(live, reading) or _idle(daemon.loop.peers[live.peer]):
        waits = pending_answers.told(daemon, daemon.loop.peers[live.peer])
        idle = f"there is nothing to interrupt in {live.peer}: {waits}." if waits else ""
        raise PeerdError(idle or f"{live.peer} is idle: there is nothing to interrupt.")


def is_in_hand(peer: Peer, message: MessageId) -> bool:
    return any(each.id == message for each in in_hand(peer))


async def _turn_under_way(daemon: Daemon, live: Live) -> Waiting | None:
    """What is just being typed is waited for: it is what the caller sees there."""
    await daemon.loop.until(live.peer, lambda now: True if now.lease is None else None, FREE_WITHIN_S)
    return daemon.loop.peers[live.peer].turn


async def compact(daemon: Daemon, params: PeerControlParams, by: str) -> PeerControlled:
    """It was entered, and the runtime is at its input line again once this returns; what it made of it is its own to
    tell. Raises PeerdError with nothing typed where something is under way or stands in the line, NotYet where it takes
    longer."""
    live, keys = await _session(daemon, params.peer, "compact")
    if not _idle(daemon.loop.peers[live.peer]):
        raise PeerdError(f"{live.peer} is at work, or a message waits for it: nothing was typed. Try again later.")
    daemon.loop.feed(ActivitySeen(live.peer, live.id, Activity.BUSY))  # nothing else is typed meanwhile
    try:
        await _enter(daemon, live, keys)
    except PeerdError:
        daemon.loop.feed(ActivitySeen(live.peer, live.id, Activity.IDLE))
        raise
    daemon.log.write("control", peer=live.peer, session=live.id, what="compact", by=by)
    over = await _is_over(daemon, live, None, params.timeout_s)
    if over or not await _stands(live, last_typed.landed(last_typed.words(live, "compact"))):
        last_typed.forget_words(daemon, live, "compact")
    if not over:
        raise NotYet(f"{live.peer} is still working on it; it goes on. `peerd peek {live.peer}` shows it.")
    return PeerControlled(peer=live.peer, what="compact", message=None)


async def _session(daemon: Daemon, name: str, what: str) -> tuple[Live, tuple[str, ...]]:
    """Raises PeerdError where nothing runs, it is out of reach, or the runtime has no such keys."""
    peer = a_peer(daemon, name)
    live = daemon.living(peer)
    if live is None or daemon.loop.peers[peer].phase is not Phase.RUNNING:
        raise PeerdError(f"{name} has no running session. `peerd show {name}` tells more.")
    keys = live.adapter.control.get(what)
    if not keys:
        raise PeerdError(f"{live.session.runtime} has no keys for that: its adapter declares no {what!r}.")
    await try_to_reach(live)
    why = unreachable(live)
    if why:
        raise PeerdError(f"{name} is {why}. No key was pressed.")
    return live, keys


def _idle(peer: Peer) -> bool:
    return peer.activity is Activity.IDLE and peer.turn is None and peer.lease is None


async def _enter(daemon: Daemon, live: Live, keys: tuple[str, ...]) -> None:
    """Words are pasted, keys pressed. Raises TmuxError, what was typed taken back, where the line is not ours;
    StoreError where what is to be typed cannot be put on record."""
    pane, words = await reach(live), last_typed.words(live, "compact")
    line = InputLine(live, pane, Keys(pastes=words, landed=last_typed.landed(words), clear_times=4))
    give_up = clock.now() + FREE_WITHIN_S
    while await line.in_the_way() is not None:
        if clock.now() > give_up:
            raise TmuxError("type", f"{live.peer}'s input line is not free; nothing was typed")
        await clock.pause(LOOK_AGAIN_S)
    await last_typed.begin_words(daemon, live, "compact")
    if await line.came_between() is not None:
        raise TmuxError("type", f"{live.peer}'s input line is no longer free; nothing was typed")
    for word in words:
        await pane.paste(word)
    if words and await line.comes_to_hold(line.keys.landed, LANDED_WITHIN_S) is not None:
        await line.clear()
        raise TmuxError("type", f"{live.peer}'s input line did not take it; nothing was entered")
    for key in (word for word in keys if KEY.fullmatch(word)):
        await pane.press(key)


async def _is_over(daemon: Daemon, live: Live, turn: Waiting | None, within_s: float) -> bool:
    """Whether the turn, or what was under way without one, is over in time, by its own word or by the screen."""

    def over(peer: Peer) -> bool | None:
        return True if _went_on(peer, turn) or _idle(peer) else None

    looks, give_up = 0, clock.now() + within_s
    while await daemon.loop.until(live.peer, over, LOOK_AGAIN_S) is None:
        if live.burial is not None or clock.now() > give_up:
            return False
        looks = looks + 1 if await _rests(live) else 0
        if looks >= SETTLED_LOOKS and not over(daemon.loop.peers[live.peer]):
            tell_broken_off(daemon, live)
    return True


def _went_on(peer: Peer, turn: Waiting | None) -> bool:
    """Whether the turn is over, or another one is open by now."""
    now = peer.turn
    if turn is None or now is None:
        return now is not turn
    return not same_attempt(now, turn)


async def _stands(live: Live, pattern: str) -> bool:
    """Whether it is in the input line still, as far as is known."""
    try:
        return holds(await read_again(live), pattern)
    except TmuxError:
        return True


async def _rests(live: Live) -> bool:
    try:
        return at_rest(live, await read_again(live))
    except TmuxError:
        return False
