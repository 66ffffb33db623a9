"""Of what waits for a peer the higher priority is handed over first, and one sender's always in the order accepted."""

from typing import Any

import pytest
from msgspec.structs import replace

from peerd.core.action import Deliver, NoteHold, Spawn
from peerd.core.decide import decide
from peerd.core.event import (
    CancelRequested,
    DeliveryHeld,
    DeliveryLost,
    MessageAccepted,
    MessageSubmitted,
    PauseRequested,
    TurnEnded,
)
from peerd.core.order import ahead, head, in_turn, own_ahead
from peerd.core.queue import sender_renamed
from peerd.core.recovery import Known, recalled
from peerd.core.state import Past, Peer, Waiting
from peerd.model.message import Hold, MessageId, Priority
from peerd.model.peer import Activity, PeerName
from tests.build import ADA, S1, lease, peer, running, spec

BUSY = running(activity=Activity.BUSY)


def told(id: str, sender: str, priority: Priority = "normal", **fields: Any) -> Waiting:
    return Waiting(MessageId(id), sender=PeerName(sender), priority=priority, **fields)


def accepting(peer: Peer, *messages: Waiting) -> Peer:
    for each in messages:
        peer = decide(peer, MessageAccepted(ADA, each), now=1.0).peer
    return peer


def turns(*messages: Waiting) -> list[str]:
    return [str(each.id) for each in in_turn(messages)]


@pytest.mark.parametrize(
    ("accepted", "handed_over"),
    [
        pytest.param(["bob normal", "eve low", "ann high"], [2, 0, 1], id="the higher first"),
        pytest.param(["bob high", "eve high", "ann high"], [0, 1, 2], id="of one priority the first accepted"),
        pytest.param(["eve normal", "bob low", "bob high"], [1, 2, 0], id="with a sender's earlier ones before it"),
        pytest.param(["bob high", "eve normal", "bob low"], [0, 1, 2], id="but for its later ones"),
        pytest.param(["bob low", "bob high", "bob low", "eve normal"], [0, 1, 3, 2], id="whatever comes after that"),
    ],
)
def test_a_queue_is_handed_over(accepted: list[str], handed_over: list[int]):
    queue = [told(str(n), *each.split()) for n, each in enumerate(accepted)]  # type: ignore[arg-type]

    assert turns(*queue) == [str(n) for n in handed_over]


def test_a_peer_that_listens_is_given_the_higher_first():
    waits = accepting(BUSY, told("low", "bob", "low"), told("high", "eve", "high"))

    given = decide(waits, TurnEnded(ADA, S1, None), now=2.0).actions

    assert [each.message for each in given if isinstance(each, Deliver)] == ["high"]


def test_an_ephemeral_peer_is_begun_for_the_higher_first():
    waits = accepting(
        peer(spec=spec(wake_policy="ephemeral"), paused=True), told("first", "bob"), told("urgent", "eve", "high")
    )
    up = replace(waits, phase=BUSY.phase, session=S1, ready=True, activity=Activity.IDLE, single=True)

    given = decide(up, PauseRequested(ADA, False), now=2.0).actions

    assert [each.message for each in given if isinstance(each, Deliver)] == ["urgent"]


def test_what_was_typed_already_stays_at_the_head():
    given = accepting(running(), told("typed", "bob", "low"))
    back = decide(given, DeliveryLost(ADA, S1, MessageId("typed"), "not seen"), now=2.0).peer

    later = accepting(back, told("high", "eve", "high"))

    assert [each.id for each in in_turn(later.queue)] == ["typed", "high"]


def test_what_was_put_back_and_not_typed_waits_behind_a_higher_one():
    given = accepting(running(), told("held", "bob"), told("beside", "ann"))
    back = decide(given, DeliveryHeld(ADA, S1, MessageId("held"), Hold.PROMPT), now=2.0).peer

    later = accepting(back, told("high", "eve", "high"))

    assert [each.id for each in in_turn(later.queue)] == ["high", "held", "beside"]


def test_what_was_handed_out_anew_is_no_longer_one_that_was_typed():
    anew = told("anew", "bob", attempts=2, forgiven=2)

    assert turns(told("other", "eve"), anew, told("high", "ann", "high")) == ["high", "other", "anew"]


def test_a_first_message_is_before_all_others():
    assert turns(Waiting(MessageId("first"), first=True, priority="low"), told("h", "bob", "high")) == ["first", "h"]


def test_the_next_daemon_hands_over_in_the_same_order():
    queue = (
        told("a", "ann"),
        told("typed", "bob", "low", attempts=1),
        told("b", "eve", "low"),
        told("c", "eve", "high"),
    )

    known = recalled(spec(), "tui", 3, Known(queue=queue), now=0.0).peer

    assert [each.id for each in in_turn(known.queue)] == ["typed", "b", "c", "a"]


def test_without_the_later_high_one_its_sender_waits_as_before():
    waits = accepting(BUSY, told("a", "ann", "normal"), told("b", "eve", "low"), told("c", "eve", "high"))

    left = decide(waits, CancelRequested(ADA, MessageId("c"), "not wanted"), now=2.0).peer

    assert [each.id for each in in_turn(left.queue)] == ["a", "b"]


def test_a_sender_whose_message_goes_before_the_head_is_told_why_it_waits():
    waits = accepting(BUSY, told("first", "bob"))

    noted = decide(waits, MessageAccepted(ADA, told("urgent", "eve", "high")), now=2.0).actions

    assert noted == (NoteHold(ADA, MessageId("urgent"), Hold.BUSY),)
    again = decide(waits, MessageAccepted(ADA, told("other", "eve")), now=2.0).actions
    assert again == ()


def test_a_sender_keeps_its_order_under_another_name():
    waits = accepting(BUSY, told("before", "bob", "low"), told("between", "eve"))

    renamed = accepting(sender_renamed(waits, PeerName("bob"), PeerName("rob")), told("since", "rob", "high"))

    assert [each.id for each in in_turn(renamed.queue)] == ["before", "since", "between"]


def test_so_does_what_is_on_its_way_and_comes_back():
    waits = accepting(running(), told("before", "bob", "low"), told("between", "eve"))
    assert waits.lease is not None

    renamed = sender_renamed(waits, PeerName("bob"), PeerName("rob"))
    back = decide(renamed, DeliveryHeld(ADA, S1, MessageId("before"), Hold.DRAFT), now=1.0).peer
    later = accepting(back, told("since", "rob", "high"))

    assert [each.id for each in in_turn(later.queue)] == ["before", "since", "between"]


def test_it_is_known_how_many_go_before_one():
    waits = accepting(running(lease=lease(MessageId("typed"))), told("one", "bob"), told("high", "eve", "high"))
    resting = replace(waits, lease=None)

    assert [ahead(waits, MessageId(each)) for each in ("typed", "high", "one")] == [None, 1, 2]
    assert [ahead(resting, MessageId(each)) for each in ("high", "one", "none")] == [None, 1, None]


def test_a_taken_one_is_followed_by_the_highest_that_waits():
    waits = accepting(running(), told("one", "bob"), told("two", "bob"), told("high", "eve", "high"))
    taken = decide(waits, MessageSubmitted(ADA, S1, MessageId("one")), now=2.0).peer

    waiting = head(taken)

    assert waiting is not None
    assert waiting.id == "high"


def test_a_wake_goes_on_with_the_conversation_of_what_is_handed_over_first():
    asleep = peer(paused=True, past=Past(parked=True, conversation="c-1", topics=("tax",)))
    waits = accepting(asleep, told("other", "bob", topic="dogs"), told("urgent", "eve", "high", topic="tax"))

    woken = decide(waits, PauseRequested(ADA, False), now=2.0).actions

    assert [each.mode for each in woken if isinstance(each, Spawn)] == ["resume"]


@pytest.mark.parametrize(
    ("accepted", "count"),
    [
        pytest.param(["bob low", "bob normal", "bob high"], 2, id="that waits"),
        pytest.param(["bob normal", "eve normal", "bob high"], 1, id="and none of another sender's"),
        pytest.param(["bob high", "bob high"], 0, id="but is told nothing where it was not raised above them"),
        pytest.param(["eve low", "bob high"], 0, id="and nothing where there is none"),
    ],
)
def test_what_was_raised_is_told_how_many_of_its_sender_go_before_it_of_what(accepted: list[str], count: int):
    queue = [told(str(n), *each.split()) for n, each in enumerate(accepted)]  # type: ignore[arg-type]

    assert own_ahead(accepting(BUSY, *queue), queue[-1].id) == count


def test_a_message_that_waits_no_more_has_none_of_its_sender_before_it():
    assert own_ahead(accepting(BUSY, told("m-1", "bob", "low")), MessageId("m-2")) == 0
