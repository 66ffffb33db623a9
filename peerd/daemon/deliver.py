"""One delivery: look, lease, look, paste, look, Enter, wait for the id. Nothing is typed but at an empty input line,
and nothing is called submitted here: the runtime's own journal says that, to the loop."""

import asyncio
from collections.abc import Callable
from typing import assert_never

from peerd.adapter import Keys
from peerd.core.action import Deliver
from peerd.core.event import (
    DeliveryBarred,
    DeliveryHeld,
    DeliveryLost,
    DeliverySpoilt,
    DeliveryVanished,
    Event,
    TakenBack,
)
from peerd.daemon import prepare, replying, screen_evidence, shell_acl, stray_probe, transcript_evidence, unheard
from peerd.daemon.approvals import watcher
from peerd.daemon.context import Daemon
from peerd.daemon.inputline import InputLine, holds, seen
from peerd.daemon.last_typed import addressed, traces
from peerd.daemon.live import Live
from peerd.daemon.outcome import Barred, Held, Lost, Outcome, Spoilt, Taken, Unconfirmed, Vanished
from peerd.daemon.prepare import under_lease
from peerd.daemon.reach import reach
from peerd.daemon.redraw import draw_anew
from peerd.daemon.submit import submit
from peerd.edges import clock
from peerd.errors import InternalError, PaneDead, PaneInMode, PaneLate, PeerdError, TmuxError
from peerd.model.attempt import AttemptEnd
from peerd.model.envelope import sanitise
from peerd.model.message import ON_THE_WAY, Delivery, Hold, Message
from peerd.store.write import SetDelivery

LANDED_WITHIN_S = 1.5  # measured for real CLIs; a paste not seen by then was eaten
LANDED_PER_MIB_S = 2.0
TAKEN_BACK = "it stood in the input line still, and is taken back"
VANISHED = "typed and entered, then gone from the screen: it may have been taken; not typed again"


async def deliver(daemon: Daemon, live: Live, action: Deliver, earlier: asyncio.Task[None] | None) -> None:
    """Carry out one lease, alone at the pane: an earlier one that still waits for something is over first. A pane that
    dies on the way is left to its burial, which gives the message back."""
    if earlier is not None and not earlier.done():
        earlier.cancel()
        await asyncio.wait((earlier,))
    try:
        outcome = await _attempt(daemon, live, action)
    except PaneDead:
        return
    tell(daemon, live, action, outcome)
    await stray_probe.take_back(daemon, live)


def tell(daemon: Daemon, live: Live, action: Deliver, outcome: Outcome) -> None:
    match outcome:
        case Held(hold=hold):
            if hold is Hold.PROMPT:
                watcher.begin(daemon, live)
            daemon.loop.feed(DeliveryHeld(action.peer, live.id, action.message, hold))
        case Lost(why=why):
            live.unproved.discard((action.message, action.attempt))
            daemon.log.write("not-landed", id=action.message, to=action.peer, attempt=action.attempt, why=why)
            daemon.loop.feed(DeliveryLost(action.peer, live.id, action.message, why))
        case Unconfirmed(why=why):
            daemon.log.write("unconfirmed", id=action.message, to=action.peer, attempt=action.attempt, why=why)
        case Vanished(why=why):
            daemon.loop.feed(DeliveryVanished(action.peer, live.id, action.message, why))
        case Spoilt(why=why):
            daemon.loop.feed(DeliverySpoilt(action.peer, live.id, action.message, why))
        case Barred(why=why):
            daemon.loop.feed(DeliveryBarred(action.peer, live.id, action.message, why))
        case Taken():
            pass
        case _:
            assert_never(outcome)


async def _attempt(daemon: Daemon, live: Live, action: Deliver) -> Outcome:
    """What could not be asked or written before the paste types nothing; after it, only evidence tells."""
    if unheard.holds(live):
        return Taken() if await transcript_evidence.look_back(daemon, live, action) else Held(Hold.UNHEARD)
    try:
        line = await _clear_way(daemon, live, action)
        if await screen_evidence.look_back(daemon, live, action.message, daemon.loop.feed):
            return Taken()
        if await transcript_evidence.look_back(daemon, live, action):
            return Taken()
        if isinstance(line, Hold):
            return Held(line)
        if transcript_evidence.is_untold(daemon, live, action) or await unheard.works(live, line):
            return Held(Hold.UNHEARD)
        if daemon.loop.peers[live.peer].task_attempts == 1 and await screen_evidence.vanished(
            daemon, live, action.message
        ):
            return Vanished(VANISHED)
        message = message_of(daemon, action)
        why = shell_acl.why_not(daemon, daemon.loop.peers[live.peer], live.adapter, message.queued_as)
        if why is not None:
            return Barred(why)
        await prepare.put(daemon, live, message, line.keys.files)  # what cannot be is no attempt
        await screen_evidence.look_before(daemon, live, action.message, action.attempt)
        if not await leased(daemon, live, action, line.evidence):
            return Held(Hold.BUSY)
        hold = await _came_between(daemon, live, line, action)
        if hold is not None:
            return Held(hold)
        if not under_lease(daemon, action):
            return Unconfirmed("its lease ran out before a byte of it was typed")
    except PaneDead:
        raise
    except (PeerdError, OSError) as error:
        return prepare.not_ready(daemon, live, action, "prepare to type", error)
    try:
        return await _type(daemon, line, action)
    except PaneDead:
        raise
    except TmuxError as error:
        return Unconfirmed(str(error))


async def _came_between(daemon: Daemon, live: Live, line: InputLine, action: Deliver) -> Hold | None:
    """What is in the way after the lease, for the disk may have taken its time: the attempt was none then."""
    try:
        hold = await line.came_between()
    except PaneDead:
        raise
    except TmuxError as error:
        await _untyped(daemon, live, action, f"nothing was typed: {error}")
        raise
    if hold is None and _is_answered_now(daemon, action):
        hold = Hold.BUSY
    if hold is not None:
        await _untyped(daemon, live, action, "something came between the lease and the paste")
    return hold


def _is_answered_now(daemon: Daemon, action: Deliver) -> bool:
    lease = daemon.loop.peers[action.peer].lease
    return lease is not None and replying.is_answered_now(daemon, lease.waiting)


async def _clear_way(daemon: Daemon, live: Live, action: Deliver) -> InputLine | Hold:
    """The input line, empty; or why not. Raises TmuxError where it cannot be asked: it is asked again later."""
    message = message_of(daemon, action)
    keys, pane = live.adapter.compose(message, action.attempt, live.place), await reach(live)
    if daemon.loop.peers[live.peer].looks:  # a prompt may just be on its way to the screen
        await draw_anew(daemon, live, pane)
    line = InputLine(live, pane, keys, f"the input line is empty{_left_out(message.body, keys)}")
    leftovers = _leftovers(live, message, action.attempt, keys)
    return await line.in_the_way(leftovers, lambda: take_back(daemon, live)) or line


async def take_back(daemon: Daemon, live: Live) -> None:
    """What stands in the input line still was typed last, and not taken. On record before it is cleared, for it may
    stay on the screen then as if it was; told before that is waited for, where this may be cancelled. Of what was typed
    before it nothing is known by this."""
    last = live.typed_of
    if last is None or last not in live.unproved:
        return
    live.unproved.discard(last)
    receipt = daemon.store.reader.receipt(last[0])
    if receipt is None or receipt.state not in ON_THE_WAY or receipt.attempt != last[1]:
        return
    now, how = clock.wall(), AttemptEnd.TAKEN_BACK
    on_disk = daemon.store.keep(SetDelivery(last[0], Delivery.ACCEPTED, last[1], None, now, TAKEN_BACK, how))
    daemon.loop.feed(TakenBack(live.peer, last[0]))
    await on_disk


def _left_out(body: str, keys: Keys) -> str:
    """What a terminal would obey is not typed. A body that goes by file keeps it."""
    count = 0 if keys.files else len(body.replace("\r\n", "\n")) - len(sanitise(body))
    return f"; {count} control characters are left out" if count else ""


def _leftovers(live: Live, message: Message, attempt: int, keys: Keys) -> tuple[str, ...]:
    """Patterns of what this attempt, the one before it, or another message's last one may have left in the input
    line."""
    before = live.adapter.compose(message, attempt - 1, live.place) if attempt > 1 else keys
    return (*traces(keys), *traces(before), *live.typed)


def message_of(daemon: Daemon, action: Deliver) -> Message:
    receipt = daemon.store.reader.receipt(action.message)
    if receipt is None:
        raise InternalError(f"{action.message} is in {action.peer}'s queue but not on record")
    return addressed(receipt)


async def _type(daemon: Daemon, line: InputLine, action: Deliver) -> Outcome:
    unheard.tried(line.live)
    line.live.typed, line.live.typed_of = traces(line.keys), (action.message, action.attempt)
    line.live.probe = None
    if line.live.adapter.confirms == "screen":
        line.live.unproved.add((action.message, action.attempt))
    for nth, paste in enumerate(line.keys.pastes):
        try:
            await line.pane.paste(paste)
        except (PaneInMode, PaneLate) as error:
            if nth:
                return Unconfirmed(str(error))
            await _untyped(daemon, line.live, action, str(error))
            return Held(Hold.TMUX_MODE if isinstance(error, PaneInMode) else Hold.BUSY)
    within_s = LANDED_WITHIN_S + LANDED_PER_MIB_S * sum(map(len, line.keys.pastes)) / (1 << 20)
    other = await line.comes_to_hold(line.keys.landed, within_s)
    if other is not None:
        why = f"not seen in the input line, or not alone: {seen(other)}"
        return Lost(why) if holds(other, "") and await line.clear() else Unconfirmed(why)
    if not under_lease(daemon, action):
        await line.clear()
        return Unconfirmed("an earlier attempt was taken before Enter was pressed, or its lease ran out")
    return await submit(daemon, line, action) if await _handed_over(daemon, line, action) else Held(Hold.BUSY)


async def _handed_over(daemon: Daemon, line: InputLine, action: Deliver) -> bool:
    """Whether it may be entered. Where only the screen tells of what was, that it stands there must be on record
    before: the next daemon could not know else that what is gone from the screen may have been taken, and that no
    permission is asked for any more that was before. A disk that takes too long has it cleared again, and the attempt
    is none."""
    watcher.none_stands(daemon, line.live)
    on_disk = step(daemon, line.live, action, Delivery.HANDED_OVER, "seen in the input line")
    if line.live.adapter.confirms != "screen":
        return True
    await asyncio.wait((on_disk,), timeout=daemon.loop.peers[action.peer].spec.lease_s / 2)
    if on_disk.done() and under_lease(daemon, action):
        await on_disk
        return True
    await line.clear()
    daemon.record(
        *_back(daemon, line.live, action, "the disk took too long, nothing was entered"), about=action.message
    )
    return False


async def _untyped(daemon: Daemon, live: Live, action: Deliver, why: str) -> None:
    """The attempt on record never was one."""
    await daemon.store.keep(*_back(daemon, live, action, why))


def _back(daemon: Daemon, live: Live, action: Deliver, why: str) -> tuple[SetDelivery, ...]:
    """Nothing of a lease that is over: it was taken after all, or waits again, and that is on record."""
    live.unproved.discard((action.message, action.attempt))
    if not under_lease(daemon, action):
        return ()
    live.leased = None
    attempt, now = action.attempt - 1, clock.wall()
    return (SetDelivery(action.message, Delivery.ACCEPTED, attempt, live.id, now, why, AttemptEnd.UNTYPED),)


async def leased(daemon: Daemon, live: Live, action: Deliver, evidence: str) -> bool:
    """Whether the attempt is on disk before half its lease is over, and its lease goes on. Where it is not, it is none:
    the disk takes both as soon as it can, and nothing is typed meanwhile."""
    if not under_lease(daemon, action):
        return False
    live.leased = (action.message, action.attempt)
    on_disk = step(daemon, live, action, Delivery.LEASED, evidence)
    await asyncio.wait((on_disk,), timeout=daemon.loop.peers[action.peer].spec.lease_s / 2)
    if on_disk.done():
        await on_disk
        return under_lease(daemon, action)
    back = _back(daemon, live, action, "the disk took too long, nothing was typed")
    daemon.record(*back, about=action.message)
    return False


def give_back(daemon: Daemon, live: Live, feed: Callable[[Event], None]) -> None:
    """Of a session that is over: what was only about to be handed to it was no attempt, and none is on record."""
    peer = daemon.loop.peers.get(live.peer)
    if peer is None or peer.lease is None or peer.session != live.id or not peer.lease.watched:
        return
    waiting = peer.lease.waiting
    if live.leased != (waiting.id, waiting.attempts):
        feed(DeliveryHeld(live.peer, live.id, waiting.id, Hold.STARTING))


def step(daemon: Daemon, live: Live, action: Deliver, state: Delivery, evidence: str) -> asyncio.Task[None]:
    """On disk once the task is done."""
    event = "leased" if state is Delivery.LEASED else "handed-over"
    daemon.log.write(event, id=action.message, to=action.peer, attempt=action.attempt, session=live.id)
    quoted = live.quoted.get((action.message, action.attempt), 0)
    step = SetDelivery(action.message, state, action.attempt, live.id, clock.wall(), evidence, quoted=quoted)
    return daemon.record(step, about=action.message)
