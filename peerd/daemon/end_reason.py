"""Why a session is being ended: on record before its first signal, so that the next daemon gives it that end too."""

import asyncio

from msgspec.structs import replace

from peerd.daemon.context import Daemon
from peerd.daemon.live import Live
from peerd.edges import process
from peerd.model.session import End, EndCause, Ending, SessionId
from peerd.store.write import SetEnding

DONE_WITH = frozenset({EndCause.FINISHED, EndCause.REPLACED, EndCause.PARKED})
STOPPED_WITHIN_S = 0.1  # until a stop is seen, where the disk refuses what a session did that is done with
NOTED_WITHIN_S = 1.0  # what is stopped ends also where the disk does not answer


async def note(daemon: Daemon, session: SessionId, ending: Ending) -> None:
    """A disk that takes longer keeps nothing alive. Given up then: a daemon that is killed before the disk has taken
    it, and after the signal, leaves an end that counts as the session's own, a death or a task done."""
    await asyncio.wait((daemon.record(SetEnding(session, ending)),), timeout=NOTED_WITHIN_S)


async def is_noted(daemon: Daemon, live: Live, ending: Ending) -> bool:
    """Whether it may be signalled for that now. One that died meanwhile has ended by itself."""
    kept = True
    if ending.cause in DONE_WITH:
        kept = await _all_is_kept(daemon, live, daemon.record(SetEnding(live.id, ending)))
    else:
        await note(daemon, live.id, ending)
    if live.burial is not None or not process.alive(live.host.runtime):
        daemon.record(SetEnding(live.id, None))
        return False
    return kept


async def _all_is_kept(daemon: Daemon, live: Live, on_disk: asyncio.Task[None]) -> bool:
    """Once all that came before is on disk: else the next daemon would hand its task out again. A stop that comes
    meanwhile waits for that as long as `note` does. False where the record was closed first."""
    while not on_disk.done() and _is_wanted(daemon, live):
        await asyncio.wait((on_disk,), timeout=STOPPED_WITHIN_S)
    if live.burial is None:
        await asyncio.wait((on_disk,), timeout=NOTED_WITHIN_S)
    return not (on_disk.done() and (on_disk.cancelled() or on_disk.exception()))


def _is_wanted(daemon: Daemon, live: Live) -> bool:
    peer = daemon.loop.peers.get(live.peer)
    return live.burial is None and peer is not None and not peer.held_down


def as_begun(live: Live, found: End | None) -> End | None:
    """How it ended while no daemon ran. One that takes a signal of ours has been ended, whatever it exits with."""
    if found is None or live.ending is None:
        return found
    why = "; ".join(filter(None, (live.ending.why, found.why)))
    return replace(found, cause=live.ending.cause, why=why)
