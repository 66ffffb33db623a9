"""An answer that a command of the session printed is not handed over to it besides."""

from msgspec.structs import replace

from peerd.core.action import Deliver, RecordTurn
from peerd.core.decide import decide
from peerd.core.event import MessageAccepted, MessageSent, TurnEnded
from peerd.core.printed_answer import AnswerHeard
from peerd.core.state import Peer, Waiting
from peerd.model.message import MessageId
from peerd.model.peer import Activity, PeerName
from tests.build import ADA, M1, M2, S1, running, spec

BOB = PeerName("bob")
ANSWER = Waiting(MessageId("answer"), task=False, reply_to=M2, sender=BOB, topic="tax")
AT_WORK = running(activity=Activity.BUSY, turn=Waiting(M1, 1))
ONE_TASK = replace(AT_WORK, spec=spec(wake_policy="ephemeral"), single=True)


def asked(peer: Peer, *others: MessageId) -> Peer:
    """In its turn it asked bob, by m-2, and heard his answer."""
    for sent in (M2, *others):
        peer = decide(peer, MessageSent(ADA, sent), now=1.0).peer
    waits = decide(peer, MessageAccepted(ADA, ANSWER), now=2.0).peer
    return decide(waits, AnswerHeard(ADA, ANSWER), now=3.0).peer


def test_it_waits_no_more_and_counts_as_given():
    heard = asked(AT_WORK)

    assert (heard.waits, heard.given, heard.past.topics) == ((), (BOB,), ("tax",))
    over = decide(heard, TurnEnded(ADA, S1, M1, 0), now=4.0)
    assert not any(isinstance(each, Deliver) for each in over.actions)


def test_a_session_for_one_task_that_heard_all_answers_in_its_turn_ends_with_that():
    over = decide(asked(ONE_TASK), TurnEnded(ADA, S1, M1, 0, "done"), now=4.0)

    assert RecordTurn(ADA, S1, M1, 0, "done") in over.actions


def test_one_that_asked_somebody_else_too_awaits_that_answer():
    over = decide(asked(ONE_TASK, MessageId("m-3")), TurnEnded(ADA, S1, M1, 0, "done"), now=4.0)

    assert over.peer.task is not None
    assert not any(isinstance(each, RecordTurn) for each in over.actions)
