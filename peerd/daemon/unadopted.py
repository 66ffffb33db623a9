"""Sessions on record that could not be adopted, such as one whose tmux server does not answer. What does not answer may
live: each makes its peer unclear, as one that no record knows, until it is adopted after all, or was stopped."""

import asyncio
from contextlib import suppress

from peerd.daemon import teardown
from peerd.daemon.context import Daemon
from peerd.daemon.live import Live
from peerd.daemon.stored_peers import Record, peer_of, recorded
from peerd.errors import PeerdError, StoreError, TmuxError
from peerd.model.peer import Spec
from peerd.model.session import Session
from peerd.store.decode import MayLive, Unclear


async def leave(daemon: Daemon, spec: Spec, session: Session, error: Exception) -> None:
    """Out of our hands, and its peer as it is on record, but unclear. One that is being buried gets its end."""
    why, live = _told(daemon, session, error), daemon.live.get(session.id)
    if live is not None and live.burial is not None:
        return
    if live is not None:
        await _let_go(daemon, live)
    daemon.unadopted[session.id] = Unclear(None, why, session.id, session.peer, session.host, session.spec)
    with suppress(StoreError):  # what was told of it so far comes first
        await daemon.store.commit()
    daemon.loop.put(peer_of(daemon, spec, on_record(daemon, spec), held=True))


def on_record(daemon: Daemon, spec: Spec, *adopted: Session) -> Record:
    """Of one peer; its sessions that are neither of these nor in hand may live."""
    senseless = daemon.store.reader.unclear_sessions(daemon.misnamed)
    unclear = (*senseless, *daemon.unrecorded.values(), *daemon.unadopted.values())
    return recorded(daemon, {spec.name: spec}, MayLive(list(adopted), list(unclear)))


def _told(daemon: Daemon, session: Session, error: Exception) -> str:
    if isinstance(error, PeerdError | OSError):
        daemon.log.write("action-failed", peer=session.peer, session=session.id, action="adopt", why=str(error))
        return str(error)
    daemon.bug(f"adopt {session.id}", error)
    return f"{type(error).__name__}: {error}"


async def _let_go(daemon: Daemon, live: Live) -> None:
    teardown.unwatch(daemon, live)
    teardown.forget(daemon, live)
    if live.typing is not None:
        live.typing.cancel()
    while live.reaching is not None and not live.reaching.done():
        await asyncio.wait((live.reaching,))
    await hang_up(live)


async def hang_up(live: Live) -> None:
    """Nothing of it is asked any more."""
    if live.control is not None:
        with suppress(TmuxError):
            await live.control.close()
