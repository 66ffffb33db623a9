"""What came to nothing, and a person's look at it."""

from peerd.daemon.context import Daemon
from peerd.model.message import MessageId
from peerd.rpc.mail import MessagesLooked
from peerd.rpc.params import MessageLookedParams
from peerd.store.noticed import SetLooked


async def looked(daemon: Daemon, params: MessageLookedParams) -> MessagesLooked:
    """On disk once this returns. Whoever lists it says what was shown: what was only asked for nobody has seen."""
    (changed,) = await daemon.store.commit(SetLooked(tuple(MessageId(each) for each in params.ids)))
    if changed:
        daemon.board.stirred.set()
    return MessagesLooked(changed=changed)
