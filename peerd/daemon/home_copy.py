"""A home that is a copy of another one. Sessions without an end on its record are the other one's, and so is what
waits: they are left to it, and nothing is done here by itself. Every peer is stopped until it is started here."""

import asyncio
import os
from collections.abc import Iterable

from peerd.daemon.context import Daemon
from peerd.edges import clock, homes
from peerd.edges.homes import Where
from peerd.model.notice import Notice, Severity
from peerd.model.peer import OPERATOR, PeerName, Want
from peerd.model.session import End, EndCause
from peerd.rpc.results import Evidence
from peerd.store.home_rows import mark_in
from peerd.store.read_peers import HomeOnRecord
from peerd.store.write import EndSession, SetHome, SetMark, SetWant, Write

LOOKED_WITHIN_S = 5.0


async def settle(daemon: Daemon, declared: Iterable[PeerName]) -> None:
    """Before any session is looked at. Raises StoreError where the disk does not take it that this is a copy: it would
    act as the other home then."""
    here, known = homes.where(daemon.home.state), daemon.store.reader.home()
    if known is not None and here == Where(known.folder, known.id):
        return
    if known is not None and await _is_copy(daemon, here, known):
        stopped = _may_run(daemon, declared)
        await daemon.store.commit(*_left_to(daemon, known.folder, here, stopped))
        daemon.log.write("home-copied", folder=known.folder, count=len(stopped))
    else:
        daemon.record(SetHome(here.folder, here.id, None, clock.wall()))


async def _is_copy(daemon: Daemon, here: Where, known: HomeOnRecord) -> bool:
    """A disk that does not answer tells of no other home."""

    def same_record(folder: str) -> bool:
        return mark_in(os.path.join(folder, os.path.basename(daemon.home.store))) == known.mark

    of = Where(known.folder, known.id)
    looked = asyncio.to_thread(homes.is_copy, here, of, same_record, daemon.home.lock)
    try:
        return await asyncio.wait_for(looked, LOOKED_WITHIN_S)
    except TimeoutError:
        return False


def _may_run(daemon: Daemon, declared: Iterable[PeerName]) -> list[PeerName]:
    """All that may have a session, or something waiting, but for those that are stopped already."""
    reader = daemon.store.reader
    found, wants = reader.may_live(), reader.wants()
    with_sessions = {each.peer for each in found.live} | {each.peer for each in found.unclear if each.peer is not None}
    names = {*declared, *reader.unfinished_counts(), *with_sessions} - {OPERATOR}
    return sorted(name for name in names if wants.get(name) is not Want.DOWN)


def _left_to(daemon: Daemon, folder: str, here: Where, stopped: list[PeerName]) -> list[Write]:
    reader, at = daemon.store.reader, clock.wall()
    found = reader.may_live()
    end = End(EndCause.STOPPED, why=f"left to the home in {folder}, of which this one is a copy", elsewhere=True)
    sessions = [each.id for each in found.live] + [each.id for each in found.unclear if each.id is not None]
    called = (peer for peer, again in reader.marked().items() if again is not None)
    return [
        SetHome(here.folder, here.id, folder, at),
        *(EndSession(id, end, at) for id in sessions),
        *(SetWant(peer, Want.DOWN, at) for peer in stopped),
        *(SetMark(peer, marked=True) for peer in called),
    ]


def notices(daemon: Daemon) -> list[Notice]:
    """As long as a peer is stopped for that."""
    home, stopped = daemon.store.reader.home(), _stopped(daemon)
    if home is None or not stopped:
        return []
    return [
        Notice(
            kind="copy",
            about=home.copied_of or "",
            text=f"this home is a copy of the one in {home.copied_of}: the sessions it had then, and what waited, are "
            f"left to that one. Stopped here: {', '.join(stopped)}.",
            remedy="`peerd start NAME` lets one run here, and do what waits for it here; `peerd queue purge NAME` "
            "cancels that first.",
        )
    ]


def moved_away(daemon: Daemon) -> list[Notice]:
    """Of a home that is no more where this daemon found it: what it writes by its path is not in it."""
    home = daemon.store.reader.home()
    try:
        there = homes.where(daemon.home.state).id
    except OSError:
        there = ""
    if home is None or there == home.id:
        return []
    return [
        Notice(
            kind="home",
            about=daemon.home.state,
            text=f"this home is no longer in {daemon.home.state}, and what its daemon (pid {os.getpid()}) begins "
            "goes there",
            remedy="stop the daemon, move the home back or start one where it is now, and replace "
            "(`peerd new NAME --now`) the sessions begun since.",
            severity=Severity.URGENT,
        )
    ]


def evidence(daemon: Daemon, name: PeerName) -> list[Evidence]:
    return [
        Evidence(source="record", says=each.told, age_s=0.0) for each in notices(daemon) if name in _stopped(daemon)
    ]


def _stopped(daemon: Daemon) -> list[PeerName]:
    return sorted(name for name in daemon.store.reader.stopped_as_copied() if name in daemon.loop.peers)
