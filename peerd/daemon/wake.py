"""Wakes, and ends for a stop: asked of the loop, answered when it got there."""

import asyncio
import contextlib

import msgspec

from peerd.core.event import LeaveRequested, StopRequested, WakeRequested
from peerd.core.state import Peer
from peerd.daemon import bad_records, holds
from peerd.daemon.context import Daemon
from peerd.daemon.last_exit import why_down
from peerd.daemon.listening import BETWEEN
from peerd.daemon.ondisk import refuse_when_full
from peerd.daemon.reach import unreachable
from peerd.daemon.send import Taken, named
from peerd.daemon.verdict import left_down, unclearly
from peerd.edges import clock, process
from peerd.errors import NotYet, PeerdError, StoreError, TryAgain, UsageError
from peerd.model.message import Hold, Receipt
from peerd.model.peer import OPERATOR, Activity, PeerName, Phase, Want
from peerd.model.session import Mode
from peerd.rpc.params import PeerWakeParams
from peerd.rpc.results import PeerWoken

RUNS_WITHIN_S = 30.0


class Came(msgspec.Struct, frozen=True):
    """How a wake ended: up, or why not."""

    why_not: str | None = None
    waits: str = ""  # why it goes on starting, and what to do


async def wake(
    daemon: Daemon,
    params: PeerWakeParams,
    call: WakeRequested | None,
    task: Taken | None = None,
    *,
    live: bool,
    began: float | None = None,
) -> PeerWoken:
    """Ready once this returns. `call` is None where it was called with its task. `live`: it was up before that.
    `began`: when it was called already. Raises PeerdError with the reason of a boot that failed, NotYet when time ran
    out; its task, where it has one, is accepted all the same, and each of them says so, and what else is told of it."""
    began = began or clock.now()
    if call is not None:
        daemon.loop.feed(call)
    try:
        await _up(daemon, PeerName(params.peer), params.timeout_s, began)
        return _woken(daemon, params, live, began, task)
    except PeerdError as error:
        if task is None:
            raise
        raise type(error)(" ".join((f"{error}{_of(task.receipt)}", *task.notes))) from error


async def _up(daemon: Daemon, name: PeerName, timeout_s: float, began: float) -> None:
    came = await daemon.loop.until(name, lambda now: _came(daemon, now, began), timeout_s)
    if came is None:
        raise NotYet(f"{name} is not ready after {timeout_s:g} s; it goes on starting. `peerd show {name}`")
    if came.waits:
        raise NotYet(f"{name} {came.waits} `peerd show {name}` tells more.")
    if came.why_not is not None:
        raise PeerdError(f"{name} did not come up: {came.why_not}. `peerd show {name}` tells more.")


async def resume(daemon: Daemon, name: PeerName, cause: str) -> None:
    """Returns once the session runs, ready or not: what a boot asks, the person who comes will see. One that ends is
    waited for. Raises PeerdError where there is nothing to go on with, or it starts afresh already, TryAgain on a full
    disk, NotYet when time ran out."""
    wanted, give_up = PeerWakeParams(peer=name, mode="resume"), clock.now() + RUNS_WITHIN_S
    if ends(daemon, daemon.loop.peers[name]):
        await _ended(daemon, name)
    refuse(daemon, daemon.loop.peers[name], wanted)
    await refuse_when_full(daemon, f"{name} was not woken.")
    began = clock.now()
    daemon.loop.feed(WakeRequested(name, cause, "resume"))
    came = await daemon.loop.until(name, lambda now: _runs(daemon, now, began), give_up - began)
    if came is None:
        raise NotYet(f"{name} does not run yet after {RUNS_WITHIN_S:g} s; it goes on starting. `peerd show {name}`")
    if came.why_not is not None:
        raise PeerdError(f"{name} did not come up: {came.why_not}. `peerd show {name}` tells more.")
    if daemon.loop.peers[name].mode != "resume":
        raise PeerdError(_starts_already(daemon.loop.peers[name]))


def ends(daemon: Daemon, peer: Peer) -> bool:
    """Whether the session it has is on its way out, or dead, and that is still to be told."""
    live = daemon.by_peer.get(peer.spec.name)
    dead = live is not None and live.id == peer.session and not process.alive(live.host.runtime)
    return dead or peer.phase is Phase.STOPPING


async def _ended(daemon: Daemon, name: PeerName) -> None:
    """Not waited for where nothing may come after it."""
    why = _kept_down(daemon, daemon.loop.peers[name], "resume")
    if why is not None:
        raise PeerdError(why)
    over = await daemon.loop.until(name, lambda now: None if ends(daemon, now) else True, RUNS_WITHIN_S)
    if over is None:
        raise NotYet(f"{name} is still ending after {RUNS_WITHIN_S:g} s; it goes on. `peerd show {name}`")


def _runs(daemon: Daemon, peer: Peer, began: float) -> Came | None:
    """One that starts afresh will not go on with anything, whenever its turn comes."""
    afresh = peer.phase is Phase.STARTING and peer.mode == "fresh"
    return Came() if afresh or peer.session is not None else _came(daemon, peer, began)


def _of(task: Receipt | None) -> str:
    """Its sender must not send it again."""
    if task is None:
        return ""
    return f" Its task is accepted: `peerd wait {task.message.id}` waits for it; do not send it again."


def a_peer(daemon: Daemon, name: str) -> PeerName:
    """A peer that has a runtime: not the operator."""
    if name == OPERATOR:
        raise UsageError(f"{OPERATOR} is a person: there is no session to wake, stop or look at.")
    return named(daemon, name)


def refuse(daemon: Daemon, peer: Peer, params: PeerWakeParams, task: Receipt | None = None) -> None:
    """Raises PeerdError where this wake cannot be. `task`: what it took when it was asked for the first time; the
    session that is up by now may be the one that was asked for."""
    why = _kept_down(daemon, peer, params.mode)
    if why is None and params.mode is not None and not (task and peer.phase is Phase.RUNNING):
        why = not_so(daemon, peer, params.mode)
    if why is not None:
        raise PeerdError(f"{why}{_of(task)}")


def _kept_down(daemon: Daemon, peer: Peer, mode: Mode | None) -> str | None:
    name, unclear = peer.spec.name, unclearly(daemon, peer)
    if unclear:
        return f"{name} is unclear: {unclear}"
    if peer.want is Want.DOWN:
        if mode == "resume" and _conversation(daemon, peer) is not None:
            return f"{name} is stopped. `peerd start {name} --resume` lets it run again, on with its conversation."
        return f"{name} is stopped. `peerd start {name}` lets it run again."
    return left_down(daemon, peer) if peer.phase is Phase.FAILED else None


def not_so(daemon: Daemon, peer: Peer, mode: Mode) -> str | None:
    """Why its next session cannot be in this mode; one that is to be replaced before it is ready is not that."""
    name = peer.spec.name
    if peer.phase is Phase.RUNNING and mode == "fresh":
        return f"{name} is up already. `peerd new {name}` replaces its session once it is idle."
    if peer.phase is Phase.RUNNING:
        return f"{name} is up already, in the conversation it has."
    if mode == "resume" and _conversation(daemon, peer) is None:
        then = f"`peerd wake {name}` begins one, `peerd attach {name}` attaches to it"
        then = f"`peerd start {name}`, without --resume, begins afresh" if peer.want is Want.DOWN else then
        return f"{name} has no conversation to resume: {then}."
    begun = peer.phase is Phase.STARTING and not peer.hurry
    return _starts_already(peer) if begun and peer.mode != mode else None


def _conversation(daemon: Daemon, peer: Peer) -> str | None:
    return daemon.store.reader.conversation(peer.spec.name, peer.spec.runtime)


def _starts_already(peer: Peer) -> str:
    name = peer.spec.name
    if peer.mode == "resume":
        return f"{name} is starting already, in the conversation it had. `peerd new {name}` begins afresh."
    return (
        f"{name} starts afresh already; it does not go on with its conversation. "
        f"`peerd attach {name}` attaches to that session once it runs."
    )


def _came(daemon: Daemon, peer: Peer, began: float) -> Came | None:
    if peer.phase is Phase.RUNNING:
        return Came()
    if peer.want is Want.DOWN:
        return Came("it was stopped in the meantime")
    if peer.phase is Phase.STARTING and peer.activity is Activity.BLOCKED:
        return Came(waits=_waits(daemon, peer))
    if peer.phase is Phase.FAILED or any(at >= began for at in (*peer.deaths[-1:], *peer.no_room[-1:])):
        return Came(why_down(daemon, peer.spec.name) or "its start failed")
    return None


def _waits(daemon: Daemon, peer: Peer) -> str:
    live = daemon.living(peer.spec.name)
    why = None if live is None else unreachable(live)
    if why is None and live is not None and peer.hold is Hold.UNKNOWN_SCREEN:
        return f"is not ready: {holds.at_boot(peer, live)}."
    attach = f"`peerd attach {peer.spec.name}` to answer it"
    return f"is {why}." if why else f"waits for a person: a dialog is open; {attach}."


def _woken(daemon: Daemon, params: PeerWakeParams, live_already: bool, began: float, task: Taken | None) -> PeerWoken:
    name = PeerName(params.peer)
    live = daemon.by_peer.get(name)
    if live is None:
        raise PeerdError(f"{name} came up and ended at once. `peerd show {name}` tells more.")
    if params.mode == "resume" and live.session.mode != "resume":
        raise PeerdError(f"{name} came up afresh for what was waiting for it; it did not go on with its conversation.")
    if params.mode == "fresh" and live.session.mode != "fresh":
        raise PeerdError(f"{name} was starting already, in the conversation it had. `peerd new {name}` begins afresh.")
    return PeerWoken(
        peer=name,
        runtime=live.session.runtime,
        identity=live.session_name,
        session=live.id,
        woke=not live_already,
        mode="live" if live_already else live.session.mode,
        cause="live" if live_already else live.session.cause,
        because="" if live_already else live.session.because,
        elapsed_ms=round((clock.now() - began) * 1000, 1),
        message=task.receipt.message.id if task else None,
        notes=[*task.notes] or None if task else None,
        unreached=unreachable(live),
    )


async def bring_down(daemon: Daemon, name: PeerName, timeout_s: float, by: str) -> None:
    """Down once this returns, nothing of its session left. Raises PeerdError as soon as a start overtakes it, NotYet
    when it takes longer."""
    daemon.loop.feed(StopRequested(name))
    daemon.log.write("want", peer=name, want=Want.DOWN, by=by)
    give_up = clock.now() + timeout_s
    stands = await daemon.loop.until(name, _down_or_overtaken, timeout_s)
    burial = daemon.burials.get(name)
    if stands is Want.DOWN and burial is not None:
        overtaken = asyncio.ensure_future(daemon.loop.until(name, _overtaken, timeout_s))
        await asyncio.wait((burial, overtaken), timeout=give_up - clock.now(), return_when=asyncio.FIRST_COMPLETED)
        overtaken.cancel()
    if daemon.loop.known(name).want is not Want.DOWN:
        raise PeerdError(f"{name} was started again in the meantime, so it is not stopped. `peerd show {name}`")
    if stands is None or (burial is not None and not burial.done()):
        raise NotYet(f"{name} is still ending after {timeout_s:g} s; it goes on. `peerd show {name}`")
    await _nothing_left(daemon, name)


def _overtaken(peer: Peer) -> Want | None:
    return None if peer.want is Want.DOWN else peer.want


def _down_or_overtaken(peer: Peer) -> Want | None:
    return Want.DOWN if peer.phase is Phase.ASLEEP else _overtaken(peer)


async def bring_down_for(daemon: Daemon, peer: Peer, timeout_s: float, what: str) -> None:
    """Nothing of its session is left once this returns, and none begins as long as it is `leaving`; it is wanted
    as before. Raises TryAgain on a disk that takes nothing, where nothing was done, and where it takes longer: then its
    session ends all the same."""
    name, give_up = peer.spec.name, clock.now() + timeout_s
    await refuse_when_full(daemon, f"{name} was not {what}.")
    daemon.loop.feed(LeaveRequested(name, leaving=True))
    down = await daemon.loop.until(name, lambda now: now.phase in BETWEEN or None, timeout_s)
    burial = daemon.burials.get(name)
    if down and burial is not None:
        await asyncio.wait((burial,), timeout=max(0.0, give_up - clock.now()))
    if not down or (burial is not None and not burial.done()):
        raise TryAgain(
            f"{name} is still ending after {timeout_s:g} s, so it was not {what}; its session is ended all the same. "
            "Try again, with a longer --timeout."
        )
    await _nothing_left(daemon, name)


async def _nothing_left(daemon: Daemon, name: PeerName) -> None:
    """Of sessions that make no sense on record; and what became of its tasks is on disk, where that takes anything."""
    await bad_records.end(daemon, name)
    with contextlib.suppress(StoreError):  # it is tried again; `stop` tells of it
        await daemon.store.commit()
    bad_records.note_again(daemon)
