"""An answer that was heard without being handed over: a command of the session that asked has printed it."""

import msgspec
from msgspec.structs import replace

from peerd.core.action import Decision
from peerd.core.order import taken_from
from peerd.core.state import Peer, Waiting
from peerd.core.wakemode import remembered
from peerd.model.peer import PeerName


class AnswerHeard(msgspec.Struct, frozen=True, tag=True):
    """It waited for the end of the turn in which that command ran. On record."""

    peer: PeerName
    answer: Waiting


def heard(peer: Peer, event: AnswerHeard) -> Decision:
    """It is taken by that. The task of a session for one alone that asked nothing else awaits no answer."""
    answer = event.answer
    queue, later = (tuple(each for each in kept if each.id != answer.id) for kept in (peer.queue, peer.later))
    questions = tuple(each for each in peer.questions if each != answer.reply_to)
    known = replace(peer, queue=queue, later=later, noted=peer.noted if queue == peer.queue else None)
    past = replace(peer.past, topics=remembered(peer.past.topics, answer.topic))
    given = taken_from(peer.given, answer.sender)
    return Decision(replace(known, past=past, given=given, questions=questions, sent=peer.sent and questions != ()))
