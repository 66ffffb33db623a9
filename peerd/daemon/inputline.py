"""A runtime's input line, as its adapter reads it off the screen: whether it may be typed at, what stands in it."""

import re
from collections.abc import Awaitable, Callable

import msgspec

from peerd.adapter import Keys, Reading
from peerd.counted import counted
from peerd.daemon.live import Live
from peerd.edges import clock
from peerd.edges.tmux.pane import Pane
from peerd.model.landing import squeezed
from peerd.model.message import Hold
from peerd.model.peer import Activity

LOOK_AGAIN_S = 0.002  # doubled from look to look; a look costs 0.1 to 0.2 ms
LOOK_AGAIN_MAX_S = 0.04
CLEARED_WITHIN_S = 1.0


async def _untold() -> None:
    """Nothing of ours can stand there."""


class InputLine(msgspec.Struct, frozen=True):
    """Where a message is typed: the session, its pane, and how this message is typed there."""

    live: Live
    pane: Pane
    keys: Keys
    evidence: str = ""  # that it may be typed at

    async def read(self) -> Reading:
        return self.live.adapter.read(await self.pane.capture())

    async def comes_to_hold(self, pattern: str, within_s: float) -> Reading | None:
        """None once the line holds what this matches and nothing else; else what was read when time ran out."""
        give_up, again_s = clock.now() + within_s, LOOK_AGAIN_S
        while not holds(reading := await self.read(), pattern):
            if clock.now() > give_up:
                return reading
            await clock.pause(again_s)
            again_s = min(LOOK_AGAIN_MAX_S, again_s * 2)
        return None

    async def clear(self) -> bool:
        """Take our own text back; True when the line is seen empty. Before each press it is looked at what is left: a
        key goes to nothing but what remains of what stood there when this began, never to what a person types since."""
        left = await self.text()
        for _ in range(self.keys.clear_times if left else 1):
            if left is None:
                return False
            for key in self.keys.clear:
                await self.pane.press(key)
            now = await self._changed(left)
            if now is None or not left.startswith(now):
                return False
            left = now
            if not left:
                return True
        return left == ""

    async def text(self) -> str | None:
        """What stands in the line, without white space; None where it may not be typed at."""
        return text_of(await self.read())

    async def _changed(self, before: str) -> str | None:
        """What stands there once a key took effect, or as it is after a while."""
        give_up = clock.now() + CLEARED_WITHIN_S / self.keys.clear_times
        while (now := await self.text()) == before and clock.now() < give_up:
            await clock.pause(LOOK_AGAIN_S)
        return now

    async def in_the_way(
        self, leftovers: tuple[str, ...] = (), taken_back: Callable[[], Awaitable[None]] = _untold
    ) -> Hold | None:
        """Why nothing may be typed now. What an earlier attempt of ours left standing is cleared first, and before that
        `taken_back` is told."""
        view = await self.pane.look()
        if view.in_mode:
            return Hold.TMUX_MODE
        reading = self.live.adapter.read(view.screen)
        self.live.shown = view.screen
        if _holds_any(reading, leftovers):
            await taken_back()
            if _holds_any(await self.read(), leftovers):  # a disk takes its time, and a person may type meanwhile
                await self.clear()
            reading = await self.read()
        return _taken(reading)

    async def came_between(self) -> Hold | None:
        """Why nothing may be typed at a line that was clear before: looked at anew, for as long as it must be still.
        Nothing but looks may be awaited between this and the typing."""
        give_up = clock.now() + self.keys.still_s
        while (hold := _taken(await self.read())) is None and clock.now() < give_up:
            await clock.pause(LOOK_AGAIN_MAX_S)
        return hold


def _taken(reading: Reading) -> Hold | None:
    """Why a line is not ours to type at."""
    return closed(reading) or (Hold.DRAFT if reading.composer else None)


def holds(reading: Reading, pattern: str) -> bool:
    """Whether the line may be typed at and holds what this matches: nothing of a person's beside it."""
    text = text_of(reading)
    return text is not None and re.fullmatch(pattern, text) is not None


def _holds_any(reading: Reading, patterns: tuple[str, ...]) -> bool:
    """Not asked of a line that is empty, as most are: a pattern of many parts takes 10 ms to read."""
    return bool(reading.composer) and any(holds(reading, pattern) for pattern in patterns if pattern)


def text_of(reading: Reading) -> str | None:
    """What stands in the line, without white space; None where it may not be typed at."""
    return None if closed(reading) is not None or reading.composer is None else squeezed(reading.composer)


def at_rest(live: Live, reading: Reading) -> bool:
    """Whether the screen proves that no turn is open: the line is empty, or a text of ours was put back into it."""
    if closed(reading) is not None or not reading.rests:
        return False
    return not reading.composer or _holds_any(reading, live.typed)


def why_not_at_rest(live: Live, reading: Reading) -> Hold | None:
    """What keeps a session in no turn from being at rest."""
    return None if at_rest(live, reading) else _taken(reading)


def closed(reading: Reading) -> Hold | None:
    """Why the screen is no input line; None when it is one."""
    if reading.dialog is not None:
        return Hold.PROMPT if reading.prompt else Hold.DIALOG
    if reading.activity is Activity.UNKNOWN:
        return Hold.UNKNOWN_SCREEN
    if reading.activity is not Activity.IDLE or reading.composer is None:
        return Hold.BUSY
    return None


def seen(reading: Reading) -> str:
    """For a person, without the text itself."""
    if reading.dialog is not None:
        return f"a dialog is open: {reading.dialog[:80]}"
    if reading.composer is None:
        return "no input line is seen"
    if reading.composer == "":
        return "it stays empty"
    return f"the input line holds {counted(len(reading.composer), 'other character')}"
