"""The board of what a person must know: each matter once, since when, how often, and whether somebody has read it."""

from collections.abc import Iterable, Mapping

import msgspec
from msgspec.structs import replace

from peerd.model.board import Entry, Key, key
from peerd.model.notice import Notice, Severity
from peerd.model.peer import PeerName

BACK_WITHIN_S = 10.0
"""What is told again so soon was not over: it is not raised anew."""

AT_ONCE = frozenset({"dead"})
"""Kinds of which the record alone tells: what is gone of them was seen to, and what comes then is another."""

OF_ONE = frozenset({"dead", "down", "limited", "failing", "guard"})
OF_SEVERAL = frozenset({"pair", "pair-paused", "circle"})
"""Kinds about peers, that hold whatever those are called. Of several the names stand in their order."""

KEPT_S, KEPT_MAX = 7 * 86400.0, 200
"""Of what is over: for how long it is kept, and how many at most."""

GRAVITY = {Severity.NOTE: 0, Severity.WARNING: 1, Severity.URGENT: 2}

Board = Mapping[Key, Entry]


class Looked(msgspec.Struct, frozen=True):
    """`raised`: new, or back after it was over, or graver than it was, or due again; `ended`: over since this look."""

    board: Board
    raised: tuple[Entry, ...] = ()
    ended: tuple[Entry, ...] = ()


def look(board: Board, told: Iterable[Notice], now: float) -> Looked:
    """`told`: what holds now; of two about the same the first counts."""
    holds: dict[Key, Notice] = {}
    for notice in told:
        holds.setdefault(key(notice), notice)
    next_n = 1 + max((entry.n for entry in board.values()), default=0)
    new = {which: n for n, which in enumerate((each for each in holds if each not in board), start=next_n)}
    after = {which: _gone(entry, now) for which, entry in board.items() if which not in holds}
    after |= {which: _held(board.get(which), new.get(which, 0), notice, now) for which, notice in holds.items()}
    raised = tuple(entry for which, entry in after.items() if entry.holds and _is_raised(board.get(which), entry))
    ended = tuple(entry for which, entry in after.items() if entry.over and not board[which].over)
    return Looked(_kept(after, now), raised, ended)


def _held(before: Entry | None, n: int, notice: Notice, now: float) -> Entry:
    if before is None:
        return Entry(n=n, notice=notice, first_at=now, raised_at=now, seen_at=now)
    if before.over:
        again = replace(before, count=before.count + 1, raised_at=now, read=False)
        return replace(again, notice=notice, seen_at=now, gone_at=None, over=False)
    due = _is_due(before.notice, notice)
    read = before.read and not due and not _graver(before.notice, notice)
    return replace(before, notice=notice, seen_at=now, gone_at=None, read=read, count=before.count + due)


def _gone(entry: Entry, now: float) -> Entry:
    """A clock that was set back makes it wait no longer than it would have."""
    if entry.over:
        return entry
    gone_at = now if entry.gone_at is None else min(entry.gone_at, now)
    within_s = 0.0 if entry.notice.kind in AT_ONCE else BACK_WITHIN_S
    return replace(entry, gone_at=gone_at, over=now - gone_at >= within_s)


def _is_raised(before: Entry | None, after: Entry) -> bool:
    if before is None or before.over:
        return True
    return _graver(before.notice, after.notice) or _is_due(before.notice, after.notice)


def _graver(before: Notice, after: Notice) -> bool:
    return GRAVITY[after.severity] > GRAVITY[before.severity]


def _is_due(before: Notice, after: Notice) -> bool:
    return after.again > before.again


def _kept(board: Board, now: float) -> Board:
    over = sorted((each for each in board.values() if each.over), key=lambda each: -each.seen_at)
    late = {each.key for each in over[KEPT_MAX:]} | {each.key for each in over if now - each.seen_at > KEPT_S}
    return {which: entry for which, entry in board.items() if which not in late}


def read(board: Board, ns: frozenset[int]) -> Board:
    """Those numbers are read."""
    return {which: replace(entry, read=True) if entry.n in ns else entry for which, entry in board.items()}


def renamed(board: Board, old: PeerName, new: PeerName, untold: frozenset[Key] = frozenset()) -> Board:
    """What holds of a peer is the same matter under its new name, but for what is `untold` yet: that is raised anew."""
    moved = {each.key: _renamed(each, old, new) for each in board.values() if not each.over and each.key not in untold}
    after = {which: each for which, each in moved.items() if each.key != which}
    return {which: each for which, each in board.items() if which not in after} | {e.key: e for e in after.values()}


def _renamed(entry: Entry, old: PeerName, new: PeerName) -> Entry:
    kind, about = entry.key
    if kind not in OF_ONE | OF_SEVERAL:
        return entry
    names = [new if each == old else each for each in about.split(" ")]
    return replace(entry, notice=replace(entry.notice, about=" ".join(sorted(names) if kind in OF_SEVERAL else names)))


def unread(board: Board) -> list[Entry]:
    """Of what holds, in the order of `in_order`."""
    return [entry for entry in in_order(board.values()) if entry.holds and not entry.read]


def in_order(entries: Iterable[Entry]) -> list[Entry]:
    """What holds before what does not, the gravest first, then the newest."""
    return sorted(entries, key=lambda each: (not each.holds, -GRAVITY[each.notice.severity], -each.raised_at, each.n))


def unlike(board: Board, kept: Board) -> tuple[tuple[Entry, ...], tuple[Key, ...]]:
    """What is to be written, and what is to be removed, where `kept` is on record. Other words, as of ages, or that it
    was seen once more, are not worth it."""
    changed = (entry for which, entry in board.items() if which not in kept or _mark(kept[which]) != _mark(entry))
    return tuple(changed), tuple(which for which in kept if which not in board)


def _mark(entry: Entry) -> tuple[object, ...]:
    notice = entry.notice
    return entry.n, entry.raised_at, entry.count, entry.gone_at, entry.over, entry.read, notice.severity, notice.again
