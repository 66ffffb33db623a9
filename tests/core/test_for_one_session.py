"""A message that is for one session alone is given to no other, and wakes nobody once that is over."""

import pytest

from peerd.core.action import Deliver, Drop, Spawn
from peerd.core.decide import decide
from peerd.core.event import MessageAccepted, SessionExited
from peerd.core.state import Peer, Waiting
from peerd.model.message import Delivery
from peerd.model.session import End, EndCause
from tests.build import ADA, M1, M2, S1, S2, peer, running, spec

WORD = Waiting(M1, task=False, reply_to=M2, for_session=S1)
OVER = Drop(ADA, M1, 0, Delivery.CANCELLED, "s-1, which it was for, has ended")


def test_its_session_is_given_it():
    assert Deliver(ADA, S1, M1, 1) in decide(running(), MessageAccepted(ADA, WORD), now=0.0).actions


@pytest.mark.parametrize("other", [peer(), running(session=S2)], ids=["asleep", "another"])
def test_where_that_is_over_it_is_dropped_and_nothing_is_begun_for_it(other: Peer):
    assert decide(other, MessageAccepted(ADA, WORD), now=0.0).actions == (OVER,)


def test_it_goes_with_its_session():
    busy = running(spec=spec(wake_policy="ephemeral"), queue=(WORD, Waiting(M2)), finished=True)

    over = decide(busy, SessionExited(ADA, S1, End(EndCause.FINISHED)), now=1.0)

    assert OVER in over.actions
    assert [each.id for each in over.peer.queue] == [M2]
    assert any(isinstance(each, Spawn) for each in over.actions)
