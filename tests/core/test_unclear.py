"""A peer of which nobody can tell whether it is stopped: nothing is started, nothing given, nothing ended."""

import pytest
from msgspec.structs import replace

from peerd.core.action import Kill, LookForWork
from peerd.core.decide import decide
from peerd.core.event import DeadlinePassed, StartRequested, StopRequested
from peerd.core.state import Past, Peer, Waiting
from peerd.model.peer import Activity, Phase, Want
from tests.build import ADA, M1, M2, running, spec, waiting

TASK = Waiting(M2, attempts=1, deadline_s=5.0)
UNCLEAR = running(want=Want.DOWN, unclear=True, queue=waiting(M1))


def test_its_session_is_left_alone_and_given_nothing():
    decided = decide(UNCLEAR, DeadlinePassed(ADA), 1.0)

    assert (decided.peer.phase, decided.peer.lease) == (Phase.RUNNING, None)


def test_a_stop_ends_its_session():
    assert any(isinstance(each, Kill) for each in decide(UNCLEAR, StopRequested(ADA), 1.0).actions)


def test_a_start_gives_it_what_waits():
    decided = decide(UNCLEAR, StartRequested(ADA), 1.0)

    assert (decided.peer.unclear, decided.peer.lease is not None) == (False, True)


@pytest.mark.parametrize(
    "unclear",
    [
        UNCLEAR,
        replace(UNCLEAR, queue=()),
        replace(UNCLEAR, spec=spec(wake_policy="ephemeral"), single=True, turn=TASK, due=5.0, activity=Activity.BUSY),
        replace(UNCLEAR, hurry=True),
        replace(UNCLEAR, kind="service", past=Past(marked=True)),
        replace(UNCLEAR, phase=Phase.STARTING, deadline=240.0, ready=False),
    ],
    ids=["waits for it", "idle", "late", "to be replaced at once", "a service to be replaced", "boots"],
)
def test_nothing_ends_its_session_however_long_it_takes(unclear: Peer):
    for now in (10.0, 1e3, 1e4, 1e5):
        decided = decide(unclear, DeadlinePassed(ADA), now)
        assert not any(isinstance(action, Kill | LookForWork) for action in decided.actions)
        unclear = decided.peer
