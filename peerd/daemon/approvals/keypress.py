"""A key at a permission prompt: pressed only where this very prompt is seen, right before it and again by tmux itself
as it presses it."""

import asyncio
import contextlib
from collections.abc import Iterator
from typing import NamedTuple

from peerd.adapter import Prompt
from peerd.daemon.approvals import matching
from peerd.daemon.approvals.matching import same
from peerd.daemon.context import Daemon
from peerd.daemon.live import Live
from peerd.daemon.reach import unreachable
from peerd.edges import clock
from peerd.edges.process import terminals
from peerd.edges.tmux.pane import Pane
from peerd.edges.tmux.shown import Shown, shown
from peerd.errors import NotPressed, PaneChanged, PaneDead, PaneInMode, PaneLate, TmuxError
from peerd.model.approval import Answer, Approval

LOOK_AGAIN_S = 0.05
HEARD_WITHIN_S = 5.0
MOVES, ENTER, MOVES_MAX = ("Up", "Down"), "Enter", 12
MOVED_WITHIN_S = 2.0
TRIES_MAX = 5
NOTHING, MOVED = "No key was pressed.", "A key was pressed to move the cursor; no choice was made."


class Chosen(NamedTuple):
    """`at`: where the cursor stood, if it was chosen by that."""

    label: str
    at: int | None

    def stands(self, prompt: Prompt) -> bool:
        """Whether this may be the prompt that it was chosen at: a new one has its cursor where it begins."""
        return self.at is None or prompt.at in (None, self.at)


class Seen(NamedTuple):
    """`shows`: its rows, and where they stood."""

    prompt: Prompt
    shows: Shown


@contextlib.contextmanager
def no_key_yet(live: Live) -> Iterator[None]:
    """A tmux that does not answer a look is told as that. Raises NotPressed."""
    try:
        yield
    except (PaneDead, PaneInMode):
        raise
    except TmuxError as error:
        so = unreachable(live) or "not readable just now; try again"
        raise NotPressed(f"{live.peer} is {so}. {NOTHING}") from error


async def hear_out(daemon: Daemon, live: Live) -> None:
    """All that it said by now: no screen is then ahead of what was said of it. Raises NotPressed."""
    daemon.journals.poll(live.id)
    try:
        async with asyncio.timeout(HEARD_WITHIN_S):
            await live.heard.join()
    except TimeoutError as error:
        raise NotPressed(f"not all that {live.peer} reported is read yet; try again. {NOTHING}") from error


async def seen(daemon: Daemon, live: Live, pane: Pane, open: Approval) -> Seen:
    """This very prompt, as it stands there now. Raises NotPressed for anything else."""
    await hear_out(daemon, live)  # what takes long is heard before the look
    view = await pane.look()
    await hear_out(daemon, live)
    if view.in_mode:
        raise NotPressed(f"{live.peer} is in a tmux mode: whoever is attached must leave it first. {NOTHING}")
    prompt = None if view.dead else live.adapter.prompt(view.screen)
    if prompt is None and not view.dead and live.adapter.read(view.screen).dialog is not None:
        raise NotPressed(
            f"peerd does not know well enough what {live.peer} asks to answer it from here: "
            f"`peerd attach {live.peer}`. {NOTHING}"
        )
    if prompt is not None and not same(open, prompt) and matching.still_stands(open, prompt, view.screen):
        too_small = f"the terminal of {live.peer} is too small for it just now"
        raise NotPressed(f"only the end of {open.id} is seen: {too_small}. {NOTHING}")
    if prompt is None or not same(open, prompt) or live.asks.followed(open, prompt):
        raise NotPressed(f"{open.id} is no longer on the screen of {live.peer}. {NOTHING}")
    return Seen(prompt, shown(view.screen, prompt.rows))


def choice(prompt: Prompt, answer: Answer) -> int:
    """Where the cursor is must be seen too: else what looks like choices may be none."""
    at = prompt.chosen(answer)
    if at is None or prompt.at is None:
        said = "yes for this one time" if answer == "approve" else "no"
        raise NotPressed(f"peerd knows no choice there that says {said}: answer it at the pane. {NOTHING}")
    return at


async def press(daemon: Daemon, live: Live, pane: Pane, begun: Approval, answer: Answer) -> Chosen:
    """By its own key where it has one; else the cursor is moved until it is seen there."""
    with no_key_yet(live):
        there, moves = await seen(daemon, live, pane, begun), 0
    try:
        while (key := _key(there.prompt, answer)) in MOVES and moves < MOVES_MAX:
            await _touch(daemon, live, pane, begun, key, there)
            moves += 1
            there = await _moved(daemon, live, pane, begun, there.prompt)
        if key in MOVES:
            raise NotPressed(f"the cursor does not reach the choice. {NOTHING}")
        await _touch(daemon, live, pane, begun, key, there)
    except (NotPressed, PaneInMode) as error:
        if not moves:
            raise
        raise NotPressed(f"{str(error).removesuffix(NOTHING).strip()} {MOVED}") from error
    prompt = there.prompt
    return Chosen(prompt.options[choice(prompt, answer)].label, prompt.at if key == ENTER else None)


def _key(prompt: Prompt, answer: Answer) -> str:
    at = choice(prompt, answer)
    key = prompt.options[at].key
    if key is not None or prompt.at is None or prompt.at == at:
        return key or ENTER
    return "Down" if prompt.at < at else "Up"


async def _touch(daemon: Daemon, live: Live, pane: Pane, begun: Approval, key: str, there: Seen) -> None:
    """Press it where this stands as it was seen, and nothing that was typed before waits to be read: a key behind that
    would be for whatever that leads to. One that stands elsewhere on the screen by then is looked at again."""
    for _ in range(TRIES_MAX):
        if terminals.unread(live.host.runtime.pid):
            raise NotPressed(f"{live.peer} has not read yet what was typed there before; try again. {NOTHING}")
        try:
            return await pane.press(key, shows=there.shows)
        except PaneChanged:
            there = await _still(daemon, live, pane, begun, there.prompt)
        except PaneLate as error:
            raise NotPressed(f"the tmux of {live.peer} hung in the meantime; try again. {NOTHING}") from error
    raise NotPressed(f"the screen of {live.peer} keeps changing; try again. {NOTHING}")


async def _still(daemon: Daemon, live: Live, pane: Pane, begun: Approval, before: Prompt) -> Seen:
    with no_key_yet(live):
        there = await seen(daemon, live, pane, begun)
    if there.prompt.at != before.at:
        raise NotPressed(f"somebody is moving the cursor at {live.peer}; try again. {NOTHING}")
    return there


async def _moved(daemon: Daemon, live: Live, pane: Pane, begun: Approval, before: Prompt) -> Seen:
    """One move at a time: a second one might be taken after the cursor was seen where it is to be. What is drawn by
    halves is looked at again."""
    give_up = clock.now() + MOVED_WITHIN_S
    while True:
        error = NotPressed(f"the cursor did not move in {MOVED_WITHIN_S:g} s. {NOTHING}")
        try:
            with no_key_yet(live):
                there = await seen(daemon, live, pane, begun)
            if there.prompt.at not in (None, before.at):
                return there
        except NotPressed as unseen:
            error = unseen
        if clock.now() > give_up:
            raise error
        await clock.pause(LOOK_AGAIN_S)
