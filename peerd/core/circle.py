"""Who waits for whom: whether one more wait would close a circle, and whom no answer can come to: none of those would
ever go on."""

from collections import deque
from collections.abc import Collection, Iterable, Mapping
from itertools import pairwise

from peerd.model.peer import PeerName


def find_circle(
    waits: Mapping[PeerName, Iterable[PeerName]], who: PeerName, on: PeerName
) -> tuple[PeerName, ...] | None:
    """The shortest way from `on` back to `who` over those that wait, both included, were `who` to wait for it."""
    came_from: dict[PeerName, PeerName | None] = {on: None}
    left = deque([on])
    while left:
        at = left.popleft()
        if at == who:
            return _way(came_from, at)
        for each in waits.get(at, ()):
            if each not in came_from:
                came_from[each] = at
                left.append(each)
    return None


def stuck(asked: Mapping[PeerName, Collection[PeerName]]) -> frozenset[PeerName]:
    """Of those that go on by an answer alone, be it by whichever they asked: who has asked none but such."""
    left = frozenset(who for who, of in asked.items() if of)
    while on := {who for who in left if not left.issuperset(asked[who])}:
        left -= on
    return left


def circles(asked: Mapping[PeerName, Collection[PeerName]]) -> tuple[tuple[PeerName, ...], ...]:
    """Those that are stuck over each other, each circle once: who waits for whom, and the last for the first."""
    found = {_circle_from(who, asked) for who in stuck(asked)}
    return tuple(sorted(found))


def _circle_from(who: PeerName, asked: Mapping[PeerName, Collection[PeerName]]) -> tuple[PeerName, ...]:
    """Where the way over the first of those that each asked comes round; it begins with the first by name."""
    way = [who]
    while (to := min(asked[way[-1]])) not in way:
        way.append(to)
    round_ = way[way.index(to) :]
    first = round_.index(min(round_))
    return (*round_[first:], *round_[:first])


def _way(came_from: Mapping[PeerName, PeerName | None], end: PeerName) -> tuple[PeerName, ...]:
    way, at = [end], came_from[end]
    while at is not None:
        way.append(at)
        at = came_from[at]
    return tuple(reversed(way))


def told(circle: tuple[PeerName, ...], last: str = "you") -> str:
    """Of one as `find_circle` tells it: to the last of it, who was about to wait for the first, or by its name."""
    return ", ".join(f"{a} waits for {b}" for a, b in pairwise((*circle[:-1], last)))
