"""A message's way through the core: waits, is leased, is taken, ends."""

import pytest
from msgspec.structs import replace

from peerd.core.action import Decision, Deliver, GiveUp, NoteHold, RecordSubmitted, RecordTurn, Requeue, Spawn
from peerd.core.decide import decide, next_deadline
from peerd.core.event import (
    ActivitySeen,
    DeadlinePassed,
    DeliveryHeld,
    DeliveryLost,
    MessageAccepted,
    MessageSubmitted,
    SessionAdopted,
    SessionExited,
    TaskOver,
    TurnEnded,
    TurnLost,
)
from peerd.core.record import record
from peerd.core.requeue import DELIVERY_ATTEMPTS_MAX, NOBODY_WATCHED
from peerd.core.state import Lease, Waiting
from peerd.core.tally import Tally
from peerd.model.attempt import AttemptEnd
from peerd.model.message import Hold
from peerd.model.peer import Activity, Want
from peerd.model.session import End, EndCause
from tests.build import ADA, M1, M2, S1, lease, peer, running, waiting

KILLED = End(EndCause.KILLED, signal=9)


def test_a_message_to_a_sleeping_peer_wakes_it():
    decision = decide(peer(), MessageAccepted(ADA, Waiting(M1)), now=0.0)

    assert decision.actions == (Spawn(ADA, "fresh", "message", "not parked"), NoteHold(ADA, M1, Hold.STARTING))


def test_a_message_to_an_idle_peer_is_leased_and_delivered():
    decision = decide(running(), MessageAccepted(ADA, Waiting(M1)), now=0.0)

    assert decision.peer == running(lease=lease(M1))
    assert decision.actions == (Deliver(ADA, S1, M1, 1),)


def test_a_message_waits_while_the_peer_is_busy_and_its_sender_is_told():
    decision = decide(running(activity=Activity.BUSY), MessageAccepted(ADA, Waiting(M1)), now=0.0)

    assert decision.peer.queue == waiting(M1)
    assert decision.actions == (NoteHold(ADA, M1, Hold.BUSY),)


def test_unknown_never_types():
    decision = decide(running(activity=Activity.UNKNOWN), MessageAccepted(ADA, Waiting(M1)), now=0.0)

    assert decision.actions == (NoteHold(ADA, M1, Hold.BUSY),)


def test_the_second_message_waits_for_the_turn_of_the_first_to_end():
    first = decide(running(), MessageAccepted(ADA, Waiting(M1)), now=0.0).peer
    both = decide(first, MessageAccepted(ADA, Waiting(M2)), now=0.0).peer
    taken = decide(both, MessageSubmitted(ADA, S1, M1), now=0.1)
    assert taken.actions == (RecordSubmitted(ADA, S1, M1, 1), NoteHold(ADA, M2, Hold.BUSY))

    ended = decide(taken.peer, TurnEnded(ADA, S1, M1, 0, "done"), now=0.2)

    assert ended.actions == (RecordTurn(ADA, S1, M1, 0, "done"), Deliver(ADA, S1, M2, 1))


def test_a_held_delivery_does_not_count_as_an_attempt_and_is_tried_again():
    leased = running(lease=lease(M1))

    held = decide(leased, DeliveryHeld(ADA, S1, M1, Hold.DRAFT), now=5.0)
    assert held.actions == (NoteHold(ADA, M1, Hold.DRAFT),)
    assert next_deadline(held.peer) == 5.1

    assert decide(held.peer, DeadlinePassed(ADA), now=5.1).actions == (Deliver(ADA, S1, M1, 1),)


def test_looks_at_a_held_message_grow_apart():
    state, gaps, now = running(lease=lease(M1)), [], 0.0
    for _ in range(8):
        held = decide(state, DeliveryHeld(ADA, S1, M1, Hold.DRAFT), now).peer
        due = next_deadline(held)
        assert due is not None
        gaps.append(round(due - now, 3))
        state, now = decide(held, DeadlinePassed(ADA), due).peer, due

    assert gaps == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0]


def test_a_change_of_activity_looks_again_at_once():
    held = decide(running(lease=lease(M1)), DeliveryHeld(ADA, S1, M1, Hold.PROMPT), now=5.0).peer
    blocked = decide(held, ActivitySeen(ADA, S1, Activity.BLOCKED), now=5.01).peer

    assert decide(blocked, ActivitySeen(ADA, S1, Activity.IDLE), now=5.02).actions[-1] == Deliver(ADA, S1, M1, 1)


def test_a_lost_delivery_is_typed_again_as_the_next_attempt():
    lost = decide(running(lease=lease(M1)), DeliveryLost(ADA, S1, M1, "not seen"), now=1.0)
    assert lost.actions[0] == Requeue(ADA, M1, 1, "not seen", AttemptEnd.NOT_TAKEN)

    assert decide(lost.peer, DeadlinePassed(ADA), now=1.1).actions == (Deliver(ADA, S1, M1, 2),)


def test_a_message_typed_too_often_in_vain_is_a_dead_letter():
    often = Tally(in_vain=DELIVERY_ATTEMPTS_MAX - 1)
    last = running(lease=Lease(Waiting(M1, attempts=DELIVERY_ATTEMPTS_MAX, tally=often), 30.0))

    lost = decide(last, DeliveryLost(ADA, S1, M1, "not seen"), now=1.0)

    assert lost.actions == (GiveUp(ADA, M1, 5, "typed 5 times in vain: not seen", False, AttemptEnd.NOT_TAKEN),)
    assert lost.peer.lease is None
    assert lost.peer.queue == ()


def test_an_overdue_lease_is_delivered_again_with_the_next_attempt():
    leased = running(lease=lease(M1, deadline=30.0))

    decision = decide(leased, DeadlinePassed(ADA), now=30.0)

    assert decision.actions == (
        Requeue(ADA, M1, 1, "no evidence of its submission in time", AttemptEnd.UNKNOWN),
        Deliver(ADA, S1, M1, 2),
    )


def test_late_evidence_takes_a_message_out_of_the_queue_again():
    again = running(queue=(Waiting(M1, attempts=1),), activity=Activity.BUSY)

    decision = decide(again, MessageSubmitted(ADA, S1, M1), now=0.0)

    assert decision.peer.queue == ()
    assert decision.actions == (RecordSubmitted(ADA, S1, M1, 1),)


def test_late_evidence_of_one_message_leaves_the_lease_of_another():
    both = running(lease=lease(M2), queue=(Waiting(M1, attempts=1),))

    taken = decide(both, MessageSubmitted(ADA, S1, M1), now=0.0).peer

    assert taken.lease == lease(M2)
    assert taken.turn == Waiting(M1, attempts=1)


def test_a_message_never_typed_is_not_taken_for_submitted():
    busy = running(queue=waiting(M1), activity=Activity.BUSY, noted=Hold.BUSY)

    assert decide(busy, MessageSubmitted(ADA, S1, M1), now=0.0).peer.queue == waiting(M1)


def test_a_leased_message_survives_the_death_of_its_session_which_counts():
    died = decide(running(lease=lease(M1), queue=waiting(M2)), SessionExited(ADA, S1, KILLED), now=0.0).peer

    assert died.queue == (Waiting(M1, attempts=1, tally=Tally(in_vain=1, deaths=1)), Waiting(M2))


def killed_on_the_way(**changes: object) -> Decision:
    """For the third time."""
    leased = running(lease=Lease(Waiting(M1, attempts=3, tally=Tally(in_vain=2, deaths=2)), 30.0), **changes)
    return decide(leased, SessionExited(ADA, S1, KILLED), now=0.0)


def test_a_task_on_the_way_to_which_its_session_dies_again_and_again_is_a_dead_letter():
    why = "session ended (killed) while it was handed over, its session died 3 times at it or on the way to it"

    assert killed_on_the_way().actions[0] == GiveUp(ADA, M1, 3, f"{why}; not delivered again", False, AttemptEnd.DIED)


def test_a_command_that_was_not_seen_to_be_taken_may_be_typed_again_five_times_whatever_dies():
    died = killed_on_the_way(task_attempts=1)

    assert died.peer.queue == (Waiting(M1, attempts=3, tally=Tally(in_vain=3, deaths=3)),)
    assert isinstance(died.actions[0], Requeue)


@pytest.mark.parametrize("cause", [EndCause.STOPPED, EndCause.REPLACED])
def test_a_task_on_the_way_to_which_its_session_is_ended_by_us_has_lost_no_attempt_for_it(cause: EndCause):
    leased = running(lease=Lease(Waiting(M1, attempts=3, tally=Tally(in_vain=2, deaths=2)), 30.0), want=Want.DOWN)

    assert decide(leased, SessionExited(ADA, S1, End(cause)), now=0.0).peer.queue == (
        Waiting(M1, 3, tally=Tally(in_vain=2, deaths=2)),
    )


def test_a_task_whose_session_died_is_open_again_before_what_came_later():
    busy = running(activity=Activity.BUSY, turn=Waiting(M1, attempts=1), queue=waiting(M2))

    died = decide(busy, SessionExited(ADA, S1, KILLED), now=0.0)

    assert died.peer.queue == (Waiting(M1, attempts=1, tally=Tally(deaths=1, taken=1)), Waiting(M2))
    assert died.actions[0] == Requeue(ADA, M1, 1, "session ended (killed) before the turn did", AttemptEnd.DIED_AT_IT)


def test_an_answer_once_submitted_is_not_handed_over_again():
    busy = running(activity=Activity.BUSY, turn=Waiting(M1, attempts=1, task=False))

    assert decide(busy, SessionExited(ADA, S1, KILLED), now=0.0).peer.queue == ()


def test_a_task_that_kills_its_session_again_and_again_is_a_dead_letter():
    busy = running(activity=Activity.BUSY, turn=Waiting(M1, attempts=3, tally=Tally(deaths=2)))

    died = decide(busy, SessionExited(ADA, S1, KILLED), now=0.0)

    why = "session ended (killed) before the turn did, its session died 3 times at it or on the way to it"
    assert died.actions[0] == GiveUp(ADA, M1, 3, f"{why}; not delivered again", True, AttemptEnd.DIED_AT_IT)


@pytest.mark.parametrize("cause", [EndCause.STOPPED, EndCause.REPLACED])
def test_a_task_whose_session_the_operator_ends_has_lost_no_attempt_for_it(cause: EndCause):
    busy = running(activity=Activity.BUSY, turn=Waiting(M1, attempts=3, tally=Tally(deaths=2)), want=Want.DOWN)

    ended = decide(busy, SessionExited(ADA, S1, End(cause)), now=0.0)

    assert ended.peer.queue == (Waiting(M1, attempts=3, tally=Tally(deaths=2, taken=1)),)


def test_a_command_is_not_handed_over_twice_though_the_operator_ended_it():
    busy = running(activity=Activity.BUSY, turn=Waiting(M1, attempts=1), want=Want.DOWN, task_attempts=1)

    ended = decide(busy, SessionExited(ADA, S1, End(EndCause.STOPPED)), now=0.0)

    assert ended.peer.queue == ()
    assert isinstance(ended.actions[0], GiveUp)


def test_a_task_answered_in_mid_turn_is_not_open_again_when_its_session_dies():
    busy = running(activity=Activity.BUSY, turn=Waiting(M1, attempts=1), queue=waiting(M2))

    answered = decide(busy, TaskOver(ADA, M1), now=0.0).peer
    died = decide(answered, SessionExited(ADA, S1, KILLED), now=1.0).peer

    assert died.queue == waiting(M2)


def test_a_task_answered_while_it_waits_again_need_not_be_handed_over():
    again = running(
        activity=Activity.BUSY,
        queue=(Waiting(M1, attempts=1, tally=Tally(in_vain=1, deaths=1)), Waiting(M2)),
        noted=Hold.BUSY,
    )

    assert decide(again, TaskOver(ADA, M1), now=0.0).peer.queue == waiting(M2)


def test_a_task_whose_session_has_its_end_on_record_is_open_again():
    lost = decide(peer(), TurnLost(ADA, S1, Waiting(M1, attempts=1), KILLED), now=0.0)

    assert lost.peer.queue == (Waiting(M1, attempts=1, tally=Tally(deaths=1, taken=1)),)
    assert lost.actions[0] == Requeue(ADA, M1, 1, "session ended (killed) before the turn did", AttemptEnd.DIED_AT_IT)


def test_a_task_that_was_on_its_way_into_a_session_which_has_its_end_on_record_waits_again():
    lost = decide(peer(), TurnLost(ADA, S1, Waiting(M1, attempts=1), KILLED, taken=False), now=0.0)

    assert lost.peer.queue == (Waiting(M1, attempts=1, tally=Tally(in_vain=1, deaths=1)),)
    assert lost.actions[0] == Requeue(ADA, M1, 1, "session ended (killed) while it was handed over", AttemptEnd.DIED)


def test_one_that_the_last_daemon_was_typing_is_typed_again_unless_it_is_heard_that_it_was_taken():
    adopted = SessionAdopted(ADA, S1, True, Activity.IDLE, None, leased=Waiting(M1, attempts=1))
    known = record(peer(), adopted, now=5.0).peer

    assert decide(known, MessageSubmitted(ADA, S1, M1), now=5.0).actions == (RecordSubmitted(ADA, S1, M1, 1),)
    again = decide(known, DeadlinePassed(ADA), now=5.0).actions
    assert again == (Requeue(ADA, M1, 1, NOBODY_WATCHED, AttemptEnd.UNWATCHED), Deliver(ADA, S1, M1, 2))


def test_a_turn_of_a_human_ends_no_task():
    busy = running(activity=Activity.BUSY)

    assert decide(busy, TurnEnded(ADA, S1, None), now=0.0).actions == ()


def test_settling_again_does_nothing():
    decided = decide(peer(), MessageAccepted(ADA, Waiting(M1)), now=0.0).peer

    assert decide(decided, DeadlinePassed(ADA), now=0.0).actions == ()


def test_a_lease_names_the_head_of_the_queue():
    state = replace(running(), queue=waiting(M1, M2), activity=Activity.BUSY)

    leased = decide(state, ActivitySeen(ADA, S1, Activity.IDLE), now=0.0).peer

    assert leased.lease == Lease(Waiting(M1, attempts=1), 30.0)
    assert leased.queue == waiting(M2)


def test_an_answer_proves_that_its_message_was_taken_though_the_runtime_did_not_say_so():
    leased = decide(running(), MessageAccepted(ADA, Waiting(M1)), now=0.0).peer

    answered = decide(leased, TaskOver(ADA, M1), now=1.0).peer
    later = decide(answered, DeadlinePassed(ADA), now=1000.0)

    assert (answered.lease, answered.turn and answered.turn.id) == (None, M1)
    assert (later.actions, later.peer.queue) == ((), ())
