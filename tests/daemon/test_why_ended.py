"""Why a message failed, for whoever waits for it."""

import pytest

from peerd.daemon.cancellation import undelivered
from peerd.model.message import TAKEN_LATE, Delivery, Receipt, Step
from tests.build import message

WHY = "not delivered in time; typed once, whether it was taken is not known"


@pytest.mark.parametrize("late", [0, 1, 2])
def test_that_it_was_taken_after_all_is_not_why_a_message_failed(late: int):
    told = (WHY, *[f"{TAKEN_LATE}: its id is in the journal of s-1"] * late)
    steps = tuple(Step(at=0.0, state="expired", attempt=1, evidence=each) for each in told)

    assert undelivered(Receipt(message=message(), state=Delivery.EXPIRED, task=None, history=steps)) == WHY
