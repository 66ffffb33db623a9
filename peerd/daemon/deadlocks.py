"""Sessions for one task whose turn is over, and that await an answer: they take no other task meanwhile, so that some
that ask each other in a circle stand still until silence ends one of their tasks. A person is told, and so is who would
close it."""

from typing import NamedTuple

from peerd.core.circle import circles, find_circle, told
from peerd.core.queue import open_task
from peerd.core.state import Peer
from peerd.daemon import pending_answers
from peerd.daemon.context import Daemon
from peerd.daemon.identity import Asker
from peerd.edges import clock
from peerd.model.message import Delivery, Message, MessageId
from peerd.model.notice import Notice
from peerd.model.peer import PeerName

Asked = dict[PeerName, dict[MessageId, PeerName]]
"""What each has asked whom, and nobody has answered."""


class _Question(NamedTuple):
    id: MessageId
    by: PeerName
    of: PeerName


def _asked(daemon: Daemon, quiet_s: float) -> Asked:
    """By those that an answer alone lets go on: nothing is on its way to them, and they have been quiet for so long."""
    found: Asked = {}
    for name, peer in daemon.loop.peers.items():
        ids = pending_answers.answers(daemon, peer) if _is_quiet(peer, quiet_s) else None
        receipts = map(daemon.store.reader.sensible, map(MessageId, ids or ()))
        found[name] = {each.message.id: each.message.target for each in receipts if each is not None}
    return found


def _is_quiet(peer: Peer, quiet_s: float) -> bool:
    comes = peer.lease is not None or any(not each.task for each in peer.waits)
    return not comes and clock.now() - peer.active_at >= quiet_s


def notices(daemon: Daemon) -> list[Notice]:
    """Once it has lasted: what just fell quiet may be about to go on."""
    asked = _asked(daemon, daemon.settings.silent_s)
    found = circles({who: {*of.values()} for who, of in asked.items()})
    return [_notice(daemon, circle, asked) for circle in found]


def _notice(daemon: Daemon, circle: tuple[PeerName, ...], asked: Asked) -> Notice:
    """Of questions that wait one can be taken out: who asked it is told, and goes on."""
    ring = [
        next(_Question(id, who, to) for id, to in asked[who].items() if to == after)
        for who, after in zip(circle, (*circle[1:], *circle[:1]), strict=True)
    ]
    ways = ", ".join(f"{each.by} an answer to {each.id} by {each.of}" for each in ring)
    waits = next((each for each in ring if _waits(daemon, each.id)), ring[-1])
    silent_s = min(daemon.loop.peers[who].spec.ephemeral_silent_s for who in circle)
    return Notice(
        kind="standstill",
        about=" ".join(circle),
        text=f"{', '.join(circle)} wait for each other's answers (deadlock): {ways} is awaited; "
        f"{silent_s:g} s of silence end one of them",
        remedy=f"`peerd queue cancel {waits.id}` lets {waits.by} go on without the answer",
    )


def _waits(daemon: Daemon, id: MessageId) -> bool:
    receipt = daemon.store.reader.sensible(id)
    return receipt is not None and receipt.state is Delivery.ACCEPTED


def note(daemon: Daemon, asker: Asker, message: Message) -> str | None:
    """For who has such a task in hand, and asks somebody who would take that only once this one has answered."""
    peer = daemon.loop.peers.get(asker.name)
    task = open_task(peer) if peer is not None and peer.ephemeral and asker.session == peer.session else None
    if task is None or message.reply_to is not None or message.target == task.sender:
        return None  # of who asked it is told that this is no answer
    asked = {who: [*of.values()] for who, of in _asked(daemon, 0.0).items()}
    circle = find_circle(asked, asker.name, message.target)
    if circle is None or len(circle) < 2:
        return None
    after = f"{message.target} is given this only once its own task is over"
    return f"{told(circle)}: {after}. `peerd reply {task.id} TEXT` answers yours."
