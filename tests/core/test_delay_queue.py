"""What is not to be handed over before its time waits apart from the queue, and joins it as it becomes due."""

from typing import Any

from msgspec.structs import replace

from peerd.core.action import BecomeDue, Deliver, Drop
from peerd.core.decide import decide, next_deadline
from peerd.core.event import (
    CancelRequested,
    DeadlinePassed,
    DeliveryHeld,
    MessageAccepted,
    MessageSubmitted,
    StopRequested,
    TaskOver,
    TurnEnded,
)
from peerd.core.queue import of_key, sender_renamed, slept
from peerd.core.recovery import Known, recalled
from peerd.core.state import Peer, Waiting
from peerd.model.message import Delivery, Hold, MessageId
from peerd.model.peer import Activity, PeerName, Phase
from tests.build import ADA, M1, M2, S1, peer, running, spec

BOB = PeerName("bob")
BUSY = running(activity=Activity.BUSY)


def later(id: MessageId, not_before: float, **fields: Any) -> Waiting:
    return Waiting(id, not_before=not_before, **fields)


def accepting(peer: Peer, *messages: Waiting) -> Peer:
    for each in messages:
        peer = decide(peer, MessageAccepted(ADA, each), now=0.0).peer
    return peer


def at(peer: Peer, now: float) -> Peer:
    return decide(peer, DeadlinePassed(ADA), now).peer


def test_it_wakes_nobody_until_it_is_due():
    asleep = accepting(peer(), later(M1, 60.0))

    assert (asleep.phase, asleep.queue, [each.id for each in asleep.later]) == (Phase.ASLEEP, (), [M1])
    assert next_deadline(asleep) == 60.0
    assert at(asleep, 59.0).phase is Phase.ASLEEP
    assert at(asleep, 60.0).phase is Phase.STARTING


def test_a_peer_that_listens_is_given_it_when_it_is_due_and_no_sooner():
    idle = decide(running(), MessageAccepted(ADA, later(M1, 60.0)), now=0.0)

    assert idle.actions == ()
    due = decide(idle.peer, DeadlinePassed(ADA), now=60.0)
    assert due.actions == (BecomeDue(ADA, M1), Deliver(ADA, S1, M1, 1))
    assert due.peer.lease is not None
    assert due.peer.lease.waiting.not_before is None


def test_of_one_sender_that_comes_first_which_is_due_first():
    waits = accepting(
        BUSY, later(M1, 60.0, sender=BOB), later(M2, 30.0, sender=BOB), Waiting(MessageId("m-3"), sender=BOB)
    )

    assert [each.id for each in at(waits, 99.0).queue] == ["m-3", M2, M1]
    early = accepting(at(waits, 30.0), Waiting(MessageId("m-4"), sender=BOB))
    assert [each.id for each in at(early, 60.0).queue] == ["m-3", M2, "m-4", M1]


def test_a_thousand_that_are_due_at_once_join_at_once():
    waits = replace(BUSY, later=tuple(later(MessageId(f"m-{n}"), 60.0) for n in range(1000)))

    assert [each.id for each in at(waits, 60.0).queue] == [f"m-{n}" for n in range(1000)]


def test_it_joins_the_queue_of_a_stopped_peer_and_waits_there():
    stopped = decide(accepting(peer(), later(M1, 60.0)), StopRequested(ADA), now=1.0).peer

    due = at(stopped, 60.0)

    assert (due.phase, [each.id for each in due.queue], due.noted) == (Phase.ASLEEP, [M1], Hold.QUEUE_PAUSED)


def test_it_can_be_cancelled_and_expires_while_it_is_not_due():
    waits = accepting(BUSY, later(M1, 60.0), later(M2, 60.0, expires_at=40.0))

    assert next_deadline(waits) == 40.0
    gone = decide(waits, CancelRequested(ADA, M1, "not wanted"), now=1.0)
    assert gone.actions == (Drop(ADA, M1, 0, Delivery.CANCELLED, "not wanted"),)
    expired = decide(gone.peer, DeadlinePassed(ADA), now=40.0)
    assert expired.actions == (Drop(ADA, M2, 0, Delivery.EXPIRED, "not delivered in time"),)
    assert expired.peer.waits == ()


def test_an_answer_to_it_that_comes_before_it_is_due_takes_it_out():
    waits = accepting(BUSY, later(M1, 60.0))

    assert decide(waits, TaskOver(ADA, M1), now=1.0).peer.waits == ()


def test_of_those_with_one_key_the_latest_waits_at_its_own_time():
    first, second = Waiting(M1, key="k", sender=BOB), later(M2, 60.0, key="k", sender=BOB)

    put_off = decide(accepting(BUSY, first), MessageAccepted(ADA, second), now=1.0)
    at_once = decide(accepting(BUSY, second), MessageAccepted(ADA, first), now=1.0)

    for decided, gone, stays in ((put_off, M1, M2), (at_once, M2, M1)):
        assert [each.id for each in decided.peer.waits] == [stays]
        assert [each.message for each in decided.actions if isinstance(each, Drop)] == [gone]
    assert of_key(put_off.peer, BOB, "k") == second


def test_what_was_put_back_gives_way_to_a_later_one_of_its_key_that_is_not_due():
    given = accepting(running(), Waiting(M1, key="k"))
    meanwhile = accepting(given, later(M2, 60.0, key="k"))

    back = decide(meanwhile, DeliveryHeld(ADA, S1, M1, Hold.DRAFT), now=2.0)

    assert [each.id for each in back.peer.waits] == [M2]
    assert [each.message for each in back.actions if isinstance(each, Drop)] == [M1]


def test_one_that_is_told_of_twice_waits_once():
    waits = accepting(BUSY, later(M1, 60.0), later(M1, 60.0))

    assert [each.id for each in waits.waits] == [M1]


def test_a_service_is_left_with_none():
    gone = decide(peer(kind="service", later=(later(M1, 60.0),)), DeadlinePassed(ADA), now=0.0)

    assert gone.peer.waits == ()


def test_the_next_daemon_keeps_it_back_as_long():
    known = recalled(spec(), "tui", 3, Known(queue=(later(M1, 60.0), Waiting(M2), later(MessageId("m-3"), 5.0))), 10.0)

    assert [each.id for each in known.peer.queue] == [M2]
    due = decide(known.peer, DeadlinePassed(ADA), now=10.0)
    assert [each.id for each in due.peer.queue] == [M2, "m-3"]
    assert next_deadline(replace(due.peer, phase=Phase.ASLEEP)) == 60.0


def test_the_sleep_of_the_machine_counts():
    assert at(slept(accepting(BUSY, later(M1, 60.0)), 50.0), 10.0).later == ()


def test_its_sender_keeps_it_under_another_name():
    renamed = sender_renamed(accepting(BUSY, later(M1, 60.0, sender=BOB)), BOB, PeerName("rob"))

    assert [each.sender for each in renamed.later] == ["rob"]


def test_the_end_of_a_turn_is_no_reason_to_hand_it_over():
    taken = decide(accepting(running(), Waiting(M1)), MessageSubmitted(ADA, S1, M1), now=1.0).peer
    waits = accepting(taken, later(M2, 60.0))

    over = decide(waits, TurnEnded(ADA, S1, M1, 0), now=2.0)

    assert not any(isinstance(each, Deliver) for each in over.actions)
    assert over.peer.phase is Phase.RUNNING
