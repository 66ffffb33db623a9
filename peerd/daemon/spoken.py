"""A session that speaks proves that it took the one thing handed to it, before its screen or its journal do."""

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
    receipt = daemon.store.reader.receipt(task.id) if task is not None else None
    if receipt is None or (receipt.state, receipt.session) != (Delivery.HANDED_OVER, live.id):
        return
    live.spoke = receipt.message.id
    await onscreen.tell_taken(daemon, live, receipt.message.id, receipt.attempt, daemon.loop.feed)
