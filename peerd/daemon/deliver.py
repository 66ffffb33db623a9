"""One delivery: look, lease, paste, look, Enter, wait for the id. Nothing is typed but at an empty input line, and
nothing is called submitted here: the runtime's own journal says that, to the loop."""

import asyncio
import contextlib
import os
from typing import assert_never

import msgspec

from peerd.adapter import Keys, Reading
from peerd.core.action import Deliver
from peerd.core.event import DeliveryHeld, DeliveryLost
from peerd.daemon.context import Daemon
from peerd.daemon.live import Live
from peerd.daemon.spawn import reach, write_private
from peerd.edges import clock
from peerd.edges.tmux.pane import Pane
from peerd.errors import InternalError, PaneDead, PaneInMode, TmuxError
from peerd.model.message import Delivery, Hold, Message, MessageId
from peerd.model.peer import Activity
from peerd.store.write import SetDelivery

LOOK_AGAIN_S = 0.002  # doubled from look to look; a look costs 0.1 to 0.2 ms
LOOK_AGAIN_MAX_S = 0.04
CLEARED_S = 0.02  # a key takes effect, and is drawn
LANDED_WITHIN_S = 1.5  # measured elsewhere for real CLIs; a paste not seen by then was eaten
LANDED_PER_MIB_S = 2.0
SUBMIT_WITHIN_S = 4.0


class Held(msgspec.Struct, frozen=True):
    """Nothing was typed."""

    hold: Hold


class Lost(msgspec.Struct, frozen=True):
    """Typed, surely not submitted, cleared again."""

    why: str


class Unconfirmed(msgspec.Struct, frozen=True):
    """Enter was pressed and the message is gone from the composer; its evidence may still come."""

    why: str


class Taken(msgspec.Struct, frozen=True):
    """The journal carried the id."""


Outcome = Held | Lost | Unconfirmed | Taken


async def deliver(daemon: Daemon, live: Live, action: Deliver) -> None:
    """Carry out one lease. A pane that dies on the way is left to its burial, which gives the message back."""
    try:
        outcome = await _attempt(daemon, live, action)
    except PaneDead:
        return
    match outcome:
        case Held(hold=hold):
            daemon.loop.feed(DeliveryHeld(action.peer, live.id, action.message, hold))
        case Lost(why=why):
            daemon.log.write("not-landed", id=action.message, to=action.peer, attempt=action.attempt, why=why)
            daemon.loop.feed(DeliveryLost(action.peer, live.id, action.message, why))
        case Unconfirmed(why=why):
            daemon.log.write("unconfirmed", id=action.message, to=action.peer, attempt=action.attempt, why=why)
        case Taken():
            pass
        case _:
            assert_never(outcome)


async def _attempt(daemon: Daemon, live: Live, action: Deliver) -> Outcome:
    """What could not be asked before the paste types nothing; after it, only evidence tells."""
    keys = live.adapter.compose(_message(daemon, action), action.attempt, live.place)
    pane = await _clear_way(daemon, live, keys, action.message)
    if isinstance(pane, Hold):
        return Held(pane)
    await _step(daemon, live, action, Delivery.LEASED, "the input line is empty")  # on disk before a byte is typed
    _write_files(keys, live.place.folder)
    try:
        return await _type(daemon, live, pane, keys, action)
    except PaneDead:
        raise
    except TmuxError as error:
        return Unconfirmed(str(error))


async def _clear_way(daemon: Daemon, live: Live, keys: Keys, message: MessageId) -> Pane | Hold:
    """The pane, its input line empty; or why not. A tmux that cannot be asked is asked again later."""
    try:
        pane = await reach(daemon, live)
        return await _in_the_way(live, pane, keys, message) or pane
    except PaneDead:
        raise
    except TmuxError as error:
        daemon.log.write("action-failed", peer=live.peer, session=live.id, action="look", why=str(error))
        return Hold.BUSY


async def _type(daemon: Daemon, live: Live, pane: Pane, keys: Keys, action: Deliver) -> Outcome:
    try:
        await pane.paste(keys.paste)
    except PaneInMode as error:
        await _untyped(daemon, live, action, str(error))
        return Held(Hold.TMUX_MODE)
    landed = await _landed(live, pane, keys)
    if landed is not None:
        return await _cleared(live, pane, keys, landed)
    _step(daemon, live, action, Delivery.HANDED_OVER, "seen in the input line")
    return await _submit(daemon, live, pane, keys, action)


async def _untyped(daemon: Daemon, live: Live, action: Deliver, why: str) -> None:
    """The attempt on record never was one."""
    back = SetDelivery(action.message, Delivery.ACCEPTED, action.attempt - 1, live.id, clock.wall(), why)
    await daemon.store.commit(back)


def _message(daemon: Daemon, action: Deliver) -> Message:
    receipt = daemon.store.reader.receipt(action.message)
    if receipt is None:
        raise InternalError(f"{action.message} is in {action.peer}'s queue but not on record")
    return receipt.message


def _step(daemon: Daemon, live: Live, action: Deliver, state: Delivery, evidence: str) -> asyncio.Task[None]:
    """On disk once the task is done."""
    event = "leased" if state is Delivery.LEASED else "handed-over"
    daemon.log.write(event, id=action.message, to=action.peer, attempt=action.attempt, session=live.id)
    step = SetDelivery(action.message, state, action.attempt, live.id, clock.wall(), evidence)
    return daemon.record(step, about=action.message)


async def _look(live: Live, pane: Pane) -> Reading:
    return live.adapter.read(await pane.capture())


async def _in_the_way(live: Live, pane: Pane, keys: Keys, message: MessageId) -> Hold | None:
    """Why nothing may be typed now. What an earlier attempt of this message left in the composer is cleared first."""
    view = await pane.look()
    if view.in_mode:
        return Hold.TMUX_MODE
    reading = live.adapter.read(view.screen)
    if reading.composer and message in reading.composer and _open(reading) is None:
        await _clear(live, pane, keys)
        reading = await _look(live, pane)
    if (hold := _open(reading)) is not None:
        return hold
    return Hold.DRAFT if reading.composer else None


def _open(reading: Reading) -> Hold | None:
    """Why the screen is no input line."""
    if reading.dialog is not None:
        return Hold.PROMPT if reading.prompt else Hold.DIALOG
    if reading.activity is not Activity.IDLE or reading.composer is None:
        return Hold.BUSY
    return None


def _shows(reading: Reading, keys: Keys) -> bool:
    return reading.composer is not None and reading.composer.count(keys.landed) == 1


def _write_files(keys: Keys, folder: str) -> None:
    for name, text in keys.files.items():
        write_private(os.path.join(folder, name), text)


async def _landed(live: Live, pane: Pane, keys: Keys) -> str | None:
    """None once the composer shows the message once; else what was seen instead."""
    give_up = clock.now() + LANDED_WITHIN_S + LANDED_PER_MIB_S * len(keys.paste) / (1 << 20)
    again_s = LOOK_AGAIN_S
    while not _shows(reading := await _look(live, pane), keys):
        if clock.now() > give_up:
            return f"not seen in the input line: {_seen(reading)}"
        await clock.pause(again_s)
        again_s = min(LOOK_AGAIN_MAX_S, again_s * 2)
    return None


def _seen(reading: Reading) -> str:
    if reading.dialog is not None:
        return f"dialog: {reading.dialog[:80]}"
    return "no input line" if reading.composer is None else f"{reading.composer[:80]!r}"


async def _clear(live: Live, pane: Pane, keys: Keys) -> None:
    for key in keys.clear:
        await pane.press(key)
    await clock.pause(CLEARED_S)


async def _cleared(live: Live, pane: Pane, keys: Keys, why: str) -> Outcome:
    """Never leave a text that could prefix the next. A dialog that opened meanwhile gets no key."""
    reading = await _look(live, pane)
    if _open(reading) is None:
        await _clear(live, pane, keys)
        return Lost(why)
    return Unconfirmed(why)


async def _submit(daemon: Daemon, live: Live, pane: Pane, keys: Keys, action: Deliver) -> Outcome:
    """Enter, and again only while the message is seen waiting and nothing else has opened."""
    taken, give_up = live.taken[action.message], clock.now() + SUBMIT_WITHIN_S
    pressed = 0
    while clock.now() < give_up:
        reading = await _look(live, pane)
        if taken.is_set():
            return Taken()
        if _open(reading) is None and _shows(reading, keys):
            await pane.press(keys.submit)
            pressed += 1
            if pressed > 1:
                daemon.log.write("enter-repeated", id=action.message, to=action.peer, attempt=action.attempt)
        await _wait(taken, keys.window_s)
    return Taken() if taken.is_set() else await _not_submitted(live, pane, keys, pressed)


async def _not_submitted(live: Live, pane: Pane, keys: Keys, pressed: int) -> Outcome:
    reading = await _look(live, pane)
    if _open(reading) is None and _shows(reading, keys):
        return await _cleared(live, pane, keys, f"Enter had no effect, {pressed} times")
    return Unconfirmed(f"Enter pressed {pressed} times; {_seen(reading)}")


async def _wait(event: asyncio.Event, within_s: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), within_s)
