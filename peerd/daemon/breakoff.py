"""A message for which the turn that is open is broken off first: it is on record before any key is pressed."""

from msgspec.structs import replace

from peerd.core.queries import hold_of
from peerd.daemon import control, unheard
from peerd.daemon.authorization import check_control
from peerd.daemon.context import Daemon
from peerd.daemon.identity import Asker
from peerd.errors import PeerdError, UsageError
from peerd.model.message import Delivery, Hold, MessageId, Receipt
from peerd.model.peer import PeerName
from peerd.rpc.params import MessageSendParams, PeerControlParams

WITHIN_S = 10.0
"""A runtime is back at its input line by then, or the message waits for the end of its turn as any other."""


def prepared(daemon: Daemon, who: Asker, params: MessageSendParams) -> MessageSendParams:
    """As it is accepted: given next, before others. Raises NotPermitted, UsageError; nothing was sent then."""
    if not params.interrupt:
        return params
    if params.not_before_s is not None or params.not_before_at is not None or params.to is None:
        raise UsageError("--interrupt breaks off what runs now: not with --not-before, nor a reply. Nothing was sent.")
    check_control(daemon, who, params.to, "break off its turn")
    return replace(params, priority="high")


async def broken_off(daemon: Daemon, who: Asker, receipt: Receipt) -> str | None:
    """What its sender is to know where the turn goes on so far: the message waits for its end then. One that is on its
    way, or taken, is the turn by now, and is left alone."""
    message = receipt.message
    if receipt.state is not Delivery.ACCEPTED:
        return None
    return await daemon.see_through(_break_off(daemon, message.target, message.id, who.identity), "break off")


async def _break_off(daemon: Daemon, peer: PeerName, message: MessageId, by: str) -> str | None:
    known = daemon.loop.peers.get(peer)
    if known is None or (known.turn is None and known.lease is None) or control.is_in_hand(known, message):
        return None  # nothing of a message is under way, or it is this
    if hold_of(known) is Hold.QUEUE_PAUSED:
        return f"its turn was not broken off: its queue is paused, and {message} could not be given after it either"
    live = daemon.living(peer)
    if live is not None and unheard.holds(live):
        return f"its turn was not broken off, for {message} could not be given after it: {peer} is {unheard.told(live)}"
    asked = PeerControlParams(peer=peer, what="interrupt", timeout_s=WITHIN_S)
    try:
        await control.interrupt(daemon, asked, by, first=message)
    except PeerdError as error:
        return f"its turn was not broken off, so {message} waits for its end: {error}"
    return None
