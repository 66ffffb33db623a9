"""Sessions that live, of peers of ours, and that no record knows: the store was set aside, or put back as it was once.
Each makes its peer unclear, as one does whose row makes no sense: no second one is begun beside it."""

import asyncio
from collections.abc import Mapping

from peerd.daemon.context import Daemon
from peerd.edges import process
from peerd.model.peer import PEER_NAME, PeerName
from peerd.model.session import Mark, SessionId
from peerd.store.decode import MayLive, Senseless, Unclear

Marks = Mapping[SessionId, Mark]


async def may_live(daemon: Daemon, marks: Marks | None = None) -> MayLive:
    """What the record tells, and those that it does not know. `marks`: as just seen."""
    seen = await asyncio.to_thread(process.marks) if marks is None else marks
    found = daemon.store.reader.may_live()
    known = {each.id for each in found.live}  # nearly all; the others are asked for one by one
    daemon.unrecorded = {
        id: Unclear(None, "it is on no record", id, PeerName(mark.peer), None, None)
        for id, mark in sorted(seen.items())
        if id not in known and _is_ours(daemon, mark) and not _on_record(daemon, id)
    }
    return MayLive(found.live, [*found.unclear, *daemon.unrecorded.values()])


def _is_ours(daemon: Daemon, mark: Mark) -> bool:
    return mark.socket == daemon.home.socket and PEER_NAME.fullmatch(mark.peer) is not None


def _on_record(daemon: Daemon, id: SessionId) -> bool:
    try:
        return daemon.store.reader.session(id) is not None
    except Senseless:
        return True
