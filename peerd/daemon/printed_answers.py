"""An answer that a command of the session that asked has printed in the middle of a turn: it is taken by that, and not
handed over besides. One in no turn is given it: nobody reads there what a command beside it prints."""

from peerd.core.printed_answer import AnswerHeard
from peerd.core.queries import in_turn
from peerd.core.state import Waiting
from peerd.daemon import replying
from peerd.daemon.context import Daemon
from peerd.daemon.identity import Asker
from peerd.edges import clock
from peerd.errors import NotPermitted
from peerd.model.message import PRINTED_BY, Delivery, MessageId, Receipt
from peerd.rpc.params import MessageReadParams
from peerd.store.write import SetDelivery


def unread(daemon: Daemon, who: Asker, question: Receipt) -> MessageId | None:
    """The answer to it that would be handed over to the session that asks, unless that prints it."""
    id = replying.answered_by(question) if question.message.sender == who.name else None
    return id if id is not None and _waiting(daemon, who, id) is not None else None


def read(daemon: Daemon, who: Asker, receipt: Receipt, params: MessageReadParams) -> None:
    """On its way to the disk when this returns. What does not wait for the end of its turn any more stays as it is.
    Raises NotPermitted for what is no answer to who asks."""
    if receipt.message.target != who.name or receipt.task is not None:
        raise NotPermitted(f"{params.id} is no answer to {who.name}: it is not {who.name}'s to be marked as read.")
    waiting = _waiting(daemon, who, receipt.message.id)
    if waiting is None:
        return
    daemon.loop.feed(AnswerHeard(who.name, waiting))
    daemon.log.write("submitted", id=waiting.id, to=who.name, attempt=1)
    told = SetDelivery(waiting.id, Delivery.SUBMITTED, 1, who.session, clock.wall(), f"{PRINTED_BY} peerd {params.by}")
    daemon.record(told, about=waiting.id)


def _waiting(daemon: Daemon, who: Asker, id: MessageId) -> Waiting | None:
    peer = daemon.loop.peers.get(who.name)
    if peer is None or peer.kind == "service" or who.session is None or peer.session != who.session:
        return None
    if not in_turn(peer):
        return None
    return next((each for each in peer.waits if each.id == id and not (each.attempts or each.task)), None)
