"""A session that took a message and told nothing of it: its hooks cannot run, or are late. What its runtime keeps of
the conversation shows that it took the message, so the message is not typed again.

The screen is no evidence there: Codex shows a prompt that a hook kept from the model as one that it took.
"""

from peerd.core.action import Deliver
from peerd.core.history import all_told, behind
from peerd.daemon import ingest, transcript, unheard
from peerd.daemon.context import Daemon
from peerd.daemon.live import Live
from peerd.daemon.prepare import under_lease


async def look_back(daemon: Daemon, live: Live, action: Deliver) -> bool:
    """Whether the runtime's own record has an earlier attempt of the message at this session, which is told to the
    loop. Attempts before somebody had it handed out again do not count: they want it done once more."""
    attempts = _in_doubt(daemon, live, action)
    found = await transcript.taken(daemon, live, action.message, attempts) if attempts else None
    if found is None or not under_lease(daemon, action):
        return False
    live.recorded = action.message
    unheard.took(live, action.message)
    await ingest.take(daemon, live, found, daemon.loop.feed)
    return True


def is_untold(daemon: Daemon, live: Live, action: Deliver) -> bool:
    """Whether it may have taken the message, and has told nothing since it began, nor where its record is."""
    if live.heard_to > 0 or not _in_doubt(daemon, live, action):
        return False
    live.untold = action.message
    return True


def _in_doubt(daemon: Daemon, live: Live, action: Deliver) -> frozenset[int]:
    """Earlier attempts of the message at this session, of which nothing tells what became of them."""
    receipt = daemon.store.reader.receipt(action.message) if live.adapter.confirms == "journal" else None
    return frozenset() if receipt is None else all_told(behind(receipt.history)).doubted_in(live.id)
