"""Enter, and the proof that it may be pressed again.

A screen that still shows the message proves nothing: a runtime that stalls shows an old screen, and a second Enter
would wait in its terminal and approve whatever the first one opens. Keys are taken in order, so a harmless key that is
seen to have taken effect proves that the Enter before it was taken, and swallowed.
"""

import asyncio
import contextlib

from peerd.core.action import Deliver
from peerd.core.event import Entered
from peerd.counted import counted
from peerd.daemon import last_typed, screen_evidence
from peerd.daemon.context import Daemon
from peerd.daemon.inputline import InputLine, holds, seen
from peerd.daemon.outcome import Lost, Outcome, Taken, Unconfirmed
from peerd.edges import clock
from peerd.errors import PaneLate, StoreError
from peerd.model.landing import exactly

ENTERS_MAX = 3
LOOK_AGAIN_S = 0.05
PROVED_WITHIN_S = 2.0
SUBMIT_WITHIN_S = 4.0  # measured for real CLIs: evidence comes within 1 s; later it still counts, to the lease's end


async def submit(daemon: Daemon, line: InputLine, action: Deliver) -> Outcome:
    """The message stands in the input line, alone. Returns when it was seen taken, or why that is not known."""
    taken = line.live.taken[action.message]  # as it is from here on: the end of its turn forgets what was taken
    give_up, pressed = clock.now() + SUBMIT_WITHIN_S, 0
    while not taken.is_set() and pressed < ENTERS_MAX and holds(reading := await line.read(), line.keys.landed):
        try:
            if reading.brim:
                await line.pane.press("Space")
            await _enter(daemon, line, action)
        except PaneLate:  # what stands there is to be looked at again
            if clock.now() > give_up:
                break
            continue
        pressed += 1
        if pressed > 1:
            daemon.log.write("enter-repeated", id=action.message, to=action.peer, attempt=action.attempt)
        await _evidence(daemon, line, action, taken, line.keys.window_s)
        if taken.is_set() or not await _swallowed(daemon, line, action, taken):
            break
    await _evidence(daemon, line, action, taken, give_up - clock.now())
    return await _outcome(line, action, taken, pressed)


async def _enter(daemon: Daemon, line: InputLine, action: Deliver) -> None:
    """Known before it is done: whatever ends us, or the session, from here on it may have been taken."""
    if line.live.adapter.confirms == "screen":
        line.live.entered.setdefault(action.message, clock.ticks())
        daemon.loop.feed(Entered(action.peer, line.live.id, action.message))
    line.live.quiet = True
    await line.pane.press(line.keys.submit)


async def _swallowed(daemon: Daemon, line: InputLine, action: Deliver, taken: asyncio.Event) -> bool:
    """Whether the last Enter is proved to be without effect. The probe is taken back again."""
    live, probe = line.live, line.keys.probe if line.live.proved else None
    if probe is None or not holds(await line.read(), line.keys.landed):
        return False
    try:
        await last_typed.begin_probe(daemon, live, action.message, probe)
    except StoreError:
        return False
    if taken.is_set() or not holds(await line.read(), line.keys.landed):  # the disk took its time
        last_typed.end_probe(daemon, live, action.message, probe)
        return False
    await line.pane.press(probe.key)
    if await line.comes_to_hold(line.keys.landed + exactly(probe.shown), PROVED_WITHIN_S) is not None:
        return False
    await line.pane.press(probe.undo)
    if await line.comes_to_hold(line.keys.landed, PROVED_WITHIN_S) is not None:
        return False
    last_typed.end_probe(daemon, live, action.message, probe)
    return not taken.is_set()


async def _outcome(line: InputLine, action: Deliver, taken: asyncio.Event, pressed: int) -> Outcome:
    """Evidence of an earlier attempt leaves this one's text standing: it is taken back, and so is one whose every
    Enter was swallowed. A text that was taken itself may still be on the screen, and is nobody's to clear."""
    if taken.is_set():
        if line.live.took.get(action.message, action.attempt) != action.attempt:
            await _take_back(line)
        return Taken()
    stands = holds(reading := await line.read(), line.keys.landed)
    if stands and pressed == ENTERS_MAX and await line.clear():
        return Lost(f"{counted(pressed, 'Enter')} had no effect")
    return Unconfirmed(f"{counted(pressed, 'Enter')} pressed, no evidence yet; {seen(reading)}")


async def _take_back(line: InputLine) -> None:
    if await line.comes_to_hold(line.keys.landed, 0.0) is None:
        await line.clear()


async def _evidence(daemon: Daemon, line: InputLine, action: Deliver, taken: asyncio.Event, within_s: float) -> None:
    """Wait for it, or look for it where nobody tells."""
    give_up = clock.now() + within_s
    if line.live.adapter.confirms == "journal":
        await _wait(taken, within_s)
        return
    while not taken.is_set() and clock.now() < give_up:
        await screen_evidence.look_for(daemon, line.live, action.message, action.attempt)
        await _wait(taken, LOOK_AGAIN_S)


async def _wait(event: asyncio.Event, within_s: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), max(0.0, within_s))
