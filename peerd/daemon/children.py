"""Whether a child of a session works, told by looks at all of them. What a runtime keeps beside it (an MCP server, a
watcher of files) stands by, and keeps no session.

A child works when it was not there in a look before, or used more than half a percent of a core since. One that began
after its session was ready may be work that waits for its next step, such as a loop that starts something every few
seconds: it stands by once it was seen to for `STANDS_S`, in which it waited for no child of its own. What a pass does
at its task counts like what a child does.
"""

import asyncio
import math
from collections.abc import Mapping

from peerd.daemon.context import Daemon
from peerd.daemon.live import ChildrenSeen, Live, Stood
from peerd.edges import clock
from peerd.edges.process import TICKS_PER_S, kin
from peerd.model.peer import Activity
from peerd.model.session import Process, SessionId

WORKS_FROM = 0.005  # of a core
WATCHED_S = 1.0
"""Between two looks that are told apart."""
STANDS_S = 55.0
"""Less than `census_s` is by default: two looks of the census tell."""


async def work(daemon: Daemon, live: Live, *, in_turn: bool) -> bool:
    """Whether one works. What nobody has looked at before is looked at twice. In a turn what stands still hangs; at
    rest it may wait for its next step, and what seems to work is looked at again: a hook that just ran is over then."""
    first, works = not live.children, bool(await note(daemon, live, steps=not in_turn))
    if (works and not in_turn) or (first and live.stood):
        await clock.pause(WATCHED_S)
        return bool(await note(daemon, live, steps=not in_turn))
    return works


async def note(daemon: Daemon, *only: Live, steps: bool = True) -> set[SessionId]:
    """The sessions in which a child works, by what is different from the looks before; of these, or of all."""
    runtimes = {live.host.runtime: live.id for live in daemon.live.values()}
    found, now = await asyncio.to_thread(kin.children, runtimes), clock.now()
    working = set()
    for live in only or tuple(daemon.live.values()):
        apart = _apart(daemon, live)
        there = {each: child for each, child in found.get(live.id, {}).items() if each not in apart}
        seen = ChildrenSeen(now, {each: child.used for each, child in there.items()})
        live.stood = stood(live.stood, there, now)
        if (steps and _between_steps(live, now)) or any(worked(before, seen) for before in live.children):
            working.add(live.id)
        live.children = looked_at(live.children, seen)
    return working


def _between_steps(live: Live, now: float) -> bool:
    """Whether one may be."""
    ready, runtime = ready_at(live), live.host.runtime
    young = (each for each, stands in live.stood.items() if now - stands.since < STANDS_S)
    return any(each.start > ready and each != runtime for each in young)


def looked_at(before: tuple[ChildrenSeen, ...], seen: ChildrenSeen) -> tuple[ChildrenSeen, ...]:
    """With two looks that are a while apart one is always a while ago: over less, what works may have used nothing."""
    if before and seen.at - before[-1].at < WATCHED_S:
        return before
    return (*before[-1:], seen)


def stood(before: Mapping[Process, Stood], there: Mapping[Process, kin.Seen], now: float) -> dict[Process, Stood]:
    """What was seen to stand by, and since when."""
    found = {each: Stood(now, seen.reaped) for each, seen in there.items()}
    as_before = {each: known for each, known in before.items() if each in found and known.reaped == found[each].reaped}
    return found | as_before


def ready_at(live: Live) -> float:
    """When it was, as the start of a process is dated, also where another daemon saw it; the earlier of what two clocks
    tell, for the one that stamps may have been set since. What there is before that is the runtime's own."""
    if live.ready_at is None:
        return math.inf
    ago_s, boot_s = clock.wall() - live.ready_at, max(0.0, live.ready_at - live.session.started_at)
    return min(clock.ticks() - ago_s * TICKS_PER_S, live.host.runtime.start + boot_s * TICKS_PER_S)


def _apart(daemon: Daemon, live: Live) -> tuple[Process, ...]:
    """What is no sign of work, whatever it uses. So is a pass that has no task yet: it looks for that all the time."""
    peer = daemon.loop.peers.get(live.peer)
    passes = live.adapter.kind == "pass" and peer is not None and peer.activity is Activity.BUSY
    return (live.host.server,) if passes else (live.host.server, live.host.runtime)


def worked(before: ChildrenSeen, seen: ChildrenSeen) -> bool:
    enough = max(1.0, WORKS_FROM * (seen.at - before.at) * TICKS_PER_S)
    known = before.ticks
    return any(each not in known or used - known[each] > enough for each, used in seen.ticks.items())
