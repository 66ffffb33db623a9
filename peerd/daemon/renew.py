"""A session that is to be followed by a fresh one: refreshed, begun anew, or at its own wish."""

from typing import Literal

import msgspec

from peerd.core.event import RefreshRequested, SelfDone, WakeRequested
from peerd.core.queue import open_task
from peerd.core.record import UP
from peerd.daemon import active_work, implicit_ack, preflight
from peerd.daemon.context import Daemon
from peerd.daemon.identity import Asker
from peerd.daemon.ondisk import refuse_when_full, settled
from peerd.daemon.wake import a_peer, refuse, wake
from peerd.edges import clock
from peerd.errors import ConfigError, NoAnswer, NotPermitted, NotYet
from peerd.model.peer import PeerName, Phase
from peerd.model.session import SessionId
from peerd.rpc.params import PeerNewParams, PeerRefreshParams, PeerWakeParams
from peerd.rpc.results import PeerFinished, PeerMarked, PeerWoken


async def refresh(daemon: Daemon, params: PeerRefreshParams, by: str) -> PeerMarked:
    """The mark is on disk once this returns. A session that runs ends when nothing is under way in it; the next one
    comes when there is a reason."""
    peer = a_peer(daemon, params.peer)
    if params.instead_of is not None and _has_begun(daemon, peer, params):
        return PeerMarked(peer=peer, ends="ended")
    marked = _marked(daemon, peer)
    await _mark(daemon, RefreshRequested(peer), by)
    return marked


async def itself(daemon: Daemon, who: Asker) -> PeerMarked:
    """A session about itself: once this turn is over a fresh one takes its place."""
    if who.session is None:
        raise NotPermitted(
            "this is not one of peerd's sessions. `peerd new NAME` replaces a peer's session from outside."
        )
    await _mark(daemon, RefreshRequested(who.name, again=who.identity, itself=True), who.identity)
    return PeerMarked(peer=who.name, ends="idle")


async def done(daemon: Daemon, who: Asker) -> PeerFinished:
    """A session about itself: the task it has in hand is done. On disk once this returns."""
    if who.session is None:
        raise NotPermitted("this is not one of peerd's sessions: only a session can say that its task is done.")
    await refuse_when_full(daemon)
    await implicit_ack.heed(daemon, who)
    task = open_task(daemon.loop.peers[who.name])
    daemon.loop.feed(SelfDone(who.name, who.session))
    await settled(daemon, "its task is done")
    return PeerFinished(peer=who.name, message=task.id if task else None)


async def new(daemon: Daemon, params: PeerNewParams, by: str) -> PeerWoken:
    """A fresh session, ready once this returns. Raises PeerdError for a peer that is stopped or left down, or whose new
    session could not start, or did not come up; NotYet when time ran out, also while something keeps its old one."""
    name, began = a_peer(daemon, params.peer), clock.now()
    wanted, call = PeerWakeParams(peer=name, timeout_s=params.timeout_s), WakeRequested(name, by)
    refuse(daemon, daemon.loop.peers[name], wanted)
    if _has_begun(daemon, name, params):
        return await wake(daemon, wanted, call, live=False, began=began)
    old = daemon.loop.peers[name].session
    await _mark(daemon, RefreshRequested(name, by, params.now), by)
    if old is not None:
        await daemon.loop.until(name, lambda now: True if now.session != old else None, params.timeout_s)
        began = clock.now()
    if old is not None and daemon.loop.peers[name].session == old:
        raise NotYet(_ending(name, old) if params.now else await _goes_on(daemon, name, old))
    return await wake(daemon, wanted, call, live=False, began=began)


def _has_begun(daemon: Daemon, name: PeerName, params: PeerNewParams | PeerRefreshParams) -> bool:
    """Whether a fresh one is there instead of the session that its caller names."""
    live = daemon.living(name)
    if params.instead_of is msgspec.UNSET or live is None:
        return False
    return live.id != params.instead_of and live.session.mode == "fresh"


async def _goes_on(daemon: Daemon, name: PeerName, session: SessionId) -> str:
    return (
        f"{name} goes on in {session}: {await active_work.known(daemon, name)}. Its new session begins once that is "
        f"over; `peerd new {name} --now` does not wait for it."
    )


def _ending(name: str, session: SessionId) -> str:
    return f"{name}'s {session} is still ending; a new one is begun as soon as it has. `peerd show {name}` tells more."


def _marked(daemon: Daemon, name: PeerName) -> PeerMarked:
    peer = daemon.loop.peers[name]
    at_once = peer.kind == "service" or peer.phase is Phase.STARTING
    ends: Literal["now", "idle"] = "now" if at_once else "idle"
    return PeerMarked(peer=name, ends=ends if peer.phase in UP else None)


async def _mark(daemon: Daemon, event: RefreshRequested, by: str) -> None:
    """Raises ConfigError, or NoAnswer, where the next session could not start: no session ends for that."""
    try:
        await preflight.check(daemon, daemon.loop.peers[event.peer].spec)
    except ConfigError as error:
        raise ConfigError(f"{event.peer}'s next session could not start: {error}. Nothing was done.") from error
    except NoAnswer as error:
        raise NoAnswer(f"{event.peer}'s next session could not start: {error} Nothing was done.") from error
    await refuse_when_full(daemon)
    daemon.log.write("refresh", peer=event.peer, by=by)
    daemon.loop.feed(event)
    await settled(daemon, f"{event.peer}'s next session begins afresh")
