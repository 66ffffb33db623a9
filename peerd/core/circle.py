"""Who waits for whom, and whether one more wait would close a circle: then none of them would ever go on."""

from collections import deque
from collections.abc import Iterable, Mapping
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


def _way(came_from: Mapping[PeerName, PeerName | None], end: PeerName) -> tuple[PeerName, ...]:
    way, at = [end], came_from[end]
    while at is not None:
        way.append(at)
        at = came_from[at]
    return tuple(reversed(way))


def told(circle: tuple[PeerName, ...], last: str = "you") -> str:
    """Of one as `find_circle` tells it: to the last of it, who was about to wait for the first, or by its name."""
    return ", ".join(f"{a} waits for {b}" for a, b in pairwise((*circle[:-1], last)))
