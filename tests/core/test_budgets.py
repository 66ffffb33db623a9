"""What one peer may send another, and when again; time is an argument."""

import pytest

from peerd.core.budget import Budget, Refusals, again_s, refused_once_more

BUDGET = Budget(rate=3, window_s=60.0)


@pytest.mark.parametrize(
    ("nth_last", "left_s"),
    [
        pytest.param(None, None, id="not so many were sent"),
        pytest.param(990.0, 50.0, id="the third last is in the window"),
        pytest.param(1000.0, 60.0, id="all were sent now"),
        pytest.param(940.0, None, id="it has just left the window"),
    ],
)
def test_one_more_may_be_sent_once_the_window_holds_fewer(nth_last: float | None, left_s: float | None):
    assert again_s(nth_last, 1000.0, BUDGET) == left_s


def test_a_pair_is_told_of_once_a_window():
    known, told = None, []
    for now in (0.0, 1.0, 59.0, 60.0, 61.0, 119.0, 120.0):
        known, due = refused_once_more(known, now, BUDGET)
        told.append((now, due))

    assert [now for now, due in told if due] == [0.0, 60.0, 120.0]
    assert known == Refusals(count=7, last=120.0, noted=120.0, windows=3)


def test_windows_are_counted_as_long_as_one_follows_the_other():
    known, told = None, []
    for now in (0.0, 60.0, 119.0, 185.0, 310.0):
        known, _ = refused_once_more(known, now, BUDGET)
        told.append(known.windows)

    assert told == [1, 2, 2, 1, 1]
