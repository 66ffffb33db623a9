"""A runtime's own record of its conversation, where that tells more than its hooks: only its last lines are read."""

import os
from collections.abc import Iterator

from peerd.daemon.context import Daemon
from peerd.daemon.live import Live
from peerd.model.fact import TurnClosed
from peerd.model.limit import Limit
from peerd.plainfile import read_part

TAIL_BYTES = 256 << 10


def resets_at(daemon: Daemon, live: Live, limit: Limit) -> float | None:
    """When a limit is over (Unix seconds): told with it, or with the last failure on record. None: nobody knows."""
    if limit.resets_at is not None or limit.record is None:
        return limit.resets_at
    last = next(_ends(daemon, live, limit.record), None)
    told = last.limit if last is not None else None
    return told.resets_at if told is not None and told.kind is limit.kind else None


def _ends(daemon: Daemon, live: Live, path: str) -> Iterator[TurnClosed]:
    """Of turns, the last first."""
    try:
        size = os.stat(path).st_size
        data = read_part(path, TAIL_BYTES, at=max(0, size - TAIL_BYTES))
        for line in reversed(data.decode("utf-8", "replace").split("\n")):
            yield from (fact for fact in live.adapter.facts(line) if isinstance(fact, TurnClosed))
    except OSError:
        return
    except Exception as error:  # noqa: BLE001  as of a journal
        daemon.bug(f"read the transcript of {live.peer}", error)
