"""How a peer's last session ended, or why its last start failed: what is told of one that is down."""

from peerd.daemon.context import Daemon
from peerd.model.peer import PeerName


def why_down(daemon: Daemon, name: PeerName) -> str | None:
    """For a person; None where it is not known. The store tells what this daemon has not seen."""
    known = daemon.why_down.get(name)
    last = None if known else daemon.store.reader.last_ended(name)
    if last is None or last.end is None:
        return known
    return f"{last.end.cause.value}: {last.end.why}" if last.end.why else last.end.cause.value
