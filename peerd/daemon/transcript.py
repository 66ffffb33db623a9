"""A runtime's own record of its conversation, where that tells more than its hooks: only its last lines are read."""

import os
from collections.abc import Iterator

from msgspec.structs import replace

from peerd.daemon.context import Daemon
from peerd.daemon.live import Live
from peerd.edges import clock
from peerd.model.fact import TurnClosed
from peerd.model.limit import LimitKind
from peerd.plainfile import read_part

TAIL_BYTES = 256 << 10
WRITTEN_WITHIN_S, LOOK_AGAIN_S = 1.0, 0.05  # a hook may speak before it is


async def completed(daemon: Daemon, live: Live, fact: TurnClosed) -> TurnClosed:
    """With the end of the limit that it failed by, where its record tells one within a second."""
    limit, give_up = fact.limit, clock.now() + WRITTEN_WITHIN_S
    while limit is not None and limit.record is not None and limit.resets_at is None:
        resets_at = _resets_at(daemon, live, limit.record)
        if resets_at is not None and resets_at > clock.wall():
            return replace(fact, limit=replace(limit, resets_at=resets_at))
        if limit.kind is not LimitKind.RATE_LIMIT or clock.now() > give_up:
            break
        await clock.pause(LOOK_AGAIN_S)
    return fact


def _resets_at(daemon: Daemon, live: Live, path: str) -> float | None:
    """As the last turn on record that failed has it (Unix seconds)."""
    last = next(_ends(daemon, live, path), None)
    return last.limit.resets_at if last is not None and last.limit is not None else None


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
