"""Messages to a peer that is no more: its spec is gone, and nobody removed it. They wait until there is one of that
name again, or their time is over, and are told of meanwhile."""

from peerd.core.event import CancelRequested
from peerd.daemon.cancellation import taking_out
from peerd.daemon.context import Daemon
from peerd.edges import clock
from peerd.errors import PeerdError
from peerd.model.message import Delivery, MessageId, Receipt
from peerd.model.notice import Notice
from peerd.model.peer import OPERATOR, PeerName
from peerd.rpc import rows
from peerd.store.write import TakeOut


def counts(daemon: Daemon) -> dict[PeerName, int]:
    """By name, how many are not over. One whose spec is there and wrong, or that just changes its name, is a peer."""
    found = daemon.store.reader.unfinished_counts().items()
    return {name: count for name, count in sorted(found) if _is_none(daemon, name)}


def names(daemon: Daemon) -> list[PeerName]:
    """Of all for whom something waits in no queue."""
    return [name for name in sorted(daemon.store.reader.unfinished_counts()) if in_no_queue(daemon, name)]


def _is_none(daemon: Daemon, name: PeerName) -> bool:
    return in_no_queue(daemon, name) and not daemon.found.has(name)


def in_no_queue(daemon: Daemon, name: PeerName) -> bool:
    """Also of one whose spec is there and wrong, where none before it is on record: what waits for it waits there
    alone."""
    return name != OPERATOR and name not in daemon.loop.peers and name not in daemon.leaving


def unfinished(daemon: Daemon) -> list[Receipt]:
    """What of them is not over and makes sense, without texts; also of those whose spec is there and wrong."""
    reader = daemon.store.reader
    names = [name for name in sorted(reader.unfinished_counts()) if in_no_queue(daemon, name)]
    return [receipt for name in names for receipt in reader.unfinished(name).receipts]


def awaits(daemon: Daemon, receipt: Receipt) -> bool:
    """Whether nothing becomes of it until there is a peer of that name."""
    return rows.is_unfinished(receipt) and in_no_queue(daemon, receipt.message.target)


def because(daemon: Daemon, receipt: Receipt) -> str:
    return rows.no_peer(receipt, daemon.found.wrong)


def notices(daemon: Daemon) -> list[Notice]:
    return [
        Notice(
            kind="leftover",
            about=name,
            text=f"{told(count)} for {name}, which is no longer a peer",
            remedy=f"`peerd add {name} --runtime R` has them delivered, `peerd queue purge {name}` cancels them, "
            f"`peerd queue ls {name}` shows them",
        )
        for name, count in counts(daemon).items()
    ]


def told(count: int) -> str:
    return f"{count} message{' waits' if count == 1 else 's wait'}"


def refuse_heir(daemon: Daemon, old: PeerName, new: PeerName) -> None:
    """Raises PeerdError where a peer would be given what was sent to an earlier one of its new name."""
    count = daemon.store.reader.unfinished_counts().get(new, 0)
    if count:
        raise PeerdError(
            f"{told(count)} for an earlier {new}, and {old} would get them. `peerd queue ls {new}` shows them, "
            f"`peerd queue purge {new}` cancels them; then rename it again. Nothing was changed."
        )


async def purge(daemon: Daemon, name: PeerName, why: str) -> int:
    """Cancels all of them. How many that were."""
    found = daemon.store.reader.unfinished(name)
    at, left_out = clock.wall(), [id for id in found.left_out if id is not None]
    writes = [*(TakeOut(id, at, why) for id in left_out), *(taking_out(each, at, why) for each in found.receipts)]
    changed = await daemon.store.commit(*writes)
    taken_out = [each for each, out in zip(writes, changed, strict=True) if out]
    for each in taken_out:
        told_of(daemon, each.message, name, each.evidence)
    return len(taken_out)


def told_of(daemon: Daemon, id: MessageId, to: str, why: str) -> None:
    """Also to one that is a peer again, and has read it off the record before it was cancelled there."""
    heir = daemon.loop.peers.get(PeerName(to))
    if heir is not None and any(each.id == id for each in heir.waits):
        daemon.loop.feed(CancelRequested(heir.spec.name, id, why))  # which logs it
    else:
        daemon.log.write("dropped", id=id, to=to, state=Delivery.CANCELLED, why=why)
    daemon.receipts.changed(id)
