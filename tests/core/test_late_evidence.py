"""What was typed and is not delivered any more: its end says that it may have been taken, late evidence says it was."""

import pytest
from msgspec.structs import replace

from peerd.core.action import Deliver, Drop, GiveUp, NoteLate, RecordSubmitted, RecordTurn
from peerd.core.decide import decide
from peerd.core.event import (
    CancelRequested,
    DeadlinePassed,
    DeliveryBarred,
    DeliveryLost,
    DeliverySpoilt,
    DeliveryVanished,
    Event,
    MessageAccepted,
    MessageSubmitted,
    SessionAdopted,
    SessionExited,
    TakenBack,
    TurnEnded,
)
from peerd.core.state import Lease, Waiting
from peerd.core.tally import Tally
from peerd.model.message import Delivery, MessageId, first_id
from peerd.model.peer import Activity
from peerd.model.session import End, EndCause
from tests.build import ADA, M1, M2, S1, lease, peer, running, spec

EPHEMERAL = spec(wake_policy="ephemeral")
NOT_KNOWN = "whether it was taken is not known"


def cancelled(waiting: Waiting) -> str:
    """What is said of it."""
    held = running(queue=(waiting,), paused=True)
    (drop,) = decide(held, CancelRequested(ADA, M1, "by operator"), now=0.0).actions
    assert isinstance(drop, Drop)
    return drop.why


@pytest.mark.parametrize(
    ("waiting", "said"),
    [
        (Waiting(M1, attempts=1, tally=Tally(in_vain=1, unknown=1)), f"by operator; typed once, {NOT_KNOWN}"),
        (Waiting(M1, attempts=5, tally=Tally(in_vain=3, unknown=3)), f"by operator; typed 3 times, {NOT_KNOWN}"),
        (Waiting(M1, attempts=2), "by operator"),
    ],
    ids=["once", "thrice since it was handed out anew", "what came of it is known"],
)
def test_one_that_was_typed_and_is_cancelled_says_so(waiting: Waiting, said: str):
    assert cancelled(waiting) == said


OVERDUE = DeadlinePassed(ADA)
LOST = DeliveryLost(ADA, S1, M1, "Enter had no effect")
TAKEN = MessageSubmitted(ADA, S1, M1)
STOPPED = SessionExited(ADA, S1, End(EndCause.STOPPED))


@pytest.mark.parametrize(
    ("happened", "said"),
    [
        ((OVERDUE,), f"by operator; typed 2 times, {NOT_KNOWN}"),
        ((LOST,), f"by operator; typed once, {NOT_KNOWN}"),
        ((LOST, TakenBack(ADA, M1)), "by operator"),
        ((TAKEN, STOPPED), "by operator; taken once, and it did not come to its end"),
        ((OVERDUE, TAKEN, STOPPED), "by operator; taken once, and it did not come to its end"),
        ((STOPPED,), f"by operator; typed once, {NOT_KNOWN}"),
    ],
    ids=["no evidence", "proved lost", "and both taken back", "taken", "taken late", "its session ended on the way"],
)
def test_only_attempts_of_which_nothing_tells_are_said_to_be_unknown(happened: tuple[Event, ...], said: str):
    """One attempt before this was not seen taken, and this one's time is over."""
    peer = running(lease=Lease(Waiting(M1, attempts=2, tally=Tally(in_vain=1, unknown=1)), 0.0), paused=True)
    for event in happened:
        peer = decide(peer, event, now=1.0).peer

    cancelled = decide(peer, CancelRequested(ADA, M1, "by operator"), now=1.0)

    assert cancelled.actions == (Drop(ADA, M1, 2, Delivery.CANCELLED, said),)


def test_one_that_may_have_been_taken_and_left_no_trace_is_a_dead_letter_after_the_attempts_it_had():
    again = running(lease=lease(M1, attempt=2), queue=(Waiting(M2),))

    gone = decide(again, DeliveryVanished(ADA, S1, M1, "gone"), now=1.0)
    other = decide(again, DeliveryVanished(ADA, S1, M2, "gone"), now=1.0)

    assert gone.actions == (GiveUp(ADA, M1, 1, "gone", False), Deliver(ADA, S1, M2, 1))
    assert other.peer == again


def test_one_whose_files_are_lost_is_a_dead_letter_that_says_what_came_of_it_before_and_holds_up_nobody():
    typed = Waiting(M1, attempts=2, tally=Tally(in_vain=1, unknown=1))
    lost = decide(running(lease=Lease(typed, 30.0), queue=(Waiting(M2),)), DeliverySpoilt(ADA, S1, M1, "gone"), now=1.0)

    assert lost.actions == (
        GiveUp(ADA, M1, 1, f"gone; typed once, {NOT_KNOWN}", submitted=False),
        Deliver(ADA, S1, M2, 1),
    )


def test_one_that_its_session_would_run_is_cancelled_says_what_came_of_it_before_and_holds_up_nobody():
    typed = Waiting(M1, attempts=2, tally=Tally(in_vain=1, unknown=1))
    barred = running(lease=Lease(typed, 30.0), queue=(Waiting(M2),))

    cancelled = decide(barred, DeliveryBarred(ADA, S1, M1, "it would be run"), now=1.0)

    assert cancelled.actions == (
        Drop(ADA, M1, 1, Delivery.CANCELLED, f"it would be run; typed once, {NOT_KNOWN}"),
        Deliver(ADA, S1, M2, 1),
    )
    assert decide(barred, DeliveryBarred(ADA, S1, M2, "it would be run"), now=1.0).peer == barred


def test_one_that_was_typed_and_expires_says_so():
    typed = running(queue=(Waiting(M1, attempts=1, expires_at=60.0, tally=Tally(in_vain=1, unknown=1)),), paused=True)

    (drop,) = decide(typed, DeadlinePassed(ADA), now=60.0).actions

    assert drop == Drop(ADA, M1, 1, Delivery.EXPIRED, f"not delivered in time; typed once, {NOT_KNOWN}")


def test_one_that_was_taken_and_expires_while_it_waits_again_says_so():
    dies = replace(running(turn=Waiting(M1, attempts=1, expires_at=60.0)), activity=Activity.BUSY)
    again = decide(dies, SessionExited(ADA, S1, End(EndCause.KILLED)), now=59.9).peer

    drop = decide(again, DeadlinePassed(ADA), now=60.0).actions[0]

    why = "not delivered again in time; taken once, and it did not come to its end"
    assert drop == Drop(ADA, M1, 1, Delivery.EXPIRED, why)


def test_late_evidence_of_it_is_told_and_a_session_for_one_task_takes_no_other():
    late = decide(running(spec=EPHEMERAL, doubts=(M1,)), MessageSubmitted(ADA, S1, M1), now=0.0)
    assert late.actions == (NoteLate(ADA, S1, M1),)

    idle = replace(late.peer, activity=Activity.IDLE)
    given = decide(idle, MessageAccepted(ADA, Waiting(M2)), now=1.0)

    assert given.peer.queue == (Waiting(M2),)
    assert not any(isinstance(action, Deliver) for action in given.actions)


def test_one_that_has_had_its_task_takes_no_other_because_the_turn_of_its_first_message_is_open_still():
    """That was given up, and told of late, before the daemon that takes the session on began."""
    first = Waiting(M1, attempts=1, task=False, first=True)
    known = SessionAdopted(ADA, S1, True, Activity.BUSY, first, served=M2, single=True)

    idle = decide(decide(peer(spec=EPHEMERAL), known, now=0.0).peer, TurnEnded(ADA, S1, M1), now=1.0).peer
    given = decide(idle, MessageAccepted(ADA, Waiting(MessageId("m-3"))), now=2.0)

    assert given.peer.queue == (Waiting(MessageId("m-3")),)
    assert not any(isinstance(action, Deliver) for action in given.actions)


def test_nor_is_it_given_the_same_one_again_where_somebody_wants_it_handed_out_once_more():
    late = decide(running(spec=EPHEMERAL, doubts=(M1,)), MessageSubmitted(ADA, S1, M1), now=0.0).peer
    idle = decide(late, TurnEnded(ADA, S1, M1), now=1.0).peer

    again = decide(idle, MessageAccepted(ADA, Waiting(M1, attempts=1, forgiven=1)), now=2.0)

    assert again.peer.queue == (Waiting(M1, attempts=1, forgiven=1),)
    assert not any(isinstance(action, Deliver) for action in again.actions)


def test_a_session_for_many_takes_others_all_the_same():
    late = decide(running(), MessageSubmitted(ADA, S1, M1), now=0.0)

    assert (late.actions, late.peer.finished) == ((NoteLate(ADA, S1, M1),), False)


@pytest.mark.parametrize(
    "known",
    [{"turn": Waiting(M1, attempts=1)}, {"task": Waiting(M1, attempts=1)}, {"served": M1}],
    ids=["its turn is open", "it awaits an answer", "its turn is over"],
)
def test_what_is_heard_again_is_no_late_evidence(known: dict[str, object]):
    again = decide(running(spec=EPHEMERAL, **known), MessageSubmitted(ADA, S1, M1), now=0.0)

    assert (again.actions, again.peer.finished) == ((), False)


def test_late_evidence_of_another_ends_no_task_that_is_in_hand():
    awaiting = running(spec=EPHEMERAL, task=Waiting(M1, attempts=1))

    assert decide(awaiting, MessageSubmitted(ADA, S1, M2), now=0.0).peer.finished is False


def test_the_first_message_of_a_session_is_no_task_of_it_however_late():
    late = decide(running(spec=EPHEMERAL), MessageSubmitted(ADA, S1, MessageId(first_id(S1))), now=0.0)

    assert (late.actions, late.peer.finished) == ((), False)


def test_a_turn_that_is_open_when_another_message_is_taken_is_over_with_that():
    taken = decide(running(turn=Waiting(M1, attempts=1), lease=lease(M2)), MessageSubmitted(ADA, S1, M2), now=0.0)

    assert taken.actions == (RecordTurn(ADA, S1, M1, None, None), RecordSubmitted(ADA, S1, M2, 1))
    assert (taken.peer.turn, taken.peer.lease) == (Waiting(M2, attempts=1), None)


def test_a_task_that_awaits_an_answer_is_kept_when_another_was_taken_after_all():
    """A dead letter that was handed out anew."""
    late = Waiting(M2, attempts=5)
    awaiting = running(spec=EPHEMERAL, task=Waiting(M1, attempts=1), queue=(late,))
    taken = decide(awaiting, MessageSubmitted(ADA, S1, M2), now=0.0).peer

    over = decide(taken, TurnEnded(ADA, S1, M2, 0, "done"), now=1.0)

    assert over.actions[0] == RecordTurn(ADA, S1, M2, 0, "done")
    assert over.peer.task == Waiting(M1, attempts=1)


@pytest.mark.parametrize("ended", [M2, None], ids=["of another message", "of a human's"])
def test_the_end_of_another_turn_than_the_open_one_changes_nothing(ended: MessageId | None):
    busy = running(activity=Activity.BUSY, turn=Waiting(M1, attempts=1), queue=(Waiting(M2),))

    told = decide(busy, TurnEnded(ADA, S1, ended, 0, "x"), now=9.0)

    assert (replace(told.peer, noted=None), told.peer.active_at) == (busy, 0.0)
    assert not any(isinstance(action, RecordTurn | Deliver) for action in told.actions)


def test_the_end_of_the_first_turn_told_late_is_none_of_the_turn_on_the_answer():
    """Both are an ephemeral session's at one task."""
    answered = running(activity=Activity.BUSY, single=True, task=Waiting(M1), turn=Waiting(M2, task=False))

    assert decide(answered, TurnEnded(ADA, S1, M1, 0, "x"), now=0.0).peer.turn == Waiting(M2, task=False)
