"""What the store tells of one message, in the shape the daemon would answer in; and whose spec a name is."""

from datetime import UTC, datetime
from difflib import get_close_matches

from peerd.errors import UnknownPeer
from peerd.model.message import Delivery, Hold, Receipt
from peerd.model.peer import PeerName, Spec, Want
from peerd.rpc import mail


def named(specs: dict[PeerName, Spec], name: str) -> Spec:
    if name in specs:
        return specs[PeerName(name)]
    near = get_close_matches(name, specs, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else " `peerd ls` lists them."
    raise UnknownPeer(f"no peer {name!r}.{hint}")


def message_row(receipt: Receipt, want: Want | None) -> mail.MessageRow:
    """`want`: of its target, None for one that is no peer."""
    message = receipt.message
    return mail.MessageRow(
        id=message.id,
        sender=message.sender,
        to=message.target,
        topic=message.topic,
        reply_to=message.reply_to,
        state=receipt.state,
        task=receipt.task,
        hold=hold(receipt, want),
        attempt=receipt.attempt,
        session=receipt.session,
        accepted_at=rfc3339(message.accepted_at),
        want=want,
    )


def hold(receipt: Receipt, want: Want | None) -> Hold | None:
    """The one noted last, of the head of a queue alone; what waits for a peer that is stopped is held back."""
    return Hold.QUEUE_PAUSED if want is Want.DOWN and receipt.state is Delivery.ACCEPTED else receipt.hold


def rfc3339(wall: float) -> str:
    """To the nearest millisecond, as the daemon tells it."""
    at = datetime.fromtimestamp(round(wall * 1000) / 1000, UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
