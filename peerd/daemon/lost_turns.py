"""What a session that is over had been given, or may have taken, as the record tells."""

from collections import defaultdict

from peerd.core.event import TurnLost
from peerd.core.state import Waiting
from peerd.daemon.context import Daemon
from peerd.daemon.restore import begun_with
from peerd.model.peer import PeerName
from peerd.model.session import End, EndCause, SessionId
from peerd.store.decode import Senseless


def doubted(daemon: Daemon) -> dict[PeerName, dict[str, Waiting]]:
    """What waits, by the session that may have taken it."""
    found: defaultdict[PeerName, dict[str, Waiting]] = defaultdict(dict)
    for name, peer in daemon.loop.peers.items():
        for each in (each for each in peer.queue if each.tally.unknown and not each.first):
            receipt = daemon.store.reader.receipt(each.id)
            if receipt is not None and receipt.session is not None:
                found[name][receipt.session] = each
    return found


def lost(daemon: Daemon, peer: PeerName, id: SessionId, held: Waiting, taken: bool) -> TurnLost:
    """With a session that is over; one that makes no sense may have died. Of a runtime that nobody knows any more only
    the screen would tell."""
    try:
        found = daemon.store.reader.session(id)
    except Senseless:
        found = None
    end = found.end if found is not None and found.end is not None else End(EndCause.SERVER_DIED)
    begun = begun_with(daemon, found) if found is not None else None
    adapter = daemon.adapters.get(found.runtime) if found is not None else None
    entered = adapter is None or adapter.confirms == "screen"
    return TurnLost(peer, id, held, end, taken, begun, entered)
