"""What a message replies to, whom that reaches, and whether it ends the task of who asked. Who was removed asks and
answers nothing any more: a namesake is another."""

from peerd.core.history import all_told, behind
from peerd.core.state import Lease, Waiting
from peerd.daemon.context import Daemon
from peerd.daemon.identity import Asker
from peerd.errors import UnknownMessage, UnknownPeer, UsageError
from peerd.model.message import ON_THE_WAY, Delivery, Message, MessageId, Receipt, Task
from peerd.model.peer import DAEMON, OPERATOR, PeerName
from peerd.rpc.params import MessageSendParams
from peerd.store.write import SetDelivery, SetTask, Write

REPLY = "reply "
"""Before the id of the one that shows that a task was answered."""


def question(daemon: Daemon, params: MessageSendParams) -> Receipt | None:
    """What it replies to. Raises UnknownMessage."""
    if params.reply_to is None:
        return None
    found = daemon.store.reader.receipt(MessageId(params.reply_to))
    if found is None:
        raise UnknownMessage(f"no message {params.reply_to!r} to reply to. Nothing was sent.")
    return found


def to(daemon: Daemon, params: MessageSendParams, question: Receipt | None) -> str:
    """Raises UsageError where that is nobody who reads answers, UnknownPeer for one that was removed."""
    if question is None:
        if params.to is None:
            raise UsageError("to whom? Nothing was sent.")
        return params.to
    id, sender = question.message.id, question.message.sender
    if params.to not in (None, sender):
        return str(params.to)
    if sender == DAEMON:
        raise UsageError(f"{id} is a notice from peerd: nobody reads an answer. Nothing was sent.")
    if question.message.sender_is_gone:
        another = f" Who is called so now is another: `peerd send {sender}`." if sender in daemon.loop.peers else ""
        raise UnknownPeer(f"{sender}, which sent {id}, was removed: nobody reads an answer. Nothing was sent.{another}")
    return sender


def answers(daemon: Daemon, asker: Asker, message: Message, question: Receipt | None) -> tuple[Write, ...]:
    """A reply ends the task it answers when it comes from the one who was asked and goes to the one who asked; of
    several the first on disk."""
    if question is None or not _is_between(asker, message, question) or not _may_be_answered(daemon, asker, question):
        return ()
    evidence, body = f"{REPLY}{message.id}", message.body
    at = message.accepted_at
    answered = SetTask(question.message.id, Task.ANSWERED, at, evidence, answer=body, answer_from="reply", once=True)
    return (answered, *_delivered(daemon, question, message.id, at))


def _delivered(daemon: Daemon, question: Receipt, by: MessageId, at: float) -> tuple[Write, ...]:
    """An answer shows that what was typed, or is for a person, was taken. What was read some other way is delivered no
    more, and never was."""
    id, attempt = question.message.id, _taken(daemon, question)
    if question.state not in ON_THE_WAY:
        return ()
    if attempt is None:
        why = f"answered by {by} before it was handed over"
        return (SetDelivery(id, Delivery.CANCELLED, question.attempt, None, at, why),)
    return (SetDelivery(id, Delivery.SUBMITTED, attempt, None, at, f"answered by {by}"),)


def _taken(daemon: Daemon, question: Receipt) -> int | None:
    """The attempt that an answer proves; None where none is under way, was taken or may have been."""
    if question.message.target == OPERATOR:
        return 1
    seen = [each.attempt for each in question.history if each.state == Delivery.SUBMITTED.value]
    made = {*seen, *(each.number for each in all_told(behind(question.history)).unproved)}
    peer = daemon.loop.peers.get(question.message.target)
    if peer is not None and peer.lease is not None and peer.lease.waiting.id == question.message.id:
        attempt = peer.lease.waiting.attempts
        made = made | {attempt} if _may_be_typed(daemon, peer.spec.name, peer.lease) else made - {attempt}
    return max(made, default=None)


def _may_be_typed(daemon: Daemon, target: PeerName, lease: Lease) -> bool:
    """A lease alone is none: its session may not be reached for long before the first byte."""
    live, attempt = daemon.living(target), (lease.waiting.id, lease.waiting.attempts)
    return not lease.watched or (live is not None and live.typed_of == attempt)


def is_answered_now(daemon: Daemon, waiting: Waiting) -> bool:
    """Whether a reply to it is just being stored: then it is not typed before that is."""
    stored = daemon.receipts.under_way[waiting.sender] if waiting.sender is not None else ()
    return any(each.reply_to == waiting.id for each in stored)


def answered_by(question: Receipt) -> MessageId | None:
    """The reply that its answer is."""
    steps = (each for each in question.history if each.state == Task.ANSWERED.value)
    return next((MessageId(each.evidence.removeprefix(REPLY)) for each in steps), None)


def prove_taken(answers: tuple[Write, ...]) -> bool:
    """Whether what they answer was delivered by that, or before."""
    return not any(isinstance(each, SetDelivery) and each.state is Delivery.CANCELLED for each in answers)


def ends_nothing(asker: Asker, message: Message, question: Receipt | None) -> str | None:
    """Why a reply by who was asked is not the answer: told to who sends it."""
    if question is None or not _is_between(asker, message, question):
        return None
    id, by = question.message.id, answered_by(question)
    if question.task is Task.ANSWERED:
        return f"{id} was answered before{f', by {by}' if by else ''}: this went as a message of its own."
    if question.task is Task.DEAD:
        return f"{id} had failed before (`peerd message {id}` tells why): this went as a message of its own."
    return None


def _is_between(asker: Asker, message: Message, question: Receipt) -> bool:
    asked = question.message
    return (asked.sender, asked.target) == (message.target, asker.name) and not asked.sender_is_gone


def _may_be_answered(daemon: Daemon, asker: Asker, question: Receipt) -> bool:
    """Also once its turn is over, by who had it."""
    if question.task is Task.TURN_ENDED and question.session is not None:
        return daemon.store.reader.is_of(question.session, asker.name)
    return question.task in (Task.OPEN, Task.TURN_ENDED)
