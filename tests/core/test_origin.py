"""Who was asked, and sends something another way than that came, is told; whoever asks for help is not."""

from typing import Any

import pytest

from peerd.core.origin import Aside, Way, aside, aside_of_a_person
from peerd.core.state import Peer, Waiting
from peerd.model.message import Delivery, MessageId, Receipt, Task
from peerd.model.peer import OPERATOR, Activity, PeerName, Phase
from tests.build import ADA, M1, message, running

BOB, CAT = PeerName("bob"), PeerName("cat")
ASKED = Waiting(M1, sender=BOB)


def at_it(turn: Waiting | None = ASKED, **changes: Any) -> Peer:
    return running(turn=turn, activity=Activity.BUSY, **changes)


def sent(target: PeerName, **fields: Any) -> Any:
    return message(id=MessageId("m-9"), sender=ADA, target=target, **fields)


def question(by: PeerName = BOB, of: PeerName = ADA, task: Task | None = Task.OPEN) -> Receipt:
    return Receipt(message=message(sender=by, target=of), state=Delivery.SUBMITTED, task=task)


def test_what_goes_to_who_asked_and_is_no_answer_is_told():
    assert aside(at_it(), sent(BOB), None) == Aside(Way.OF_ITS_OWN, M1, BOB)
    assert aside(running(task=ASKED), sent(BOB), None) == Aside(Way.OF_ITS_OWN, M1, BOB)


@pytest.mark.parametrize(
    ("peer", "target"),
    [
        (at_it(), CAT),
        (at_it(), OPERATOR),
        (at_it(Waiting(M1, sender=BOB, task=False)), BOB),
        (running(), BOB),
        (at_it(Waiting(M1, sender=None)), OPERATOR),
    ],
    ids=["asks another", "tells the operator", "has answered", "asks in no turn", "its first message"],
)
def test_to_ask_for_help_to_tell_or_to_go_on_once_answered_is_nothing_to_tell(peer: Peer, target: PeerName):
    assert aside(peer, sent(target), None) is None


def test_an_answer_to_somebody_else_than_who_asked_is_told():
    assert aside(at_it(), sent(CAT, reply_to=M1), question()) == Aside(Way.ELSEWHERE, M1, BOB)


@pytest.mark.parametrize(
    ("target", "asked"),
    [
        (BOB, question()),
        (CAT, question(task=Task.ANSWERED)),
        (CAT, question(task=None)),
        (CAT, question(by=ADA, of=CAT)),
    ],
    ids=["the answer", "answered already", "a reply to a reply", "goes on with its own question"],
)
def test_an_answer_to_who_asked_and_what_nobody_awaits_is_nothing_to_tell(target: PeerName, asked: Receipt):
    assert aside(at_it(), sent(target, reply_to=M1), asked) is None


def test_what_goes_to_the_inbox_in_a_turn_that_no_message_began_may_be_told():
    assert aside(at_it(None), sent(OPERATOR), None) == Aside(Way.FROM_A_SCREEN)
    assert aside(at_it(None), sent(BOB), None) is None
    assert aside(running(), sent(OPERATOR), None) is None
    assert aside(at_it(None, phase=Phase.STARTING), sent(OPERATOR), None) is None


def test_a_person_is_told_of_what_they_read_and_of_an_answer_to_somebody_else():
    asked = question(of=OPERATOR)
    to_bob = message(id=MessageId("m-9"), sender=OPERATOR, target=BOB)
    to_cat = message(id=MessageId("m-9"), sender=OPERATOR, target=CAT)

    assert aside_of_a_person(to_bob, None, asked) == Aside(Way.OF_ITS_OWN, M1, BOB)
    assert aside_of_a_person(to_cat, asked, None) == Aside(Way.ELSEWHERE, M1, BOB)
    assert aside_of_a_person(to_bob, asked, asked) is None
    assert aside_of_a_person(to_bob, None, None) is None
