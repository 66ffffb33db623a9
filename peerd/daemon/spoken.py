"""A session that speaks proves that it took the one thing that was entered there, before its screen does."""

from peerd.core.told import only_task
from peerd.daemon import onscreen
from peerd.daemon.asker import Asker
from peerd.daemon.context import Daemon
from peerd.model.message import Delivery


async def heed(daemon: Daemon, who: Asker) -> None:
    """Before what it says is taken up, so that this is of its task."""
    live, peer = daemon.living(who.name), daemon.loop.peers.get(who.name)
    if live is None or live.id != who.session or peer is None:
        return
    task = only_task(peer)
    if task is None or task.id != peer.entered:
        return
    receipt = daemon.store.reader.receipt(task.id)
    if receipt is None or (receipt.state, receipt.session) != (Delivery.HANDED_OVER, live.id):
        return
    live.spoke = receipt.message.id
    await onscreen.tell_taken(daemon, live, receipt.message.id, receipt.attempt, daemon.loop.feed)
