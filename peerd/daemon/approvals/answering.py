"""An answer to a permission prompt: on record before its key is pressed, and nothing is said to be approved but on
evidence.
"""

import contextlib

from msgspec.structs import replace

from peerd.daemon.approvals import replacement
from peerd.daemon.approvals.keypress import NOTHING, Chosen, choice, hear_out, no_key_yet, press, seen
from peerd.daemon.approvals.outcome import UNKNOWN, Looks, Outcome, how_over, of_several
from peerd.daemon.approvals.requests import After
from peerd.daemon.context import Daemon
from peerd.daemon.live import Live
from peerd.daemon.reach import reach
from peerd.edges import clock
from peerd.edges.process import terminals
from peerd.edges.tmux.pane import Pane
from peerd.errors import (
    NoEffect,
    NotPressed,
    PaneDead,
    PaneInMode,
    StoreError,
    TmuxError,
    TryAgain,
)
from peerd.model.approval import Answer, Approval, ApprovalId, ApprovalState
from peerd.model.peer import PeerName
from peerd.store.approvals import SetApproval

SEEN_WITHIN_S = 5.0  # Claude's Esc shows after 0.2 s, all other keys of both within 0.1 s
LOOK_AGAIN_S = 0.05
TYPED_WITHIN_S = 5.0


async def answer(daemon: Daemon, live: Live, id: ApprovalId, answer: Answer, by: str) -> Approval:
    """What became of it: approved, denied, or unknown where nothing tells. Raises PeerdError where nothing was pressed,
    or the key had no effect: then it stands there as before."""
    async with live.asks.lock:
        await _typing_is_over(live)
        with no_key_yet(live):
            pane = await reach(live)
            open = _open(live, id)
            choice((await seen(daemon, live, pane, open)).prompt, answer)
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
        live.asks.answered = done
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
    open, answered = live.asks.open, live.asks.answered
    if answered is not None and answered.id == id:
        raise NotPressed(f"{id} is over: {how_over(answered)}. {NOTHING}")
    if open is None or open.id != id:
        raise NotPressed(f"{id} is no longer on the screen of {live.peer}. {NOTHING}")
    if not live.proved:
        version = live.session.version or "of an unknown version"
        raise NotPressed(
            f"{live.session.runtime} {version} is not proved, so only a person at its pane can answer: "
            f"`peerd attach {live.peer}`. {NOTHING}"
        )
    return open


async def _typing_is_over(live: Live) -> None:
    """What is being typed is looked at by whoever types it: two at one pane would not know of each other."""
    give_up = clock.now() + TYPED_WITHIN_S
    while live.typing is not None and not live.typing.done():
        if clock.now() > give_up:
            raise NotPressed(f"something is being typed at {live.peer}; try again. {NOTHING}")
        await clock.pause(LOOK_AGAIN_S)


async def _pressed(daemon: Daemon, live: Live, pane: Pane, begun: Approval, answer: Answer) -> Outcome:
    opened = replace(begun, state=ApprovalState.OPEN, answer=None, by=None)
    live.asks.after = After()
    try:
        chosen = await press(daemon, live, pane, begun, answer)
        outcome = await _outcome(daemon, live, pane, begun, chosen)
    except (NotPressed, PaneDead, PaneInMode):
        _stands_again(daemon, live, opened)
        raise
    except TmuxError as error:
        return Outcome(UNKNOWN, f"a key may have been pressed; then {error}")
    if outcome is None:
        _stands_again(daemon, live, replace(opened, answer=answer, by=begun.by))
        late = (
            " The runtime has not read the key yet, and may still do so."
            if terminals.unread(live.host.runtime.pid)
            else ""
        )
        no_effect = f"the key for {chosen.label!r} had no effect in {SEEN_WITHIN_S:g} s: {begun.id} is still open."
        raise NoEffect(f"{no_effect}{late}")
    return outcome


def _stands_again(daemon: Daemon, live: Live, opened: Approval) -> None:
    live.asks.open = opened
    daemon.record(SetApproval(opened))


async def _outcome(daemon: Daemon, live: Live, pane: Pane, begun: Approval, chosen: Chosen) -> Outcome | None:
    """None: it stands there as before."""
    told = live.adapter.confirms == "journal"
    give_up, looks = clock.now() + SEEN_WITHIN_S, Looks(begun, chosen, goes_on=live.adapter.goes_on_refused)
    while clock.now() < give_up:
        await clock.pause(LOOK_AGAIN_S)
        screen = await pane.capture()
        with contextlib.suppress(NotPressed):
            await hear_out(daemon, live)
        prompt = live.adapter.prompt(screen)
        stands = replacement.stands(live.asks, begun, prompt, screen, told=told)
        came = looks.see(prompt, live.adapter.read(screen), live.asks.after, stands)
        if came is not None:
            return of_several(came) if live.asks.several else came
    return looks.in_the_end()
