"""What may have been taken by an ephemeral session, and nobody knows: it takes no other task then."""

from msgspec.structs import replace

from peerd.core.action import Deliver
from peerd.core.decide import decide
from peerd.core.event import CancelRequested, DeadlinePassed, SessionAdopted, SessionReady
from peerd.core.state import Waiting
from peerd.model.message import first_id
from peerd.model.peer import Activity, Phase
from tests.build import ADA, M1, M2, S1, peer, spec

EPHEMERAL = spec(wake_policy="ephemeral")


def test_a_first_message_that_is_never_seen_taken_keeps_no_task_from_its_session():
    known = peer(spec=EPHEMERAL, phase=Phase.STARTING, session=S1, single=True, queue=(Waiting(M1),))
    known = decide(known, SessionReady(ADA, S1, first_id(S1)), now=0.0).peer

    while known.lease is not None and known.lease.waiting.first:
        known = decide(known, DeadlinePassed(ADA), now=known.lease.deadline).peer

    assert known.lease is not None
    assert known.lease.waiting.id == M1


def given(adopted: SessionAdopted) -> bool:
    """Whether a session that the next daemon found alive gets the second task, once the first one is cancelled."""
    known = peer(spec=EPHEMERAL, queue=(Waiting(M1, attempts=1, unknown=1), Waiting(M2)), paused=True)
    known = decide(known, adopted, now=0.0).peer
    known = decide(known, CancelRequested(ADA, M1, "by operator"), now=1.0).peer
    decided = decide(replace(known, paused=False), DeadlinePassed(ADA), now=2.0)
    return any(isinstance(action, Deliver) and action.message == M2 for action in decided.actions)


def test_the_next_daemon_knows_what_was_typed_into_this_session():
    assert not given(SessionAdopted(ADA, S1, True, Activity.IDLE, None, doubt=M1))


def test_what_was_typed_into_another_session_keeps_nothing_from_this_one():
    assert given(SessionAdopted(ADA, S1, True, Activity.IDLE, None))
