"""A runtime's own record of its conversation, where that tells more than its hooks: only its last lines are read."""

import os
from collections.abc import Iterator

from msgspec.structs import replace

from peerd.daemon.context import Daemon
from peerd.daemon.live import Live
from peerd.edges import clock
from peerd.model.fact import Fact, Queued, TakenIn, TurnClosed, Unqueued
from peerd.model.limit import Limit, LimitKind
from peerd.model.message import MessageId
from peerd.plainfile import is_among, read_part

TAIL_BYTES = 256 << 10
WRITTEN_WITHIN_S, LOOK_AGAIN_S = 1.0, 0.05  # a hook may speak before it is


async def completed(daemon: Daemon, live: Live, fact: TurnClosed) -> TurnClosed:
    """With what its record tells, within a second, of the limit that it failed by."""
    limit, give_up = fact.limit, clock.now() + WRITTEN_WITHIN_S
    while limit is not None and limit.record is not None and limit.resets_at is None:
        last = next(_ends(daemon, live, limit.record), None)
        if last is not None and last.limit is not None and _tells_more(last.limit, limit):
            return replace(fact, limit=last.limit)
        if (limit.surely and limit.kind is not LimitKind.RATE_LIMIT) or clock.now() > give_up:
            break
        await clock.pause(LOOK_AGAIN_S)
    return fact if limit is None or limit.surely else replace(fact, limit=None)


def of_turn(daemon: Daemon, live: Live) -> Limit | None:
    """By which the turn that is open failed, as its record tells; None: by none, or nobody knows."""
    if live.record is None or live.turn is None:
        return None
    ends = tuple(_ends(daemon, live, live.record))
    limit = next((each.limit for each in ends if each.turn == live.turn), None)
    quotas = (each.limit for each in ends if each.turn is None and each.limit is not None)
    return next((quota for quota in quotas if _tells_more(quota, limit)), limit) if limit is not None else None


async def settled(daemon: Daemon, live: Live, entered: frozenset[MessageId]) -> None:
    """Until its record tells of each, within a second, whether it was taken into the turn that it was entered in. The
    hook that tells of that turn's end speaks up to 0.2 s before it is written (measured, 2.1.330 on a busy machine)."""
    give_up = clock.now() + WRITTEN_WITHIN_S
    while live.record is not None and entered - _left_queue(daemon, live, entered)[0] and clock.now() < give_up:
        await clock.pause(LOOK_AGAIN_S)


def taken_in(daemon: Daemon, live: Live, entered: frozenset[MessageId]) -> frozenset[MessageId]:
    """What was entered while a turn was open, and taken into that."""
    return _left_queue(daemon, live, entered)[1]


def _left_queue(
    daemon: Daemon, live: Live, entered: frozenset[MessageId]
) -> tuple[frozenset[MessageId], frozenset[MessageId]]:
    """What waits in the runtime no more, and what of that was taken into a turn. What is told of before a message was
    last queued is not of now."""
    out, taken = set[MessageId](), set[MessageId]()
    queued, any_left = set[MessageId](), False
    for fact in _facts(daemon, live, live.record) if live.record is not None and entered else ():
        match fact:
            case Unqueued():
                any_left = True
            case TakenIn(message=id) if id not in queued:
                taken.add(id)
            case Queued(message=id) if id not in queued:
                queued.add(id)
                out |= {id} if any_left or id in taken else set()
        if entered <= queued:
            break
    return frozenset(out), frozenset(taken)


def _tells_more(on_record: Limit, limit: Limit) -> bool:
    """An end in the past is an earlier limit's."""
    to_come = on_record.resets_at is not None and on_record.resets_at > clock.wall()
    return on_record.kind is limit.kind and (to_come or not limit.surely)


def _ends(daemon: Daemon, live: Live, path: str) -> Iterator[TurnClosed]:
    """Of turns, the last first."""
    return (fact for fact in _facts(daemon, live, path) if isinstance(fact, TurnClosed))


def _facts(daemon: Daemon, live: Live, path: str) -> Iterator[Fact]:
    """The last first."""
    try:
        if is_among(path, daemon.home.store_files):
            return
        size = os.stat(path).st_size
        data = read_part(path, TAIL_BYTES, at=max(0, size - TAIL_BYTES))
        for line in reversed(data.decode("utf-8", "replace").split("\n")):
            yield from live.adapter.facts(line)
    except OSError:
        return
    except Exception as error:  # noqa: BLE001  as of a journal
        daemon.bug(f"read the transcript of {live.peer}", error)
