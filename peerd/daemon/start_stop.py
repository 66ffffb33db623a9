"""Stops and starts: what is wanted of a peer from now on."""

from peerd.core.event import StartRequested
from peerd.core.queries import kept_running
from peerd.daemon import bad_records, processes
from peerd.daemon.context import Daemon
from peerd.daemon.ondisk import refuse_when_full, settled
from peerd.daemon.wake import a_peer, bring_down, not_so, wake
from peerd.edges import clock
from peerd.errors import PeerdError
from peerd.model.peer import PeerName, Want
from peerd.rpc.params import PeerStartParams, PeerStopParams, PeerWakeParams
from peerd.rpc.results import PeerWanted


async def stop(daemon: Daemon, params: PeerStopParams, by: str) -> PeerWanted:
    """As `bring_down`, and on record: on a disk that takes nothing it is down all the same, and NotYet says so."""
    name = a_peer(daemon, params.peer)
    await bring_down(daemon, name, params.timeout_s, by)
    await settled(daemon, f"{name} is stopped")  # and what became of its tasks
    processes.tell_outlived(daemon, name)
    return _wanted(daemon, name)


async def start(daemon: Daemon, params: PeerStartParams, by: str) -> PeerWanted:
    """Lifts a stop or a crash loop; what waited in the queue wakes it. On disk once this returns. One that is to go on
    with its conversation is ready then. Raises PeerdError where a session that makes no sense on record lives, and as
    `wake` where it does not go on with that."""
    peer = a_peer(daemon, params.peer)
    why = not_so(daemon, daemon.loop.peers[peer], "resume") if params.resume else None
    if why is not None:
        raise PeerdError(f"{why} It was not started.")
    await refuse_when_full(daemon)
    await bad_records.let_start(daemon, peer)
    began = clock.now()
    daemon.loop.feed(StartRequested(peer, params.resume, by))
    daemon.log.write("want", peer=peer, want=Want.ON_DEMAND, by=by)
    await settled(daemon, f"{peer} may run again")
    bad_records.note_again(daemon)
    if daemon.loop.known(peer).want is Want.DOWN:
        raise PeerdError(
            f"{peer} was stopped again in the meantime: it is not started. `peerd start {peer}` starts it."
        )
    if params.resume:
        again = PeerWakeParams(peer=peer, mode="resume", timeout_s=params.timeout_s)
        await wake(daemon, again, None, live=False, began=began)
    return _wanted(daemon, peer)


def _wanted(daemon: Daemon, name: PeerName) -> PeerWanted:
    peer = daemon.loop.known(name)
    service, kept_up = peer.kind == "service", kept_running(peer)
    return PeerWanted(peer=name, want=peer.want, phase=peer.phase, service=service, kept_up=kept_up)
