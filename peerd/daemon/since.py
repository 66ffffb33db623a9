"""Since when a peer is as it is, where a daemon before this one saw it become so: from what is on record, and from the
last word of its session's journal."""

import os

from peerd.daemon.context import Daemon
from peerd.model.peer import PeerName, Phase
from peerd.model.session import Session

DOWN = (Phase.ASLEEP, Phase.BACKOFF, Phase.FAILED)


def of_session(session: Session, journal: str) -> float:
    """Of one that lives: when it was started or ready, or last said something. Unix seconds."""
    return max(session.ready_at or session.started_at, _changed_at(journal))


def _changed_at(path: str) -> float:
    try:
        return os.stat(path).st_mtime
    except OSError:
        return 0.0


def date_down(daemon: Daemon, name: PeerName) -> None:
    """A peer without a session is so since the last one ended; one that never had any, since nobody knows when."""
    if daemon.loop.peers[name].phase not in DOWN:
        return
    last = daemon.store.reader.last_ended(name)
    if last is not None and last.ended_at is not None:
        daemon.since[name] = last.ended_at
    else:
        daemon.since.pop(name, None)
