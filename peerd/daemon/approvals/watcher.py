"""What a session asks its user for a permission for, looked at until it stands no more.

What the screen shows is what is asked; its runtime's hook tells the arguments in full. The two are put together where
that is certain: one request was heard that is not answered, and the screen shows its very arguments.
"""

import secrets
from typing import NamedTuple

from msgspec.structs import replace

from peerd.adapter import Prompt, Reading
from peerd.daemon.approvals import matching, replacement, rules
from peerd.daemon.approvals.keypress import hear_out
from peerd.daemon.approvals.outcome import MORE, REDRAWN, how_doubted, how_ended, how_gone
from peerd.daemon.approvals.requests import Asks
from peerd.daemon.context import Daemon
from peerd.daemon.live import Live
from peerd.daemon.pane_activity import drawn
from peerd.daemon.reach import reach_again
from peerd.edges import clock
from peerd.errors import NotPressed, TmuxError
from peerd.ids import new_id
from peerd.model.approval import Approval, ApprovalId, ApprovalState
from peerd.model.fact import Fact, PromptOpened
from peerd.model.peer import Activity, PeerName, Phase
from peerd.model.screen import Screen
from peerd.store.approvals import SetApproval

LOOK_AGAIN_S = 0.1  # a look costs 0.2 ms
SETTLED_LOOKS = 2  # in a row, so that a screen half drawn opens and closes nothing
STILL_LOOKS, SELDOM_S = 10, 1.0  # what stands that long is looked at once a second, or as it changes
RESIZED_S = 0.5  # since its terminal took another size: until then it is being drawn again
AWAY_LOOKS = 10  # 1 s; a screen that is drawn anew is there sooner
READ_WITHIN_S = 10.0  # a key that is not read by then was lost
QUIET_LOOKS = 20  # 2 s without a prompt: whoever sees the next begins anew, and one that was heard of may come late


def hear(daemon: Daemon, live: Live, fact: Fact) -> None:
    """After it was told to the loop."""
    if isinstance(fact, PromptOpened) and not live.ready:
        return
    live.asks.hear(fact)
    if isinstance(fact, PromptOpened):
        live.asks.new_at = clock.now()
        begin(daemon, live)


def begin(daemon: Daemon, live: Live) -> None:
    """Look at it, once for as long as something stands there; not before all is heard that was said of it."""
    asks = live.asks
    if live.hearing is None or live.adapter.kind != "tui":
        return
    if asks.watching is None or asks.watching.done():
        asks.new_at = clock.now()
        asks.watching = daemon.task(_watch(daemon, live), f"asks {live.peer}")


def resume(daemon: Daemon, live: Live) -> None:
    """Look at what stands there, where anything is known to."""
    if live.asks.stood or live.asks.heard:
        begin(daemon, live)


def end(daemon: Daemon, live: Live) -> None:
    """The session is over."""
    if live.asks.watching is not None:
        live.asks.watching.cancel()
    if live.asks.lock.locked():
        daemon.task(_end_answered(daemon, live), f"end asks of {live.peer}")
    elif live.asks.open is not None:
        _close(daemon, live, live.asks.open, how_ended(live.asks.open))


async def _end_answered(daemon: Daemon, live: Live) -> None:
    """What is just being answered ends as that comes out: a key of ours may have been pressed."""
    async with live.asks.lock:
        if live.asks.open is not None:
            _close(daemon, live, live.asks.open, how_ended(live.asks.open))


async def _watch(daemon: Daemon, live: Live) -> None:
    quiet = looks = told = away = 0
    last: str | None = None
    size: tuple[int, int] | None = None
    resized_at = -RESIZED_S
    while _runs(daemon, live) and (quiet < QUIET_LOOKS or told != live.asks.told or may_come(daemon, live)):
        if told != live.asks.told:
            quiet, told = 0, live.asks.told  # what was just heard of may be drawn any moment
        before = news(live)
        try:
            screen = await (await reach_again(live)).capture()
            await hear_out(daemon, live)
        except (TmuxError, NotPressed):
            await clock.pause(LOOK_AGAIN_S)
            continue
        reading = live.adapter.read(screen)
        shown = _shown(live, reading, live.adapter.prompt(screen))
        this = "" if shown is None else shown.same
        looks, last = (looks + 1 if this == last else 1), this
        away = away + 1 if shown is None and reading.dialog is None else away
        before_size, size = size, (screen.width, len(screen.lines))
        if before_size not in (None, size):
            resized_at = clock.now()
        looks = looks if clock.now() - resized_at >= RESIZED_S else 0
        if looks >= SETTLED_LOOKS and not live.asks.lock.locked():
            _settle(daemon, live, Look(screen, reading, shown), back=away >= AWAY_LOOKS)
            away = away if shown is None else 0
        quiet = 0 if shown is not None or live.asks.open is not None else quiet + 1
        _remind(daemon, live)
        if quiet < QUIET_LOOKS:
            await next_look(live, before if shown is not None and looks >= STILL_LOOKS else None)
        else:
            live.asks.none_yet()
            await _told_or_due(live, told)
    live.asks.none_seen()
    daemon.board.stirred.set()


def may_come(daemon: Daemon, live: Live) -> bool:
    """Whether something was heard of that is not drawn yet, as far as is known, in what goes on there still."""
    peer = daemon.loop.peers[live.peer]
    goes_on = peer.turn is not None or peer.activity in (Activity.BUSY, Activity.BLOCKED, Activity.UNKNOWN)
    return live.asks.awaits and goes_on and peer.phase is Phase.RUNNING


def news(live: Live) -> tuple[object, ...] | None:
    """What changes where something else may stand there: what was heard, who answers, what was drawn. None where no log
    tells what is drawn."""
    asks, seen = live.asks, drawn(live)
    if seen is None:
        return None
    open = (asks.open.id, asks.open.state) if asks.open is not None else None
    return asks.told, asks.settled, open, asks.lock.locked(), *seen


async def next_look(live: Live, before: tuple[object, ...] | None) -> None:
    """Returns when it is due: where it stood as now `before`, once that changes, and now and then."""
    give_up = clock.now() + SELDOM_S
    await clock.pause(LOOK_AGAIN_S)
    while before is not None and clock.now() < give_up and news(live) == before:
        await clock.pause(LOOK_AGAIN_S)


async def _told_or_due(live: Live, told: int) -> None:
    give_up = clock.now() + SELDOM_S
    while clock.now() < give_up and live.asks.told == told:
        await clock.pause(LOOK_AGAIN_S)


def _runs(daemon: Daemon, live: Live) -> bool:
    return live.burial is None and daemon.loop.peers[live.peer].phase in (Phase.STARTING, Phase.RUNNING)


def _shown(live: Live, reading: Reading, prompt: Prompt | None) -> Prompt | None:
    """Also what cannot be answered from here: a permission prompt whose choices are not known, or a dialog while its
    hook says that it asks for one."""
    if prompt is not None:
        return prompt
    return Prompt(reading.dialog) if reading.dialog is not None and (reading.prompt or live.asks.heard) else None


class Look(NamedTuple):
    screen: Screen
    reading: Reading
    shown: Prompt | None


def _settle(daemon: Daemon, live: Live, look: Look, *, back: bool) -> None:
    """What stands there, and what is on record as standing there, made one. One that is `back`, and that no hook told
    of, may well have been answered meanwhile."""
    asks, shown = live.asks, look.shown
    if asks.open is not None and shown is not None and _is_drawn_anew(live, asks.open, shown, look.screen):
        _withdraw(daemon, live, asks.open, MORE if matching.is_more(asks.open, shown) else REDRAWN)
    elif asks.open is not None and _is_over(asks.open, look):
        _close(daemon, live, asks.open, how_gone(asks.open, _pressed_before(asks, asks.open)))
    elif asks.open is not None and shown is not None and _may_be_another(asks, asks.open, shown, back=back):
        _close(daemon, live, asks.open, how_doubted(asks.open), seen=False)
    if asks.open is None and shown is not None:
        _open(daemon, live, shown)
    if asks.open is not None and asks.open.certain and asks.several:
        asks.open = put(daemon, replace(asks.open, certain=False))
    if asks.open is not None and shown is not None:
        _learn(daemon, live, asks.open, shown)
        rules.ask(daemon, live, asks.open, shown)


def _pressed_before(asks: Asks, open: Approval) -> Approval | None:
    """What the daemon before was answering, where this looks the same and was gone soon: a slow runtime may have read
    that key only now."""
    before, soon = asks.pressed, clock.wall() < open.opened_at + READ_WITHIN_S
    same = before is not None and (before.question, before.choices) == (open.question, open.choices)
    return before if same and soon else None


def none_stands(daemon: Daemon, live: Live) -> None:
    """What is about to be entered stands in its input line. Whose answer is under way is told by what becomes of it."""
    open = live.asks.open
    if open is not None and open.state is ApprovalState.OPEN:
        _close(daemon, live, open, how_gone(open))


def _is_drawn_anew(live: Live, open: Approval, shown: Prompt, screen: Screen) -> bool:
    """Larger, or in other words, so that it is to be read anew. Where somebody's key had no effect at first, and may
    have had one since, only what no other can be."""
    if open.by is None and matching.is_more(open, shown):
        return True
    seen = replacement.stands(live.asks, open, shown, screen, told=live.adapter.confirms == "journal")
    return seen.alike and not seen.followed and not matching.still_stands(open, shown, screen)


def _may_be_another(asks: Asks, open: Approval, shown: Prompt, *, back: bool) -> bool:
    """Though it looks the same."""
    return asks.followed(open, shown) or (back and open.tool is None)


def _is_over(open: Approval, look: Look) -> bool:
    if look.shown is None:
        return look.reading.dialog is None and look.reading.composer is not None
    return not matching.still_stands(open, look.shown, look.screen)


def _open(daemon: Daemon, live: Live, prompt: Prompt) -> None:
    asks, now = live.asks, clock.wall()
    request, known, certain, alike = asks.found(prompt)
    approval = Approval(
        id=ApprovalId(new_id("a", now, secrets.token_bytes(5))),
        peer=live.peer,
        session=live.id,
        runtime=live.session.runtime,
        tool=request.tool if request else None,
        input=request.input if request else None,
        cut=request.cut if request else False,
        certain=certain,
        question=prompt.text,
        choices=tuple(option.label for option in prompt.options),
        opened_at=now,
        heard_to=live.heard_to,
        alike=alike,
    )
    asks.opened(put(daemon, approval), known=known, now=clock.now_with_sleep(), shown=prompt)
    daemon.log.write("approval-opened", peer=live.peer, session=live.id, id=approval.id, tool=approval.tool)


def _learn(daemon: Daemon, live: Live, open: Approval, shown: Prompt) -> None:
    """What its hook told of it only now: it stands on under its id, and is not certain."""
    found = live.asks.told_late(open, shown)
    if found is None or (request := found.request) is None:
        return
    tool, input, cut, alike = request.tool, request.input, request.cut, found.alike
    learned = replace(open, tool=tool, input=input, cut=cut, alike=alike, heard_to=live.heard_to)
    live.asks.learned(put(daemon, learned), known=found.known)


def _remind(daemon: Daemon, live: Live) -> None:
    """Once it has stood for too long that is told; it is never approved by that."""
    asks, open = live.asks, live.asks.open
    if open is None or open.expired or asks.lock.locked() or age_s(live) < daemon.settings.approval_expires_s:
        return
    asks.open = open = put(daemon, replace(open, expired=True))
    daemon.log.write("approval-expired", peer=live.peer, session=live.id, id=open.id, tool=open.tool)


def age_s(live: Live) -> float:
    """For how long the one that stands was asked for, whatever a clock says since this daemon knows of it."""
    return clock.now_with_sleep() - live.asks.asked_at


def late(daemon: Daemon, live: Live) -> int:
    return live.asks.late(clock.now_with_sleep(), daemon.settings.approval_expires_s)


def put(daemon: Daemon, approval: Approval) -> Approval:
    daemon.record(SetApproval(approval))
    return approval


def _close(daemon: Daemon, live: Live, open: Approval, evidence: str, *, seen: bool = True) -> None:
    live.asks.closed(open, seen=seen)
    live.asks.new_at = clock.now()
    daemon.board.forget("approval", open.id)
    gone(daemon, live.peer, open, evidence)


def _withdraw(daemon: Daemon, live: Live, open: Approval, why: str) -> None:
    """As if it had not been opened, for what stands there is to be read whole before it is answered."""
    live.asks.open = None
    live.asks.new_at = clock.now()
    daemon.board.forget("approval", open.id)
    gone(daemon, live.peer, open, why if open.by is None else f"{why}; by then the key of {open.by} had no effect")


def gone(daemon: Daemon, peer: PeerName, approval: Approval, evidence: str) -> None:
    """On record, and in the log."""
    done = put(daemon, replace(approval, state=ApprovalState.GONE, ended_at=clock.wall(), evidence=evidence))
    id, tool, by = done.id, done.tool, done.by
    daemon.log.write("approval-gone", peer=peer, session=done.session, id=id, tool=tool, why=evidence, by=by)
