"""How a peer's last session ended, or why its last start failed: what is told of one that is down."""

from peerd.daemon.context import Daemon
from peerd.model.peer import PeerName
from peerd.model.screen import last_said

SAID_MAX_CHARS = 300


def why_down(daemon: Daemon, name: PeerName) -> str | None:
    """For a person; None where it is not known. The store tells what this daemon has not seen."""
    known = daemon.why_down.get(name)
    last = None if known else daemon.store.reader.last_ended(name)
    if last is None or last.end is None:
        return known
    return last.end.told


def with_last_words(why: str, lines: tuple[str, ...]) -> str:
    """A boot that failed is explained by the last thing it said."""
    words = tuple(line for line in lines if any(map(str.isalnum, line)))  # no bare prompt or rule
    said = last_said(words, len(words), SAID_MAX_CHARS)
    return joined(why, f"it said: {said}") if why and said else why or said


def joined(*why: str) -> str:
    return "; ".join(each for each in why if each)
