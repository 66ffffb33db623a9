"""A peer of which nobody can tell whether it is stopped: nothing is started, nothing given, nothing ended."""

from peerd.core.action import Kill
from peerd.core.decide import decide
from peerd.core.event import DeadlinePassed, StartRequested, StopRequested
from peerd.model.peer import Phase, Want
from tests.build import ADA, M1, running, waiting

UNCLEAR = running(want=Want.DOWN, unclear=True, queue=waiting(M1))


def test_its_session_is_left_alone_and_given_nothing():
    decided = decide(UNCLEAR, DeadlinePassed(ADA), 1.0)

    assert (decided.peer.phase, decided.peer.lease) == (Phase.RUNNING, None)


def test_a_stop_ends_its_session():
    assert any(isinstance(each, Kill) for each in decide(UNCLEAR, StopRequested(ADA), 1.0).actions)


def test_a_start_gives_it_what_waits():
    decided = decide(UNCLEAR, StartRequested(ADA), 1.0)

    assert (decided.peer.unclear, decided.peer.lease is not None) == (False, True)
