"""What is sent to a runtime that runs it, as a shell does: given by those alone that its peer takes messages from, also
as that is edited while it waits. Of the daemon's own words it is given none."""

from collections.abc import Callable

from peerd.adapter import Adapter
from peerd.core import acl
from peerd.core.acl import Party
from peerd.core.event import CancelRequested, Event
from peerd.core.state import Peer
from peerd.daemon.authorization import party_of
from peerd.daemon.context import Daemon
from peerd.model.peer import DAEMON, OPERATOR, REMOVED, PeerName


def runs_it(adapter: Adapter | None) -> bool:
    """Whether what its sessions are given is run there; nobody knows that of one that is not there."""
    return adapter is None or adapter.turn_ends_task


def is_run(daemon: Daemon, peer: Peer) -> bool:
    """What its next session is given."""
    return runs_it(daemon.adapters.get(peer.spec.runtime))


def why_not(daemon: Daemon, peer: Peer, adapter: Adapter, sender: PeerName | None) -> str | None:
    """Why a session of this runtime is given nothing of this sender's, as queues name it; None: it may be."""
    if sender in (None, OPERATOR) or not runs_it(adapter):
        return None
    if sender != DAEMON and acl.accepts(peer.spec, adapter.accepts_from, _party(daemon, sender)):
        return None
    return f"messages to {peer.spec.name} run as commands there, and it takes none from {sender}"


def _party(daemon: Daemon, sender: PeerName) -> Party:
    """The name of one that was removed is its own as long as nobody else has it."""
    was = PeerName(sender.removesuffix(REMOVED))
    return Party(sender) if was != sender and was in daemon.loop.peers else party_of(daemon, was)


def cancel(daemon: Daemon, name: PeerName, feed: Callable[[Event], None]) -> int:
    """What waits for it, and may be given to no session of its; nothing as long as one lives, or starts, that reads it,
    nor where its runtime is not known just now, and nothing is run. Returns how much that was."""
    peer = daemon.loop.peers.get(name)
    if peer is None or peer.unclear or _has_a_reader(daemon, peer):
        return 0
    adapter = daemon.adapters.get(peer.spec.runtime)
    if adapter is None or not runs_it(adapter):
        return 0
    found = ((each.id, why_not(daemon, peer, adapter, each.sender)) for each in peer.waits)
    barred = [(id, why) for id, why in found if why is not None]
    for id, why in barred:
        feed(CancelRequested(name, id, why))
    return len(barred)


def _has_a_reader(daemon: Daemon, peer: Peer) -> bool:
    if peer.single is None:
        return False
    live = daemon.by_peer.get(peer.spec.name) if peer.session is not None else None
    return live is None or not runs_it(live.adapter)
