"""What chance decides in a history. The first of the possibilities is the plainest, so that one that fails gets
plainer as hypothesis shortens it."""

from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")
Below = Callable[[int], int]


class Chance:
    """`below(n)` draws a whole number under `n`."""

    def __init__(self, below: Below) -> None:
        self.below = below

    def one_of(self, possible: Sequence[T]) -> T:
        return possible[self.below(len(possible))] if len(possible) > 1 else possible[0]

    def happens(self, times_in_ten: int) -> bool:
        return self.below(10) >= 10 - times_in_ten


def begun_with(first: Sequence[int], below: Below) -> Chance:
    """The first draws are these."""
    left = list(first)
    return Chance(lambda n: left.pop(0) if left else below(n))
