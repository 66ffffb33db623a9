"""What a message has behind it, as the words of its history tell."""

from itertools import pairwise
from typing import Final

from peerd.core.returning import NO_FAULT, broken_off, cut_short, left_open, often, tells_nothing, waits_again
from peerd.model.message import Delivery, Step
from peerd.model.session import EndCause

TYPED: Final = frozenset({Delivery.LEASED.value, Delivery.HANDED_OVER.value})
TAKEN_BACK: Final = "it stood in the input line still, and is taken back"
UNSAID: Final = frozenset({Delivery.LEASED.value, Delivery.CANCELLED.value, Delivery.EXPIRED.value})
"""What may follow on an attempt without a word of what came of it."""
UNDER_WAY: Final = TYPED | {Delivery.ACCEPTED.value, Delivery.SUBMITTED.value}
DEATHS: Final = frozenset(
    waits_again(why(cause)) for why in (cut_short, left_open, broken_off) for cause in EndCause if cause not in NO_FAULT
) | {waits_again(broken_off(EndCause.FINISHED))}
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


def handed_over(history: tuple[Step, ...], since: float) -> frozenset[int]:
    """Attempts that stood in the input line, from `since` on and after it was last handed out anew."""
    ended = max((at for at, step in enumerate(history, 1) if step.state not in UNDER_WAY), default=0)
    seen = (step for step in history[ended:] if step.state == Delivery.HANDED_OVER.value)
    return frozenset(step.attempt for step in seen if step.at >= since)


def unproved(history: tuple[Step, ...]) -> tuple[int, ...]:
    """Attempts that may have been typed, of which nothing on record says what came of them, since it was last seen to
    be taken, or that it was not."""
    back = max((at for at, step in enumerate(history, 1) if _settles(step)), default=0)
    since = zip(history[back:], (*history[back + 1 :], None), strict=False)
    return tuple(step.attempt for step, after in since if step.state in TYPED and _left_open(after))


def _settles(step: Step) -> bool:
    return step.evidence == TAKEN_BACK or step.state == Delivery.SUBMITTED.value


def _left_open(after: Step | None) -> bool:
    """Whether nothing was said of an attempt before this."""
    return after is None or after.state in UNSAID or tells_nothing(after.evidence)


def unknown(history: tuple[Step, ...]) -> int:
    """How many attempts may have been taken, since it was last handed out anew."""
    _, forgiven = counted(history)
    return sum(attempt > forgiven for attempt in unproved(history))


def taken(history: tuple[Step, ...]) -> int:
    """How often it was taken and waited again, since it was last handed out anew."""
    times = 0
    for before, step in pairwise(history):
        if step.state == Delivery.ACCEPTED.value:
            times = times + (before.state == Delivery.SUBMITTED.value) if before.state in UNDER_WAY else 0
    return times


def not_ended(times: int) -> str:
    """What the end of a message that was taken, and waited again, says too."""
    return f"; taken {often(times)}, and it did not come to its end" if times else ""


def not_known(times: int) -> str:
    """What the end of a message that may have been taken says too."""
    return f"; typed {often(times)}, whether it was taken is not known" if times else ""
