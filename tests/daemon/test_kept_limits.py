"""What the next daemon makes of a limit that is on record."""

import pytest

from peerd.core.limit import LIMIT_MAX_S
from peerd.daemon.limits import recalled
from peerd.edges import clock
from peerd.model.limit import LimitKind
from peerd.store.limited import KeptLimit

YEAR_S = 365 * 86_400.0


@pytest.mark.parametrize(("over_in_s", "left_s"), [(60.0, 60.0), (YEAR_S, LIMIT_MAX_S)], ids=["a minute", "a year"])
def test_it_holds_for_as_long_as_it_did_and_a_month_at_most_where_the_clock_was_set_back(
    over_in_s: float, left_s: float
):
    kept = KeptLimit(LimitKind.RATE_LIMIT, clock.wall() + over_in_s, told=False, times=1)

    known = recalled(kept)

    assert known is not None
    assert known.until is not None
    assert known.until - clock.now() == pytest.approx(left_s, abs=1.0)
