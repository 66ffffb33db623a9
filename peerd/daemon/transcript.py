"""A runtime's own record of its conversation, where that tells more than its hooks: its last lines are read, or what is
in it since a message was entered. It is a file that its runtime named.
"""

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, TypeVar

from msgspec.structs import replace

from peerd.daemon.context import Daemon
from peerd.daemon.live import Live
from peerd.edges import clock
from peerd.errors import NoAnswer
from peerd.model.fact import (
    ConversationBegan,
    ConversationOpened,
    Fact,
    Queued,
    Submitted,
    TakenIn,
    TurnClosed,
    Unqueued,
)
from peerd.model.limit import Limit, LimitKind
from peerd.model.message import MessageId
from peerd.plainfile import is_among, read_part

T = TypeVar("T")

TAIL_BYTES, PART_BYTES = 256 << 10, 1 << 20
READ_MAX_BYTES = 64 << 20
WRITTEN_WITHIN_S, LOOK_AGAIN_S = 1.0, 0.05  # a hook may speak before it is


class Became(NamedTuple):
    """Of what was entered while a turn was open: what was `taken` into that, as far as is known, and of what that is
    `unclear`. `waits`: what nothing tells of so far."""

    taken: frozenset[MessageId] = frozenset()
    unclear: frozenset[MessageId] = frozenset()
    waits: frozenset[MessageId] = frozenset()


async def completed(daemon: Daemon, live: Live, fact: TurnClosed) -> TurnClosed:
    """With what its record tells, within a second, of the limit that it failed by."""
    limit, give_up = fact.limit, clock.now() + WRITTEN_WITHIN_S
    while limit is not None and limit.record is not None and limit.resets_at is None:
        last = next(iter(await _asked(daemon, live, limit.record, _ends) or ()), None)
        if last is not None and last.limit is not None and _tells_more(last.limit, limit):
            return replace(fact, limit=last.limit)
        if (limit.surely and limit.kind is not LimitKind.RATE_LIMIT) or clock.now() > give_up:
            break
        await clock.pause(LOOK_AGAIN_S)
    return fact if limit is None or limit.surely else replace(fact, limit=None)


async def of_turn(daemon: Daemon, live: Live) -> Limit | None:
    """By which the turn that is open failed, as its record tells; None: by none, or nobody knows."""
    if live.record is None or live.turn is None:
        return None
    ends = await _asked(daemon, live, live.record, _ends) or ()
    limit = next((each.limit for each in ends if each.turn == live.turn), None)
    quotas = (each.limit for each in ends if each.turn is None and each.limit is not None)
    return next((quota for quota in quotas if _tells_more(quota, limit)), limit) if limit is not None else None


async def settled(daemon: Daemon, live: Live, entered: frozenset[MessageId]) -> Became:
    """Until its record tells of each, within a second, whether it was taken into the turn that it was entered in. The
    hook that tells of that turn's end speaks up to 0.2 s before it is written (measured, 2.1.330 on a busy machine)."""
    give_up = clock.now() + WRITTEN_WITHIN_S
    while (found := await became(daemon, live, entered)).waits and not found.unclear and clock.now() < give_up:
        await clock.pause(LOOK_AGAIN_S)
    return found


async def note_size(daemon: Daemon, live: Live, message: MessageId) -> None:
    """Of what is entered now its record tells from here on, or from shortly before."""
    if live.record is None or message in live.entered_at:
        return
    with contextlib.suppress(OSError, NoAnswer):
        size = await daemon.folders.ask(live.record, os.path.getsize, live.record)
        live.entered_at[message] = max(0, size - TAIL_BYTES)


async def became(daemon: Daemon, live: Live, entered: frozenset[MessageId]) -> Became:
    """What became of what was entered while a turn was open. A runtime without a record takes none of it into that."""
    if not entered or live.record is None:
        return Became()
    since = [live.entered_at[each] for each in entered if each in live.entered_at]
    start = min(since) if len(since) == len(entered) else 0
    found = await _asked(daemon, live, live.record, _left_queue, entered, start)
    return Became(unclear=entered) if found is None else found


async def taken(daemon: Daemon, live: Live, message: MessageId, attempts: frozenset[int]) -> Submitted | None:
    """That its record has one of these attempts as taken; None where it has none, or cannot be read. An earlier daemon
    may have been the one that was told where the record is."""
    record = live.record or await _asked(daemon, live, live.place.journal, _record_told)
    return await _asked(daemon, live, record, _entered, message, attempts)


def _record_told(facts: Callable[[str], Iterable[Fact]], path: str, ours: tuple[str, ...]) -> str | None:
    """Where the journal last said that the record is, however much was said after it."""
    begin = max(0, os.path.getsize(path) - READ_MAX_BYTES)
    told = (
        fact for fact in _facts(facts, path, ours, begin) if isinstance(fact, ConversationOpened | ConversationBegan)
    )
    return next((fact.record for fact in told if fact.record is not None), None)


def _entered(
    facts: Callable[[str], Iterable[Fact]],
    path: str,
    ours: tuple[str, ...],
    message: MessageId,
    attempts: frozenset[int],
) -> Submitted | None:
    begin = max(0, os.path.getsize(path) - READ_MAX_BYTES)
    told = (fact for fact in _facts(facts, path, ours, begin) if isinstance(fact, Submitted))
    return next((each for each in told if each.message == message and each.attempt in attempts), None)


def _left_queue(
    facts: Callable[[str], Iterable[Fact]], path: str, ours: tuple[str, ...], entered: frozenset[MessageId], start: int
) -> Became:
    """What is told of before a message was last queued is not of now, nor what is before `start`."""
    out, taken = set[MessageId](), set[MessageId]()
    queued, any_left, size = set[MessageId](), False, os.path.getsize(path)
    begin = max(start, size - READ_MAX_BYTES)
    for fact in _facts(facts, path, ours, begin):
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
    unclear = entered - queued - taken if begin > start or size < start else frozenset[MessageId]()
    return Became(frozenset(taken), unclear, entered - out)


def _tells_more(on_record: Limit, limit: Limit) -> bool:
    """An end in the past is an earlier limit's."""
    to_come = on_record.resets_at is not None and on_record.resets_at > clock.wall()
    return on_record.kind is limit.kind and (to_come or not limit.surely)


def _ends(facts: Callable[[str], Iterable[Fact]], path: str, ours: tuple[str, ...]) -> tuple[TurnClosed, ...]:
    """Of turns, the last first, as far as its last lines tell."""
    begin = max(0, os.path.getsize(path) - TAIL_BYTES)
    return tuple(fact for fact in _facts(facts, path, ours, begin) if isinstance(fact, TurnClosed))


def _facts(facts: Callable[[str], Iterable[Fact]], path: str, ours: tuple[str, ...], begin: int) -> Iterator[Fact]:
    """The last first."""
    if not is_among(path, ours):
        for line in _lines(path, begin):
            yield from facts(line.decode("utf-8", "replace"))


def _lines(path: str, begin: int) -> Iterator[bytes]:
    """The last first, each whole, but for the one at the beginning."""
    end, rest = os.path.getsize(path), b""
    while end > begin:
        at = max(begin, end - PART_BYTES)
        rest, *lines = (read_part(path, end - at, at=at) + rest).split(b"\n")
        yield from reversed(lines)
        end = at
    yield rest


async def _asked(daemon: Daemon, live: Live, path: str | None, work: Callable[..., T], *args: object) -> T | None:
    """Of a record, which is a file that its runtime named; None where that cannot be read."""
    if path is None:
        return None
    try:
        return await daemon.folders.ask(path, work, live.adapter.facts, path, daemon.home.store_files, *args)
    except (OSError, NoAnswer):
        return None
    except Exception as error:  # noqa: BLE001  as of a journal
        daemon.bug(f"read the transcript of {live.peer}", error)
        return None
