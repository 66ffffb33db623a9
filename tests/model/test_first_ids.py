"""The first message of a session is known by its id, that nobody else gave, and by what it asks: nothing, of nobody."""

from msgspec.structs import replace

from peerd.model.message import Delivery, MessageId, Receipt, Task, first_id, is_first
from peerd.model.peer import OPERATOR
from tests.build import message

FIRST = Receipt(message=message(id=first_id("s-1"), sender=OPERATOR), state=Delivery.ACCEPTED, task=None)


def test_what_a_session_is_given_first_is_its_first_message():
    assert is_first(FIRST)


def test_an_answer_of_the_operators_is_nobodys_first_message_whatever_id_it_has():
    assert not is_first(replace(FIRST, message=replace(FIRST.message, reply_to=MessageId("m-1"))))


def test_what_asks_for_work_is_nobodys_first_message_whatever_id_it_has():
    assert not is_first(replace(FIRST, task=Task.OPEN))
