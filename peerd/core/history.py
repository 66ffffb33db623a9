"""What a message has behind it, as the words of its history tell."""

from itertools import pairwise
from typing import Final

from peerd.core.returning import NO_EVIDENCE, NO_FAULT, broken_off, cut_short, waits_again
from peerd.model.message import Delivery, Step
from peerd.model.session import EndCause

TYPED: Final = frozenset({Delivery.LEASED.value, Delivery.HANDED_OVER.value})
TAKEN_BACK: Final = "it stood in the input line still, and is taken back"
UNDER_WAY: Final = TYPED | {Delivery.ACCEPTED.value, Delivery.SUBMITTED.value}
DEATHS: Final = frozenset(
    waits_again(why(cause)) for why in (cut_short, broken_off) for cause in EndCause if cause not in NO_FAULT
)
"""What is on record of a message whose session died on the way to it, or at it."""


def counted(history: tuple[Step, ...]) -> tuple[int, int]:
    """How often its session died at it or on the way to it, and how many attempts were made, before it was last handed
    out anew: after an end it waits again because somebody wanted it to."""
    deaths = forgiven = 0
    for before, step in pairwise(history):
        if step.state != Delivery.ACCEPTED.value:
            continue
        if step.evidence in DEATHS:
            deaths += 1
        elif before.state not in UNDER_WAY:
            deaths, forgiven = 0, step.attempt
    return deaths, forgiven


def unproved(history: tuple[Step, ...]) -> tuple[int, ...]:
    """Attempts that may have been typed, of which nothing on record says what came of them."""
    unknown = waits_again(NO_EVIDENCE)
    back = max((at for at, step in enumerate(history, 1) if step.evidence == TAKEN_BACK), default=0)
    then = (*(step.evidence for step in history[1:]), unknown)
    since = zip(history[back:], then[back:], strict=True)
    return tuple(step.attempt for step, next in since if step.state in TYPED and next == unknown)
