"""Whether a session that was idle for long is at rest: nobody sits at it, nothing stands in its input line, no child of
it works. One that is silent in the middle of a turn has no input line; there, what it draws is a sign of life. What
cannot be asked is at work: unknown never ends anything.
"""

import os

from peerd.core.action import LookForWork
from peerd.core.event import FoundAtRest, FoundAtWork
from peerd.daemon import children, holds, preflight
from peerd.daemon.context import Daemon
from peerd.daemon.inputline import at_rest
from peerd.daemon.live import Live
from peerd.daemon.place import pane_log
from peerd.daemon.reach import reach_again
from peerd.daemon.redraw import draw_anew
from peerd.edges import clock
from peerd.edges.tmux.pane import Pane
from peerd.errors import ConfigError, NoAnswer, PeerdError

UNSEEN = "it could not be looked at"
ABOUT_TO_ATTACH = "somebody is about to attach"
LOOKS_FOR_LIFE, LOOK_AGAIN_S = 8, 0.25
"""Over two seconds: clocks on screens tick once a second, and a machine that was stalled is not taken for a hang."""


async def look_for_work(daemon: Daemon, action: LookForWork) -> None:
    """Ends in `FoundAtRest` or `FoundAtWork`, whatever happens."""
    live = daemon.live.get(action.session)
    if live is None:
        return
    try:
        why, ago_s = await _found(daemon, live, action.silent_s)
    except Exception as error:  # noqa: BLE001  what gets no answer is never looked at again
        daemon.bug(f"look at {live.peer}", error)
        why, ago_s = f"{UNSEEN}: {type(error).__name__}: {error}", 0.0
    peer = daemon.loop.peers.get(live.peer)
    if why and not (peer is not None and peer.past.marked and why == live.put_off):
        daemon.log.write("at-work", peer=live.peer, session=live.id, why=why)
    live.put_off = why
    daemon.loop.feed(FoundAtWork(live.peer, live.id, ago_s) if why else FoundAtRest(live.peer, live.id))


async def _found(daemon: Daemon, live: Live, silent_s: float | None) -> tuple[str, float]:
    """What is under way, and how long ago that was seen; "" where nothing is."""
    try:
        why, ago_s = _drew(live, silent_s) or (await _without_heir(daemon, live), 0.0)
    except OSError as error:
        why, ago_s = f"{UNSEEN}: {error}", 0.0
    return why or await under_way(daemon, live, in_turn=silent_s is not None), ago_s


async def _without_heir(daemon: Daemon, live: Live) -> str:
    """Why a session that is to be followed by a fresh one cannot be; "" where nothing speaks against it."""
    peer = daemon.loop.peers[live.peer]
    if not peer.past.marked:
        return ""
    try:
        await preflight.check(daemon, peer.spec)
    except (ConfigError, NoAnswer) as error:
        return f"the next one could not start: {error}"
    return ""


def _drew(live: Live, silent_s: float | None) -> tuple[str, float] | None:
    """That it wrote to its screen meanwhile, and how long ago: by our own clock from when that is seen, since the other
    may be set. A log that is not written to any more proves nothing: it may be on a full disk. Nor does one that the
    session was begun without."""
    begun = live.session.spec
    if silent_s is None or (begun is not None and not begun.pane_log):
        return None
    written = os.stat(pane_log(live.place)).st_mtime
    if live.drew is None or live.drew[0] != written:
        live.drew = written, clock.now() - max(0.0, clock.wall() - written)
    ago_s = clock.now() - live.drew[1]
    return ("it wrote to its screen", ago_s) if ago_s < silent_s else None


async def under_way(daemon: Daemon, live: Live, *, in_turn: bool = False) -> str:
    """What is under way, or why that cannot be told; "" where nothing is. Who comes during the look counts."""
    try:
        why = await _work(daemon, live, in_turn=in_turn)
    except (PeerdError, OSError) as error:
        return f"{UNSEEN}: {error}"
    return why or (ABOUT_TO_ATTACH if clock.now() < live.expected_until else "")


async def _work(daemon: Daemon, live: Live, *, in_turn: bool) -> str:
    is_pass = live.adapter.kind == "pass"
    works = "it works" if is_pass else "a child of it works"
    if await children.work(daemon, live, in_turn=in_turn):
        return works
    if is_pass and not in_turn:
        return ""  # one that was never given its task
    pane = await reach_again(live)
    people = await pane.humans()
    if people:
        return f"{people} attached"
    if in_turn:  # children are looked at again: one may just have ended, and the next not begun
        return await _shows_life(live, pane) or (works if await children.note(daemon, live, steps=False) else "")
    await draw_anew(daemon, live, pane)
    screen = await pane.capture()
    reading = live.adapter.read(screen)
    holds.tell(daemon, live, screen, reading)
    return "" if at_rest(live, reading) else "its screen is not at rest"


async def _shows_life(live: Live, pane: Pane) -> str:
    """What of its screen tells that it does not hang."""
    before = await pane.capture()
    if live.adapter.read(before).dialog is not None:
        return "it asks something"
    for _ in range(LOOKS_FOR_LIFE):
        await clock.pause(LOOK_AGAIN_S)
        if await pane.capture() != before:
            return "its screen changes"
    return ""
