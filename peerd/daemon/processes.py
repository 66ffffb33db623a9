"""What belongs to a session: gathered before its first signal, for parentage is lost with a parent; ended with it; and
told where it could not be."""

import asyncio

from peerd.daemon.context import Daemon
from peerd.daemon.live import Live
from peerd.edges import host, process
from peerd.edges.process import kin
from peerd.errors import InternalError, PeerdError
from peerd.model.peer import PeerName
from peerd.model.session import Process, SessionId
from peerd.store.write import AddOutlived

TOLD = 8


async def gather(daemon: Daemon, live: Live) -> None:
    """A look that fails keeps nothing alive: what carries the mark is found later too."""
    try:
        live.members = await asyncio.to_thread(kin.members, live.id, known(live))
    except (PeerdError, OSError) as error:
        why = f"{error}; of it ends what bears its mark"
        daemon.log.write("action-failed", peer=live.peer, session=live.id, action="gather its processes", why=why)


def known(live: Live) -> frozenset[Process]:
    """What is of it whatever it shows: of all that was gathered, and of the last looks at its children, what lives.
    The runtime also where it just died: as long as something is in its kernel session, its pid is given to nobody."""
    runtime = live.host.runtime
    seen = live.members.union(*(look.ticks for look in live.children))
    return frozenset(filter(process.alive, seen | {runtime})) | ({runtime} if live.seen_alive else set())


async def sweep(
    daemon: Daemon,
    session: SessionId,
    peer: PeerName | None,
    *,
    known: frozenset[Process] = frozenset(),
    grace_s: float,
    why: str | None = None,
) -> None:
    """Nothing of it is left once this returns but what could not be ended, which is told."""
    swept = await kin.sweep(session, known=known, grace_s=grace_s)
    if swept.ended:
        daemon.log.write("children-killed", peer=peer, session=session, count=swept.ended, why=why)
    for each in swept.left:
        daemon.log.write("action-failed", peer=peer, session=session, action=f"end {each.who}", why=each.why)
    if peer is not None and swept.left:
        before = {each.process: each for each in daemon.outlived.get(peer, ())}
        daemon.outlived[peer] = tuple((before | {each.process: each for each in swept.left}).values())
        daemon.record(AddOutlived(session, swept.left))


def recall_outlived(daemon: Daemon) -> None:
    """What daemons before could not end, and lives still. Where nobody can tell this boot of the machine from the last,
    by its number and start time alone."""
    found = daemon.store.reader.outlived()
    here = _boot_id() if found else None
    for peer, boot_id, left in found:
        if here in (None, boot_id) and process.alive(left.process):
            daemon.outlived[peer] = (*daemon.outlived.get(peer, ()), left)


def _boot_id() -> str | None:
    try:
        return host.boot_id()
    except InternalError:
        return None


def tell_outlived(daemon: Daemon, peer: PeerName) -> None:
    """Of a peer that is stopped. Raises PeerdError where something of its sessions lives still."""
    left = outlived(daemon, peer)
    if left:
        raise PeerdError(f"{peer} is stopped; {left} `peerd start {peer}` lets {peer} run again.")


def outlived(daemon: Daemon, peer: PeerName) -> str:
    """What of its sessions lives still; "" for nothing."""
    lives = [each for each in daemon.outlived.get(peer, ()) if process.alive(each.process)]
    told = [f"{each.who} of it could not be ended: {each.why}" for each in lives[:TOLD]]
    more = [f"{len(lives) - TOLD} more could not be either"] if len(lives) > TOLD else []
    return f"{'; '.join(told + more)}. Look whose it is, and end it by hand." if lives else ""
