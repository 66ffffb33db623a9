"""Sessions that live, of peers of ours, and that no record knows, or none as that peer's: the store was set aside, put
back as it was once, or edited. Each makes its peer unclear, as one does whose row makes no sense: no second one is
begun beside it."""

import asyncio
from collections.abc import Container, Mapping

from peerd.daemon.context import Daemon
from peerd.edges import process
from peerd.model.peer import PEER_NAME, PeerName
from peerd.model.session import Mark, SessionId
from peerd.store.decode import MayLive, Senseless, Unclear

Marks = Mapping[SessionId, Mark]


async def may_live(daemon: Daemon, peers: Container[PeerName], marks: Marks | None = None) -> MayLive:
    """What the record tells, and those that it does not know. `peers`: who is known by a spec; `marks`: as just
    seen."""
    seen = await asyncio.to_thread(process.marks) if marks is None else marks
    found = daemon.store.reader.may_live()
    daemon.misnamed = _misnamed(daemon, found, peers, seen)
    found = daemon.store.reader.may_live(daemon.misnamed) if daemon.misnamed else found
    known = {each.id for each in found.live}  # nearly all; the others are asked for one by one
    daemon.unrecorded = {
        id: Unclear(None, "it is on no record", id, PeerName(mark.peer), None, None)
        for id, mark in sorted(seen.items())
        if id not in known and _is_ours(daemon, mark) and not _on_record(daemon, id)
    }
    return MayLive(found.live, [*found.unclear, *daemon.unrecorded.values()])


def _misnamed(daemon: Daemon, found: MayLive, peers: Container[PeerName], seen: Marks) -> dict[SessionId, PeerName]:
    """The mark of a session whose row names nobody who is known: it tells whose it is."""
    rows = [(each.id, each.peer) for each in found.live] + [(each.id, each.peer) for each in found.unclear]
    marked = ((id, seen[id]) for id, peer in rows if id is not None and peer not in peers and id in seen)
    return {id: PeerName(mark.peer) for id, mark in marked if _is_ours(daemon, mark)}


def _is_ours(daemon: Daemon, mark: Mark) -> bool:
    return mark.socket == daemon.home.socket and PEER_NAME.fullmatch(mark.peer) is not None


def _on_record(daemon: Daemon, id: SessionId) -> bool:
    try:
        return daemon.store.reader.session(id) is not None
    except Senseless:
        return True
