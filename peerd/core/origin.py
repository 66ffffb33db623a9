"""Whether what somebody sends goes another way than what it was asked came: its sender is told, and nothing is held.

Told is only what it has open: the task in hand, the question that it replies to; of a person, what they read. To ask
somebody else in the middle of a turn is none of it, nor is an answer.
"""

import enum

import msgspec

from peerd.core.queue import open_task
from peerd.core.state import Peer
from peerd.model.message import Message, MessageId, Receipt, Task
from peerd.model.peer import OPERATOR, Activity, PeerName, Phase


class Way(enum.Enum):
    """How it goes another way."""

    OF_ITS_OWN = "of its own"  # to who asked, and not as the answer
    ELSEWHERE = "elsewhere"  # as the answer, and not to who asked
    FROM_A_SCREEN = "from a screen"  # to the person's inbox, of what was begun by no message


class Aside(msgspec.Struct, frozen=True):
    """`asked` is the message that stays without its answer, `by` who sent it; both None of what no message began."""

    way: Way
    asked: MessageId | None = None
    by: PeerName | None = None


def aside(sender: Peer, sent: Message, question: Receipt | None) -> Aside | None:
    """`question`: what it replies to. `FROM_A_SCREEN` is so only where a person sits there."""
    if question is not None:
        return _elsewhere(sent, question)
    task = open_task(sender)
    if task is not None:
        of_its_own = task.sender == sent.target
        return Aside(Way.OF_ITS_OWN, task.id, task.sender) if of_its_own else None
    at_work = sender.phase is Phase.RUNNING and sender.activity is Activity.BUSY and sender.turn is None
    return Aside(Way.FROM_A_SCREEN) if at_work and sent.target == OPERATOR else None


def aside_of_a_person(sent: Message, question: Receipt | None, asked: Receipt | None) -> Aside | None:
    """Of who is in no turn. `asked`: what whom this goes to asked them, of what they read and did not answer."""
    if question is not None:
        return _elsewhere(sent, question)
    return None if asked is None else Aside(Way.OF_ITS_OWN, asked.message.id, asked.message.sender)


def _elsewhere(sent: Message, question: Receipt) -> Aside | None:
    asked = question.message
    ours = asked.target == sent.sender and question.task is Task.OPEN
    return Aside(Way.ELSEWHERE, asked.id, asked.sender) if ours and asked.sender != sent.target else None
