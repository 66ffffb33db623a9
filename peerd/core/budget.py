"""How much one peer may send to one other: so many messages within a window."""

import msgspec


class Budget(msgspec.Struct, frozen=True):
    rate: int
    window_s: float


def again_s(nth_last: float | None, now: float, budget: Budget) -> float | None:
    """Seconds until one more may be sent; None where it may be now. `nth_last`: when the last but (rate - 1) was
    accepted, None where there were not so many. Both times are of one clock, and it is not to come."""
    if nth_last is None:
        return None
    left_s = nth_last + budget.window_s - now
    return left_s if left_s > 0 else None


class Refusals(msgspec.Struct, frozen=True):
    """Of what one sender sent one target beyond its budget. Times are monotonic seconds."""

    count: int
    last: float
    noted: float  # when it was told of
    windows: int = 1  # on end in which it was


def refused_once_more(known: Refusals | None, now: float, budget: Budget) -> tuple[Refusals, bool]:
    """And whether that is to be told: once a window."""
    if known is None:
        return Refusals(1, now, now), True
    since = now - known.noted
    if since < budget.window_s:
        return Refusals(known.count + 1, now, known.noted, known.windows), False
    return Refusals(known.count + 1, now, now, known.windows + 1 if since < 2 * budget.window_s else 1), True
