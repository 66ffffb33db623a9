"""A session that speaks proves that it took the one thing that was entered there, before its screen does: where who
speaks was begun since then, and not by something that ran beside it already, as a timer may."""

from peerd.core.facts import only_task
from peerd.daemon import screen_evidence
from peerd.daemon.context import Daemon
from peerd.daemon.identity import Asker
from peerd.daemon.live import Live
from peerd.edges import process, terminal
from peerd.model.message import Delivery, MessageId


async def heed(daemon: Daemon, who: Asker) -> None:
    """Before what it says is taken up, so that this is of its task."""
    live, peer = daemon.living(who.name), daemon.loop.peers.get(who.name)
    if live is None or live.id != who.session or peer is None:
        return
    task = only_task(peer)
    if task is None or task.id != peer.entered or not _of_it(live, task.id, who.pid):
        return
    receipt = daemon.store.reader.receipt(task.id)
    if receipt is None or (receipt.state, receipt.session) != (Delivery.HANDED_OVER, live.id):
        return
    live.spoke = receipt.message.id
    await screen_evidence.tell_taken(daemon, live, receipt.message.id, receipt.attempt, daemon.loop.feed)


def _of_it(live: Live, task: MessageId, pid: int) -> bool:
    """Whether this is the runtime, or comes of it by nothing but processes that read its terminal too, so that one of
    them may be what was typed at, or that began since the task was entered; where another daemon entered it, since this
    one had the session in hand."""
    runtime, entered_at = live.host.runtime.pid, live.entered.get(task, live.taken_in_hand)
    typed_at = terminal.read_by(runtime)
    for each in (pid, *process.ancestors(pid)):
        if each == runtime:
            return True
        known = process.identify(each)
        if known is None or (known.start < entered_at and terminal.read_by(each) != typed_at):
            return False
    return False
