"""What may have been taken, and nobody knows: an ephemeral session takes no other task then, and what is to be handed
over once only is given to no other session."""

import pytest
from msgspec.structs import replace

from peerd.core.action import Deliver, GiveUp, Requeue
from peerd.core.decide import decide
from peerd.core.event import (
    CancelRequested,
    DeadlinePassed,
    DeliveryLost,
    Entered,
    MessageAccepted,
    SessionAdopted,
    SessionExited,
    SessionReady,
    TakenBack,
    TurnLost,
)
from peerd.core.state import Lease, Peer, Terms, Waiting
from peerd.core.tally import Tally
from peerd.model.attempt import AttemptEnd
from peerd.model.message import first_id
from peerd.model.peer import Activity, Phase
from peerd.model.session import End, EndCause
from tests.build import ADA, M1, M2, S1, peer, spec

STOPPED = End(EndCause.STOPPED)
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
    known = peer(
        spec=EPHEMERAL, queue=(Waiting(M1, attempts=1, tally=Tally(in_vain=1, unknown=1)), Waiting(M2)), paused=True
    )
    known = decide(known, adopted, now=0.0).peer
    known = decide(known, CancelRequested(ADA, M1, "by operator"), now=1.0).peer
    decided = decide(replace(known, paused=False), DeadlinePassed(ADA), now=2.0)
    return any(isinstance(action, Deliver) and action.message == M2 for action in decided.actions)


def test_the_next_daemon_knows_what_was_typed_into_this_session():
    assert not given(SessionAdopted(ADA, S1, True, Activity.IDLE, None, doubts=(M1,)))


def test_what_was_typed_into_another_session_keeps_nothing_from_this_one():
    assert given(SessionAdopted(ADA, S1, True, Activity.IDLE, None))


def handed_over(task_attempts: int = 1) -> Peer:
    lease = Lease(Waiting(M1, attempts=1), deadline=30.0)
    awake = peer(task_attempts=task_attempts, phase=Phase.RUNNING, session=S1, activity=Activity.IDLE)
    return replace(awake, lease=lease, ready=True)


def entered(task_attempts: int = 1) -> Peer:
    return decide(handed_over(task_attempts), Entered(ADA, S1, M1), now=0.0).peer


def ended(known: Peer, end: End = STOPPED) -> tuple[object, ...]:
    actions = decide(known, SessionExited(ADA, S1, end), now=50.0).actions
    return tuple(action for action in actions if isinstance(action, GiveUp | Requeue))


LEFT_OPEN = "session ended (stopped) after it was entered: it may have been taken"
GIVEN_UP = (GiveUp(ADA, M1, 1, f"{LEFT_OPEN}; not delivered again", False, AttemptEnd.ENTERED),)

TOLD_BEFORE = (replace(GIVEN_UP[0], outcome=None),)
"""What became of the attempt is on record already."""


def test_what_was_entered_and_is_to_be_handed_over_once_is_dead_after_any_end():
    assert ended(entered()) == GIVEN_UP


def test_what_was_not_entered_yet_waits_again():
    assert ended(handed_over()) == (
        Requeue(ADA, M1, 1, "session ended (stopped) while it was handed over", AttemptEnd.CUT_SHORT),
    )


def test_what_may_be_handed_over_more_than_once_waits_again_as_one_that_may_have_been_taken():
    over = decide(entered(task_attempts=3), SessionExited(ADA, S1, End(EndCause.KILLED, signal=9)), now=50.0)

    assert over.peer.queue == (Waiting(M1, attempts=1, tally=Tally(in_vain=1, deaths=1, unknown=1)),)


def test_what_waits_again_by_then_is_dead_too():
    overdue = decide(replace(entered(), paused=True), DeadlinePassed(ADA), now=30.0).peer

    assert overdue.queue == (Waiting(M1, attempts=1, tally=Tally(in_vain=1, unknown=1)),)
    assert ended(overdue) == TOLD_BEFORE


@pytest.mark.parametrize(
    "known",
    [
        DeliveryLost(ADA, S1, M1, "3 Enters had no effect"),
        TakenBack(ADA, M1),
    ],
    ids=["surely not submitted", "taken back"],
)
def test_what_is_known_not_to_be_taken_after_all_waits_again(known: DeliveryLost | TakenBack):
    held_back = replace(entered(), paused=True)

    told = decide(held_back, known, now=1.0).peer

    assert not any(isinstance(action, GiveUp) for action in ended(told))


def test_what_somebody_has_handed_out_anew_waits_again():
    overdue = decide(replace(entered(), paused=True), DeadlinePassed(ADA), now=30.0).peer
    gone = decide(overdue, CancelRequested(ADA, M1, "by operator"), now=31.0).peer
    anew = decide(gone, MessageAccepted(ADA, Waiting(M1, attempts=1)), now=32.0).peer

    assert ended(anew) == ()


@pytest.mark.parametrize("waits", [False, True], ids=["on its way", "waiting again"])
def test_the_next_daemon_decides_the_same_of_a_session_that_is_over(waits: bool):
    message = Waiting(M1, attempts=1, tally=Tally(in_vain=int(waits), unknown=int(waits)))
    lost = TurnLost(ADA, S1, message, STOPPED, taken=False, terms=Terms("tui", 1), entered=True)

    recalled = decide(peer(queue=(message,) if waits else (), paused=True), lost, now=0.0)

    assert recalled.peer.queue == ()
    assert tuple(action for action in recalled.actions if isinstance(action, GiveUp | Requeue)) == (
        TOLD_BEFORE if waits else GIVEN_UP
    )


def test_so_it_does_of_one_that_dies_later():
    leased = SessionAdopted(ADA, S1, True, Activity.IDLE, None, leased=Waiting(M1, attempts=1), entered=M1)
    adopted = decide(peer(task_attempts=1, paused=True), leased, now=0.0).peer

    assert ended(adopted) == TOLD_BEFORE
