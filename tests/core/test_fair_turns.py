"""Of equal rank a sender's next message goes once the other senders have had their turn."""

import pytest

from peerd.core.decide import decide
from peerd.core.event import DeliveryHeld, MessageAccepted, MessageSubmitted, TurnEnded
from peerd.core.order import head, in_turn, taken_from
from peerd.core.queue import sender_renamed
from peerd.core.recovery import Known, recalled
from peerd.core.state import Peer, Waiting
from peerd.model.message import Hold, MessageId, Priority
from peerd.model.peer import SENDERS_KNOWN, PeerName
from tests.build import ADA, S1, peer, running, spec


def told(id: str, priority: Priority = "normal", *, attempts: int = 0) -> Waiting:
    """Its sender is the first letter of its id."""
    return Waiting(MessageId(id), sender=PeerName(id[0]), priority=priority, attempts=attempts)


def accepting(peer: Peer, *messages: Waiting) -> Peer:
    for each in messages:
        peer = decide(peer, MessageAccepted(ADA, each), now=1.0).peer
    return peer


def taken_in_order(peer: Peer) -> list[str]:
    """Each is taken, and its turn ends, until none waits."""
    taken = []
    while peer.lease is not None:
        taken.append(peer.lease.waiting.id)
        peer = decide(peer, MessageSubmitted(ADA, S1, peer.lease.waiting.id), now=2.0).peer
        peer = decide(peer, TurnEnded(ADA, S1, peer.turn.id if peer.turn else None, 0), now=2.0).peer
    return [str(each) for each in taken]


def test_one_with_many_holds_up_the_others_by_one_each():
    waits = accepting(running(), *(told(f"b{n}") for n in range(500)), told("e0"), told("c0"), told("e1"))

    assert taken_in_order(waits)[:7] == ["b0", "e0", "c0", "b1", "e1", "b2", "b3"]


def test_one_that_sends_again_at_once_does_not_go_before_who_waits():
    waits = accepting(running(), told("b0"), told("e0"), told("e1"))
    taken = decide(waits, MessageSubmitted(ADA, S1, MessageId("b0")), now=2.0).peer

    again = accepting(taken, told("b1"))

    assert [each.id for each in in_turn(again.queue, again.given)] == ["e0", "b1", "e1"]


@pytest.mark.parametrize(
    ("queue", "given", "order"),
    [
        pytest.param([told("a0"), told("b0"), told("c0")], "", "a0 b0 c0", id="none was given to: as accepted"),
        pytest.param([told("a0"), told("b0"), told("c0")], "ba", "c0 b0 a0", id="never before least recently"),
        pytest.param([told("a0"), told("b0", "high")], "b", "b0 a0", id="a higher one whoever sent it"),
        pytest.param([told("a0", "high"), told("a1"), told("b0")], "", "a0 b0 a1", id="from rank to rank"),
        pytest.param([told("a0"), told("b0", attempts=1), told("b1")], "a", "b0 a0 b1", id="after what was typed"),
    ],
)  # fmt: skip
def test_senders_take_turns(queue: list[Waiting], given: str, order: str):
    known = tuple(PeerName(each) for each in given)

    assert [each.id for each in in_turn(tuple(queue), known)] == order.split()
    first = head(peer(queue=tuple(queue), given=known))
    assert first is not None
    assert first.id == order.split()[0]


def test_what_was_held_with_nothing_typed_has_used_no_turn_up():
    waits = accepting(running(), told("b0"), told("e0"))

    back = decide(waits, DeliveryHeld(ADA, S1, MessageId("b0"), Hold.PROMPT), now=1.0).peer

    assert [each.id for each in in_turn(back.queue, back.given)] == ["b0", "e0"]


def test_the_next_daemon_knows_whose_turn_it_is():
    queue = (told("b0"), told("e0"))

    known = recalled(spec(), "tui", 3, Known(queue=queue, given=(PeerName("b"),)), now=0.0).peer

    assert [each.id for each in in_turn(known.queue, known.given)] == ["e0", "b0"]


def test_a_sender_has_its_turn_under_another_name():
    waits = accepting(running(given=(PeerName("b"), PeerName("e"))), told("x0"), told("b0"), told("e0"))

    renamed = sender_renamed(waits, PeerName("e"), PeerName("b"))

    assert renamed.given == (PeerName("b"),)


def test_so_many_senders_are_known_and_a_sessions_first_is_none():
    given: tuple[PeerName, ...] = ()
    for n in range(SENDERS_KNOWN + 10):
        given = taken_from(given, PeerName(f"p{n}"))

    assert (len(given), given[-1]) == (SENDERS_KNOWN, f"p{SENDERS_KNOWN + 9}")
    assert taken_from(given, None) == given
