"""An answer to a permission prompt: nothing is pressed unless this very prompt is seen, right before the key and again
by tmux itself as it presses it; and nothing is said to be approved but on evidence.
"""

import asyncio
import contextlib
from collections.abc import Iterator
from typing import NamedTuple

from msgspec.structs import replace

from peerd.adapter import Prompt, Reading
from peerd.daemon.asked import After, same
from peerd.daemon.context import Daemon
from peerd.daemon.live import Live
from peerd.daemon.reach import reach, unreachable
from peerd.edges import clock
from peerd.edges.process import terminals
from peerd.edges.tmux.pane import Pane
from peerd.errors import (
    NoEffect,
    NotPressed,
    PaneChanged,
    PaneDead,
    PaneInMode,
    PaneLate,
    StoreError,
    TmuxError,
    TryAgain,
)
from peerd.model.approval import Answer, Approval, ApprovalId, ApprovalState
from peerd.model.peer import Activity, PeerName
from peerd.store.approvals import SetApproval

SEEN_WITHIN_S = 5.0  # Claude's Esc shows after 0.2 s, all other keys of both within 0.1 s
LOOK_AGAIN_S = 0.05
SETTLED_LOOKS = 2
TYPED_WITHIN_S = HEARD_WITHIN_S = 5.0
MOVES, ENTER, MOVES_MAX = ("Up", "Down"), "Enter", 12
MOVED_WITHIN_S = 2.0
NOTHING, MOVED = "Nothing was pressed.", "A key was pressed to move the cursor; no choice was made."
NOTHING_TELLS, UNKNOWN = "nothing tells what became of it", ApprovalState.UNKNOWN


class Outcome(NamedTuple):
    state: ApprovalState
    evidence: str


class Chosen(NamedTuple):
    """`at`: where the cursor stood, if it was chosen by that."""

    label: str
    at: int | None

    def stands(self, prompt: Prompt) -> bool:
        """Whether this may be the prompt that it was chosen at: a new one has its cursor where it begins."""
        return self.at is None or prompt.at in (None, self.at)


async def answer(daemon: Daemon, live: Live, id: ApprovalId, answer: Answer, by: str) -> Approval:
    """What became of it: approved, denied, or unknown where nothing tells. Raises PeerdError where nothing was pressed,
    or the key had no effect: then it stands there as before."""
    async with live.asks.lock:
        await _typing_is_over(live)
        with _no_key_yet(live):
            pane = await reach(live)
            open = _open(live, id)
            _choice(await _seen(daemon, live, pane, open), answer)
        begun = replace(open, state=ApprovalState.ANSWERING, answer=answer, by=by)
        try:
            await daemon.store.commit(SetApproval(begun))
        except StoreError as error:
            raise TryAgain(f"{error}. {NOTHING}") from error
        _open(live, id)  # something may have been entered meanwhile
        live.asks.open, tool = begun, begun.tool
        daemon.log.write("approval-answering", peer=live.peer, session=live.id, id=id, tool=tool, answer=answer, by=by)
        outcome = await _pressed(daemon, live, pane, begun, answer)
        done = replace(begun, state=outcome.state, ended_at=clock.wall(), evidence=outcome.evidence)
        live.asks.closed(done)
        live.asks.new_at = clock.now()
        daemon.board.forget("approval", id)
        live.asks.since = live.asks.settled
        daemon.record(SetApproval(done))
        log_answered(daemon, live.peer, done)
        return done


def log_answered(daemon: Daemon, peer: PeerName, done: Approval) -> None:
    id, tool, state, by = done.id, done.tool, done.state.value, done.by
    daemon.log.write("approval-answered", peer=peer, session=done.session, id=id, tool=tool, state=state, by=by)


def _open(live: Live, id: ApprovalId) -> Approval:
    open = live.asks.open
    if open is None or open.id != id:
        raise NotPressed(f"{id} stands on the screen of {live.peer} no more. {NOTHING}")
    if not live.proved:
        version = live.session.version or "of an unknown version"
        raise NotPressed(
            f"{live.session.runtime} {version} is not proved, and is answered by nobody but a person at it: "
            f"`peerd attach {live.peer}`. {NOTHING}"
        )
    return open


@contextlib.contextmanager
def _no_key_yet(live: Live) -> Iterator[None]:
    """A tmux that does not answer a look is told as that. Raises NotPressed."""
    try:
        yield
    except (PaneDead, PaneInMode):
        raise
    except TmuxError as error:
        so = unreachable(live) or "not to be looked at just now; try again"
        raise NotPressed(f"{live.peer} is {so}. {NOTHING}") from error


async def _typing_is_over(live: Live) -> None:
    """What is being typed is looked at by whoever types it: two at one pane would not know of each other."""
    give_up = clock.now() + TYPED_WITHIN_S
    while live.typing is not None and not live.typing.done():
        if clock.now() > give_up:
            raise NotPressed(f"something is being typed at {live.peer}; try again. {NOTHING}")
        await clock.pause(LOOK_AGAIN_S)


async def hear_out(daemon: Daemon, live: Live) -> None:
    """All that it said by now: no screen is then ahead of what was said of it. Raises NotPressed."""
    daemon.journals.poll(live.id)
    try:
        async with asyncio.timeout(HEARD_WITHIN_S):
            await live.heard.join()
    except TimeoutError as error:
        raise NotPressed(f"what {live.peer} says is not all heard; try again. {NOTHING}") from error


async def _seen(daemon: Daemon, live: Live, pane: Pane, open: Approval) -> Prompt:
    """This very prompt, as it stands there now. Raises NotPressed for anything else."""
    view = await pane.look()
    await hear_out(daemon, live)
    if view.in_mode:
        raise NotPressed(f"{live.peer} is in a tmux mode: whoever sits there must leave it first. {NOTHING}")
    prompt = None if view.dead else live.adapter.prompt(view.screen)
    if prompt is None and not view.dead and live.adapter.read(view.screen).dialog is not None:
        raise NotPressed(
            f"what {live.peer} asks is not known well enough to be answered from here: `peerd attach {live.peer}`. "
            f"{NOTHING}"
        )
    if prompt is None or not same(open, prompt) or live.asks.followed(open, prompt):
        raise NotPressed(f"{open.id} stands on the screen of {live.peer} no more. {NOTHING}")
    return prompt


def _choice(prompt: Prompt, answer: Answer) -> int:
    """Where the cursor is must be seen too: else what looks like choices may be none."""
    at = prompt.chosen(answer)
    if at is None or prompt.at is None:
        said = "yes for this one time" if answer == "approve" else "no"
        raise NotPressed(f"no choice there is known to say {said}: answer it at the pane. {NOTHING}")
    return at


async def _pressed(daemon: Daemon, live: Live, pane: Pane, begun: Approval, answer: Answer) -> Outcome:
    opened = replace(begun, state=ApprovalState.OPEN, answer=None, by=None)
    live.asks.after = After()
    try:
        chosen = await _press(daemon, live, pane, begun, answer)
        outcome = await _outcome(daemon, live, pane, begun, chosen)
    except (NotPressed, PaneDead, PaneInMode):
        _stands_again(daemon, live, opened)
        raise
    except TmuxError as error:
        return Outcome(UNKNOWN, f"a key may have been pressed; then {error}")
    if outcome is None:
        _stands_again(daemon, live, replace(opened, answer=answer, by=begun.by))
        late = " It has not read it yet, and may still do." if terminals.unread(live.host.runtime.pid) else ""
        no_effect = f"the key for {chosen.label!r} had no effect in {SEEN_WITHIN_S:g} s: {begun.id} stands there still."
        raise NoEffect(f"{no_effect}{late}")
    return outcome


def _stands_again(daemon: Daemon, live: Live, opened: Approval) -> None:
    live.asks.open = opened
    daemon.record(SetApproval(opened))


async def _press(daemon: Daemon, live: Live, pane: Pane, begun: Approval, answer: Answer) -> Chosen:
    """By its own key where it has one; else the cursor is moved until it is seen there."""
    with _no_key_yet(live):
        prompt, moves = await _seen(daemon, live, pane, begun), 0
    try:
        while (key := _key(prompt, answer)) in MOVES and moves < MOVES_MAX:
            await _touch(live, pane, begun, key, prompt.rows)
            moves += 1
            prompt = await _moved(daemon, live, pane, begun, prompt)
        if key in MOVES:
            raise NotPressed(f"the cursor does not get to the choice. {NOTHING}")
        marked = (prompt.marked,) if key == ENTER else ()
        await _touch(live, pane, begun, key, (*prompt.rows, *marked))
    except (NotPressed, PaneInMode) as error:
        if not moves:
            raise
        raise NotPressed(f"{str(error).removesuffix(NOTHING).strip()} {MOVED}") from error
    return Chosen(prompt.options[_choice(prompt, answer)].label, prompt.at if key == ENTER else None)


def _key(prompt: Prompt, answer: Answer) -> str:
    at = _choice(prompt, answer)
    key = prompt.options[at].key
    if key is not None or prompt.at is None or prompt.at == at:
        return key or ENTER
    return "Down" if prompt.at < at else "Up"


async def _touch(live: Live, pane: Pane, begun: Approval, key: str, shows: tuple[str, ...]) -> None:
    """Press it where these rows stand, and nothing that was typed before waits to be read: a key behind that would be
    for whatever that leads to."""
    if terminals.unread(live.host.runtime.pid):
        raise NotPressed(f"{live.peer} has not read yet what was typed there before; try again. {NOTHING}")
    try:
        await pane.press(key, shows=shows)
    except PaneChanged as error:
        raise NotPressed(f"{begun.id} stands on the screen of {live.peer} no more. {NOTHING}") from error
    except PaneLate as error:
        raise NotPressed(f"the tmux of {live.peer} stood still meanwhile; try again. {NOTHING}") from error


async def _moved(daemon: Daemon, live: Live, pane: Pane, begun: Approval, before: Prompt) -> Prompt:
    """One move at a time: a second one might be taken after the cursor was seen where it is to be. What is drawn by
    halves is looked at again."""
    give_up = clock.now() + MOVED_WITHIN_S
    while True:
        error = NotPressed(f"the cursor did not move in {MOVED_WITHIN_S:g} s. {NOTHING}")
        try:
            with _no_key_yet(live):
                prompt = await _seen(daemon, live, pane, begun)
            if prompt.at not in (None, before.at):
                return prompt
        except NotPressed as unseen:
            error = unseen
        if clock.now() > give_up:
            raise error
        await clock.pause(LOOK_AGAIN_S)


async def _outcome(daemon: Daemon, live: Live, pane: Pane, begun: Approval, chosen: Chosen) -> Outcome | None:
    """None: it stands there as before. What stands there after it was gone is another one, however alike they look."""
    give_up, away, back, gone = clock.now() + SEEN_WITHIN_S, 0, 0, False
    while clock.now() < give_up:
        await clock.pause(LOOK_AGAIN_S)
        screen = await pane.capture()
        with contextlib.suppress(NotPressed):
            await hear_out(daemon, live)
        prompt = live.adapter.prompt(screen)
        alike = prompt is not None and same(begun, prompt) and not live.asks.followed(begun, prompt)
        away = 0 if prompt is not None and alike and chosen.stands(prompt) else away + 1
        gone = gone or away >= SETTLED_LOOKS
        back = back + 1 if gone and alike else 0
        reading, another = live.adapter.read(screen), prompt is not None and not alike
        told = _told(begun, live.asks.after, reading, another=another, alike=back >= SETTLED_LOOKS)
        if gone and told is not None and (away or back) >= SETTLED_LOOKS:
            return Outcome(told.state, f"{chosen.label!r} was chosen; then the prompt was gone, and {told.evidence}")
    if away == 0 and not gone:
        return None
    return Outcome(UNKNOWN, f"{chosen.label!r} was chosen, and the prompt is gone; {NOTHING_TELLS}")


def _told(begun: Approval, after: After, reading: Reading, *, another: bool, alike: bool) -> Outcome | None:
    """What shows how it was taken. That one was approved no end of its turn shows, nor an input line at rest."""
    approve = begun.answer == "approve"
    taken = ApprovalState.APPROVED if approve else ApprovalState.DENIED
    if after.approved is not None:
        how = "approved" if after.approved else "refused"
        return Outcome(taken if after.approved == approve else UNKNOWN, f"its hook told that it was {how}")
    if approve and after.over:
        return Outcome(UNKNOWN, f"its turn was over; {NOTHING_TELLS}")
    if another:
        return Outcome(taken, "the next one stood there")
    if reading.activity is Activity.BUSY:
        return Outcome(taken, "it was at work")
    if not approve and (after.answered or after.over):
        return Outcome(taken, "its turn was over" if after.over else "its hook told that it was answered")
    if not approve and reading.composer is not None:
        return Outcome(taken, "it was at its input line")
    return Outcome(UNKNOWN, f"one that looks the same stood there; {NOTHING_TELLS}") if alike else None
