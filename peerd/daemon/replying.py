"""What a message replies to, whom that reaches, and whether it ends the task of who asked. Who was removed asks and
answers nothing any more: a namesake is another."""

from peerd.daemon.asker import Asker
from peerd.daemon.context import Daemon
from peerd.errors import UnknownMessage, UnknownPeer, UsageError
from peerd.model.message import ON_THE_WAY, Delivery, Message, MessageId, Receipt, Task
from peerd.model.peer import DAEMON
from peerd.rpc.params import MessageSendParams
from peerd.store.write import SetDelivery, SetTask, Write


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
    if params.to is not None:
        return params.to
    if question is None:
        raise UsageError("to whom? Nothing was sent.")
    id, sender = question.message.id, question.message.sender
    if sender == DAEMON:
        raise UsageError(f"{id} is a word of peerd's own: nobody reads an answer. Nothing was sent.")
    if question.message.sender_is_gone:
        another = f" Who is called so now is another: `peerd send {sender}`." if sender in daemon.loop.peers else ""
        raise UnknownPeer(f"{sender}, which sent {id}, was removed: nobody reads an answer. Nothing was sent.{another}")
    return sender


def answers(daemon: Daemon, asker: Asker, message: Message, question: Receipt | None) -> tuple[Write, ...]:
    """A reply ends the task it answers when it comes from the one who was asked and goes to the one who asked; of
    several the first on disk."""
    if question is None or not _is_between(asker, message, question) or not _may_be_answered(daemon, asker, question):
        return ()
    evidence, body = f"reply {message.id}", message.body
    at = message.accepted_at
    answered = SetTask(question.message.id, Task.ANSWERED, at, evidence, answer=body, answer_from="reply", once=True)
    if question.state not in ON_THE_WAY:
        return (answered,)
    known = SetDelivery(
        question.message.id, Delivery.SUBMITTED, question.attempt, None, at, f"answered by {message.id}"
    )
    return (known, answered)


def _is_between(asker: Asker, message: Message, question: Receipt) -> bool:
    asked = question.message
    return (asked.sender, asked.target) == (message.target, asker.name) and not asked.sender_is_gone


def _may_be_answered(daemon: Daemon, asker: Asker, question: Receipt) -> bool:
    """Also once its turn is over, by who had it."""
    if question.task is Task.TURN_ENDED and question.session is not None:
        return daemon.store.reader.is_of(question.session, asker.name)
    return question.task in (Task.OPEN, Task.TURN_ENDED)
