"""What waits: held back, taken out, expired, superseded, late."""

import pytest
from msgspec.structs import replace

from peerd.core.action import (
    Decision,
    Deliver,
    Drop,
    GiveUp,
    Kill,
    NoteHold,
    RecordTurn,
    SavePaused,
    Spawn,
)
from peerd.core.decide import decide, next_deadline
from peerd.core.event import (
    CancelRequested,
    DeadlinePassed,
    DeliveryHeld,
    DeliveryLost,
    MessageAccepted,
    MessageSubmitted,
    PauseRequested,
    SpecChanged,
    TaskOver,
    TurnEnded,
    TurnLost,
    WakeRequested,
)
from peerd.core.queries import hold_of
from peerd.core.queue import of_key, sender_removed
from peerd.core.requeue import DELIVERY_ATTEMPTS_MAX
from peerd.core.state import Lease, Peer, Waiting
from peerd.model.message import Delivery, Hold, MessageId
from peerd.model.peer import Activity, PeerName, Phase, Want
from peerd.model.session import End, EndCause
from tests.build import ADA, M1, M2, S1, peer, running, spec, waiting

M3 = MessageId("m-3")
BOB, EVE = PeerName("bob"), PeerName("eve")
BUSY = running(activity=Activity.BUSY, turn=Waiting(M1, 1), queue=waiting(M2))


def test_a_queue_that_is_held_back_wakes_nobody_and_its_senders_are_told():
    held = decide(peer(), PauseRequested(ADA, True), now=0.0)
    assert held.actions == (SavePaused(ADA, True),)

    told = decide(held.peer, MessageAccepted(ADA, Waiting(M1)), now=1.0).peer

    assert (told.phase, told.noted) == (Phase.ASLEEP, Hold.QUEUE_PAUSED)


def test_what_waits_for_a_peer_left_down_waits_for_its_next_try_and_for_a_stopped_one_until_it_is_started():
    failed = peer(phase=Phase.FAILED, deadline=60.0, queue=waiting(M1))

    assert hold_of(failed) is Hold.BACKOFF
    assert hold_of(replace(failed, paused=True)) is Hold.QUEUE_PAUSED
    assert hold_of(replace(failed, want=Want.DOWN)) is Hold.QUEUE_PAUSED


def test_nothing_is_typed_while_a_queue_is_held_back_and_it_goes_on_by_itself():
    held = decide(running(paused=True), MessageAccepted(ADA, Waiting(M1)), now=0.0)
    assert not any(isinstance(action, Deliver) for action in held.actions)

    assert Deliver(ADA, S1, M1, 1) in decide(held.peer, PauseRequested(ADA, False), now=1.0).actions


@pytest.mark.parametrize(
    "known",
    [
        peer(unclear=True, queue=waiting(M1, M2)),
        running(paused=True, queue=waiting(M2), lease=Lease(Waiting(M1, 1), 30.0)),
        running(activity=Activity.BUSY, queue=waiting(M2), turn=Waiting(M1, 1), noted=Hold.BUSY),
    ],
    ids=["waits", "on its way", "at work"],
)
def test_a_message_that_is_told_of_once_more_waits_once(known: Peer):
    """The queue may be read off the record between a message's row and the word of it."""
    told = decide(known, MessageAccepted(ADA, Waiting(M1)), now=0.0)

    assert told.peer.queue == known.queue


def test_a_message_that_waits_can_be_cancelled_and_one_under_way_cannot():
    cancelled = decide(BUSY, CancelRequested(ADA, M2, "by operator"), now=0.0)

    assert cancelled.peer.queue == ()
    assert cancelled.actions == (Drop(ADA, M2, 0, Delivery.CANCELLED, "by operator"),)
    assert decide(BUSY, CancelRequested(ADA, M1, "by operator"), now=0.0).peer.queue == BUSY.queue


def test_a_message_that_was_not_delivered_in_time_expires():
    accepted = decide(peer(paused=True), MessageAccepted(ADA, Waiting(M1, expires_at=60.0)), now=0.0).peer
    assert next_deadline(accepted) == 60.0

    expired = decide(accepted, DeadlinePassed(ADA), now=60.0)

    assert expired.actions == (Drop(ADA, M1, 0, Delivery.EXPIRED, "not delivered in time"),)


def test_nothing_is_begun_for_a_message_that_nobody_wants_any_more():
    """The daemon was away, or the machine asleep, when it expired."""
    late = peer(queue=(Waiting(M1, expires_at=10.0),))

    looked = decide(late, DeadlinePassed(ADA), now=11.0)

    assert (looked.peer.phase, looked.peer.queue) == (Phase.ASLEEP, ())
    assert looked.actions == (Drop(ADA, M1, 0, Delivery.EXPIRED, "not delivered in time"),)


def accepting(*messages: Waiting) -> Decision:
    """By a peer whose queue is held back; what the last of them brings about."""
    known = Decision(peer(paused=True))
    for each in messages:
        known = decide(known.peer, MessageAccepted(ADA, each), now=0.0)
    return known


def test_of_one_senders_under_a_key_the_latest_waits_behind_what_came_between():
    latest = accepting(
        Waiting(M1, key="pass", sender=BOB), Waiting(M2, sender=BOB), Waiting(M3, key="pass", sender=BOB)
    )

    assert [each.id for each in latest.peer.queue] == [M2, M3]
    assert latest.actions[0] == Drop(ADA, M1, 0, Delivery.CANCELLED, "m-3 took its place, under the same key")


def test_what_another_sender_sends_under_the_same_key_takes_nothing_out():
    both = accepting(Waiting(M1, key="pass", sender=BOB), Waiting(M2, key="pass", sender=EVE))

    assert [each.id for each in both.peer.queue] == [M1, M2]
    assert of_key(both.peer, EVE, "pass") == both.peer.queue[1]
    assert of_key(both.peer, PeerName("rob"), "pass") is None


def test_nor_does_what_a_namesake_of_one_that_was_removed_sends():
    of_one_gone = sender_removed(accepting(Waiting(M1, key="pass", sender=BOB)).peer, BOB)

    latest = decide(of_one_gone, MessageAccepted(ADA, Waiting(M2, key="pass", sender=BOB)), now=0.0).peer

    assert [each.id for each in latest.queue] == [M1, M2]


def test_one_that_was_typed_already_gives_way_to_none():
    tried = peer(paused=True, queue=(Waiting(M1, attempts=1, key="pass"),))

    assert len(decide(tried, MessageAccepted(ADA, Waiting(M2, key="pass")), now=0.0).peer.queue) == 2


def held_beside(later: Waiting, attempts: int = 0) -> Decision:
    """M1, under the key "pass", was on its way after `attempts` that were typed, and nothing could be typed."""
    leased = running(lease=Lease(Waiting(M1, attempts=attempts + 1, key="pass"), 30.0), queue=(*waiting(M3), later))
    return decide(leased, DeliveryHeld(ADA, S1, M1, Hold.BUSY), now=1.0)


def test_one_that_could_not_be_typed_gives_way_to_a_later_one_that_came_meanwhile():
    held = held_beside(Waiting(M2, key="pass"))

    assert [each.id for each in held.peer.queue] == [M3, M2]
    assert held.actions[0] == Drop(ADA, M1, 0, Delivery.CANCELLED, "m-2 took its place, under the same key")
    assert held.actions[1:] == (NoteHold(ADA, M3, Hold.BUSY),)


@pytest.mark.parametrize(
    ("later", "attempts"),
    [
        (Waiting(M2, key="other"), 0),
        (Waiting(M2, key="pass", sender=EVE), 0),
        (Waiting(M2, key="pass", task=False), 0),
        (Waiting(M2, key="pass", attempts=1), 0),
        (Waiting(M2, key="pass"), 1),
    ],
    ids=["another key", "another sender", "an answer", "no later one", "it was typed before"],
)
def test_it_waits_on_at_the_head_beside(later: Waiting, attempts: int):
    assert [each.id for each in held_beside(later, attempts).peer.queue] == [M1, M3, M2]


def test_what_was_typed_and_may_have_been_taken_gives_way_to_none():
    leased = running(lease=Lease(Waiting(M1, attempts=1, key="pass"), 30.0), queue=(Waiting(M2, key="pass"),))

    overdue = decide(leased, DeadlinePassed(ADA), now=30.0).peer

    assert overdue.lease is not None
    assert (overdue.lease.waiting.id, [each.id for each in overdue.queue]) == (M1, [M2])


def test_one_on_its_way_is_the_later_word_too():
    given = Waiting(M1, key="pass", sender=BOB)

    assert of_key(running(lease=Lease(given, 30.0)), BOB, "pass") == given


def test_what_is_just_being_handed_over_is_called_off_by_an_answer_that_was_given_without_it():
    leased = running(lease=Lease(Waiting(M1, 1), 30.0), queue=waiting(M2))

    answered = decide(leased, TaskOver(ADA, M1, taken=False), now=1.0)

    assert (answered.peer.turn, answered.actions) == (None, (Deliver(ADA, S1, M2, 1),))


def test_a_task_past_its_deadline_is_dead_and_a_warm_session_goes_on():
    given = running(queue=(Waiting(M1, 1, deadline_s=5.0),), activity=Activity.BUSY)
    taken = decide(given, MessageSubmitted(ADA, S1, M1), now=10.0).peer
    assert next_deadline(taken) == 15.0

    late = decide(taken, DeadlinePassed(ADA), now=15.0)

    assert late.actions == (GiveUp(ADA, M1, 1, "not done within 5 s", submitted=True),)
    assert late.peer.phase is Phase.RUNNING
    assert next_deadline(late.peer) is None


def test_an_ephemeral_session_past_its_tasks_deadline_is_ended():
    given = running(spec=spec(wake_policy="ephemeral"), turn=Waiting(M1, 1, deadline_s=5.0), due=5.0)

    late = decide(given, DeadlinePassed(ADA), now=5.0)

    assert late.actions[1] == Kill(ADA, S1, EndCause.FINISHED, "m-1: not done within 5 s")


@pytest.mark.parametrize("over", [TaskOver(ADA, M1), TurnEnded(ADA, S1, M1)], ids=["answered", "turn over"])
def test_a_task_that_is_over_is_never_late(over: TaskOver | TurnEnded):
    given = running(turn=Waiting(M1, 1, deadline_s=5.0), due=5.0, activity=Activity.BUSY)

    done = decide(given, over, now=1.0)

    assert done.peer.due is None
    assert not any(isinstance(action, GiveUp) for action in decide(done.peer, DeadlinePassed(ADA), now=9.0).actions)


@pytest.mark.parametrize(
    "told",
    [TaskOver(ADA, M2), TurnLost(ADA, S1, Waiting(M2, 1), End(EndCause.KILLED))],
    ids=["another that waits is answered", "what an earlier session held waits again"],
)
def test_a_task_keeps_its_deadline_whatever_becomes_of_another(told: TaskOver | TurnLost):
    queue = waiting(M2) if isinstance(told, TaskOver) else ()
    given = running(turn=Waiting(M1, 1, deadline_s=5.0), due=5.0, activity=Activity.BUSY, queue=queue)

    known = decide(given, told, now=1.0).peer

    assert GiveUp(ADA, M1, 1, "not done within 5 s", submitted=True) in decide(known, DeadlinePassed(ADA), 5.0).actions


def test_a_message_that_is_handed_out_again_has_all_its_tries_again_and_says_how_often_it_was_tried():
    again = decide(running(), MessageAccepted(ADA, Waiting(M1, DELIVERY_ATTEMPTS_MAX)), now=0.0)
    assert Deliver(ADA, S1, M1, DELIVERY_ATTEMPTS_MAX + 1) in again.actions

    lost = decide(again.peer, DeliveryLost(ADA, S1, M1, "not seen"), now=1.0)

    assert not any(isinstance(action, GiveUp) for action in lost.actions)


def test_a_lease_whose_queue_is_held_back_meanwhile_is_carried_out():
    under_way = running(lease=Lease(Waiting(M1, 1), 30.0))

    held = decide(under_way, PauseRequested(ADA, True), now=1.0).peer
    taken = decide(held, MessageSubmitted(ADA, S1, M1), now=2.0).peer
    over = decide(taken, TurnEnded(ADA, S1, M1), now=3.0)

    assert RecordTurn(ADA, S1, M1, None, None) in over.actions


def test_a_paused_peer_may_be_woken_by_hand():

    woken = decide(peer(paused=True, queue=waiting(M1)), WakeRequested(ADA, "operator"), now=0.0)

    assert woken.actions[0] == Spawn(ADA, "fresh", "operator", "not parked")


@pytest.mark.parametrize("count", [1, 1000])
def test_however_many_are_over_at_one_moment_they_all_are(count: int):
    late = tuple(Waiting(MessageId(f"m-{n}"), expires_at=10.0) for n in range(count))
    asleep = peer(want=Want.DOWN, queue=late)

    expired = decide(asleep, DeadlinePassed(ADA), now=11.0)
    served = decide(asleep, SpecChanged(ADA, spec(), 1, "service"), now=1.0)

    for decided, state in ((expired, Delivery.EXPIRED), (served, Delivery.CANCELLED)):
        assert decided.peer.queue == ()
        assert [a.state for a in decided.actions if isinstance(a, Drop)] == [state] * count
