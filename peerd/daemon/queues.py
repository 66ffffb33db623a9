"""What waits for a peer, and what came to nothing: told, held back, taken out, handed out again."""

import contextlib

from msgspec.structs import replace

from peerd.core.event import CancelRequested, PauseRequested
from peerd.core.order import on_record
from peerd.core.queue import in_hand, of_key
from peerd.core.state import Peer
from peerd.daemon import bad_records, inbox, peerless, pending_answers, quota, schedule, shell_acl, views
from peerd.daemon.accepted import accepted
from peerd.daemon.admit import check_takes
from peerd.daemon.cancellation import cancelling, ending
from peerd.daemon.context import Daemon
from peerd.daemon.identity import Asker
from peerd.daemon.messages import receipt_of
from peerd.daemon.ondisk import refuse_when_full, settled
from peerd.daemon.send import named
from peerd.daemon.verdict import hold_of_queue
from peerd.daemon.wake import a_peer
from peerd.edges import clock
from peerd.errors import NotPermitted, PeerdError, StoreError, TryAgain, UnknownPeer
from peerd.model.message import ON_THE_WAY, Delivery, Hold, Message, MessageId, Receipt, Task
from peerd.model.peer import OPERATOR, PeerName
from peerd.rpc.mail import QueueChanged, QueueListed, QueueRow, Sent
from peerd.rpc.params import QueueParams
from peerd.store.decode import Senseless
from peerd.store.write import Revive, TakeOut


async def listed(daemon: Daemon, params: QueueParams) -> QueueListed:
    with contextlib.suppress(StoreError):  # what the disk does not take yet is told by the notices
        await daemon.store.commit()  # all that was decided before is on record
    reader = daemon.store.reader
    dead = reader.dead_counts()
    gone = {name: _gone(name, count, dead) for name, count in peerless.counts(daemon).items()}
    if params.peer is None:
        rows = [_row(daemon, peer, dead) for _, peer in sorted(daemon.loop.peers.items())]
        return QueueListed(queues=[*rows, *gone.values()])
    row = gone.get(PeerName(params.peer)) or _row(daemon, daemon.loop.peers[a_peer(daemon, params.peer)], dead)
    name = PeerName(row.peer)
    waiting = reader.unfinished(name) if row.gone else reader.waiting_for(name)
    unseen, lost = reader.unseen_of(name), reader.dead_letters(name, params.limit)
    return QueueListed(
        queues=[row],
        waiting=[views.message_row(daemon, each) for each in on_record(waiting.receipts, reader.given(name))],
        dead=[views.message_row(daemon, each) for each in lost.receipts],
        unseen=[each for each in lost.ids if each in unseen],
        more=lost.more,
        left_out=[*dict.fromkeys((*waiting.left_out, *lost.left_out))],
    )


def _gone(name: PeerName, waiting: int, dead: dict[PeerName, int]) -> QueueRow:
    return QueueRow(peer=name, waiting=waiting, paused=False, hold=None, dead=dead.get(name, 0), gone=True)


def _row(daemon: Daemon, peer: Peer, dead: dict[PeerName, int]) -> QueueRow:
    name = peer.spec.name
    waiting = len(peer.waits) + (1 if peer.lease else 0)
    hold = hold_of_queue(daemon, peer)
    return QueueRow(
        peer=name,
        waiting=waiting,
        paused=peer.paused,
        hold=hold,
        dead=dead.get(name, 0),
        want=peer.want,
        awaits=pending_answers.answers(daemon, peer) if hold is Hold.BUSY else None,
    )


async def pause(daemon: Daemon, name: str, by: str, *, paused: bool) -> QueueChanged:
    """On disk once this returns. What is under way goes on."""
    peer = a_peer(daemon, name)
    await refuse_when_full(daemon)
    waiting = len(daemon.loop.peers[peer].waits)  # the first of those that go on is on its way at once
    daemon.loop.feed(PauseRequested(peer, paused))
    daemon.log.write("queue", to=peer, paused=paused, by=by)
    await settled(daemon, f"the queue of {peer} {'is held back' if paused else 'goes on'}")
    return replace(_changed(daemon, peer), waiting=waiting)


async def purge(daemon: Daemon, name: str, by: str) -> QueueChanged:
    """Cancels all that waits, but for what is on its way into the session."""
    why = f"the queue was emptied by {by}"
    if name == OPERATOR or name in peerless.counts(daemon):
        dropped = await peerless.purge(daemon, PeerName(name), why)
        bad_records.note_again(daemon)
        return QueueChanged(peer=name, paused=False, waiting=0, dropped=dropped)
    peer = a_peer(daemon, name)
    await refuse_when_full(daemon)
    waiting = daemon.loop.peers[peer].waits
    for each in waiting:
        daemon.loop.feed(CancelRequested(peer, each.id, why))
    await settled(daemon, f"the queue of {peer} is emptied")
    return _changed(daemon, peer, len(waiting))


async def cancel(daemon: Daemon, who: Asker, id: str) -> Sent:
    """By its sender or the operator. Raises PeerdError for what is on its way or over."""
    try:
        receipt = receipt_of(daemon, id)
    except Senseless as error:
        return await _take_out(daemon, who, MessageId(id), error)
    sender, gone = receipt.message.sender, receipt.message.sender_is_gone
    if who.name != OPERATOR and (who.name != sender or gone):
        of = f"{sender}, which was removed" if gone else sender
        raise NotPermitted(f"{id} is from {of}; only its sender or the operator may cancel it.")
    await refuse_when_full(daemon)
    receipt = receipt_of(daemon, id)  # it may have gone on meanwhile
    if receipt.state in ON_THE_WAY and receipt.message.target == OPERATOR:
        await _cancel_unread(daemon, who, receipt)
    elif peerless.in_no_queue(daemon, receipt.message.target) and not _is_over(receipt):
        end = ending(receipt, clock.wall(), f"cancelled by {who.identity}")
        await daemon.store.commit(end)
        peerless.told_of(daemon, end.message, receipt.message.target, end.evidence)
    elif _waits(daemon, receipt):
        daemon.loop.feed(CancelRequested(receipt.message.target, receipt.message.id, f"cancelled by {who.identity}"))
        await settled(daemon, f"{id} is cancelled")
    else:
        raise _waits_no_more(daemon, receipt)
    return views.sent(daemon, receipt_of(daemon, id), woke=False, waiting=False)


async def _take_out(daemon: Daemon, who: Asker, id: MessageId, error: Senseless) -> Sent:
    """Of one that makes no sense nobody can tell who sent it. Raises PeerdError for what is on its way or over."""
    if who.name != OPERATOR:
        raise NotPermitted(f"{id} has an invalid record; only the operator may cancel it.")
    if any(id in _under_way(peer) for peer in daemon.loop.peers.values()):
        raise PeerdError(f"{id} is on its way, or at work. {error}")
    why = f"cancelled by {who.identity}"
    (changed,) = await daemon.store.commit(TakeOut(id, clock.wall(), why))
    if not changed:
        raise PeerdError(f"{id} is no longer waiting. {error}")
    target = daemon.store.reader.target(id) or ""
    peerless.told_of(daemon, id, target, why)
    for name, peer in tuple(daemon.loop.peers.items()):
        if any(each.id == id for each in peer.waits):  # it was spoiled while it waited
            daemon.loop.feed(CancelRequested(name, id, why))
    await daemon.store.commit()
    bad_records.note_again(daemon)
    return Sent(id=id, to=target, state=Delivery.CANCELLED, task=None, hold=None, attempt=0, session=None, woke=False)


def _under_way(peer: Peer) -> set[MessageId]:
    return {each.id for each in in_hand(peer)}


def _is_over(receipt: Receipt) -> bool:
    return receipt.state not in ON_THE_WAY and receipt.task is not Task.OPEN


async def requeue(daemon: Daemon, who: Asker, id: str) -> Sent:
    """A message that came to nothing waits again, at the end. Raises PeerdError for any other, and for one to a peer
    that was removed, while its turn still runs, and where one waits under its key already: that is the later word;
    TryAgain where the queue is full. Nothing else may come between these looks and the store."""
    receipt = receipt_of(daemon, id)
    message = receipt.message
    if message.target == OPERATOR:
        await inbox.unread_again(daemon, who, message)
        return views.sent(daemon, receipt_of(daemon, id), woke=False, waiting=False)
    if message.target_is_gone:
        gone = f"{id} was sent to the {message.target} that was removed"
        raise PeerdError(f"{gone}: it stays as it is.{_heir(daemon, message)}")
    if message.target in daemon.leaving:
        raise TryAgain(f"{message.target} is just being removed or renamed; {id} stays as it is. Try again.")
    if message.target not in daemon.loop.peers:
        _check_spec(daemon, message.target)
        raise PeerdError(f"{message.target} is no longer a peer: {id} stays as it is.")
    peer = daemon.loop.peers[message.target]
    _check_place(daemon, peer, receipt)
    if _may_have_come_to_nothing(peer, receipt):
        quota.check_queue(daemon, message, f"{id} stays as it is")
    with quota.kept(daemon, message):
        await _revive(daemon, who, message)
    return views.sent(daemon, receipt_of(daemon, id), woke=False, waiting=False)


def _heir(daemon: Daemon, message: Message) -> str:
    """Who has the name of its target by now."""
    to = message.target
    return f" Who is called so now is another: `peerd send {to}`." if to in daemon.loop.peers else ""


def _check_spec(daemon: Daemon, name: PeerName) -> None:
    """Raises ConfigError for one whose spec is there and wrong, and TryAgain for one that just leaves its name."""
    with contextlib.suppress(UnknownPeer):
        named(daemon, name)


async def _revive(daemon: Daemon, who: Asker, message: Message) -> None:
    now = clock.wall()
    expires_at = schedule.by_figure(daemon, message.target, now)
    await daemon.store.commit(Revive(message.id, now, f"requeued by {who.identity}", expires_at))
    daemon.log.write("revived", id=message.id, to=message.target, by=who.identity)
    daemon.receipts.changed(message.id)
    revived = receipt_of(daemon, message.id)
    daemon.loop.feed(accepted(daemon, revived.message, revived.task is not None, revived.attempt))


def _may_have_come_to_nothing(peer: Peer, receipt: Receipt) -> bool:
    """The record may not know yet what has just been decided."""
    known = receipt.message.id in _under_way(peer) or any(each.id == receipt.message.id for each in peer.waits)
    done = receipt.state is Delivery.SUBMITTED and receipt.task not in (Task.OPEN, Task.DEAD)
    return not known and not done


def _check_place(daemon: Daemon, peer: Peer, receipt: Receipt) -> None:
    """Raises PeerdError where the end of the turn before, or a later message, would be mixed up with it."""
    id, name = receipt.message.id, peer.spec.name
    check_takes(peer, f"{id} stays as it is.")
    adapter, sender = daemon.adapters.get(peer.spec.runtime), receipt.message.queued_as
    barred = None if adapter is None else shell_acl.why_not(daemon, peer, adapter, sender)
    if barred is not None:
        raise PeerdError(f"{barred}. {id} stays as it is.")
    if receipt.task is Task.DEAD and id in _under_way(peer):
        raise PeerdError(
            f"{id} failed, but its turn still runs. `peerd interrupt {name}` ends it; then `peerd queue requeue {id}`."
        )
    if receipt.task is Task.OPEN and id in _under_way(peer) and not _has_open(peer, receipt.message.id):
        raise TryAgain(f"{id} is just coming to its end. Nothing was done; try again.")
    waits = _later_word(daemon, peer, receipt.message)
    if waits is not None:
        raise PeerdError(
            f"{waits} waits under the same key, {receipt.message.key!r}, and {id} would replace it; {id} stays as it "
            f"is. `peerd queue cancel {waits}` first, if {id} is to take its place."
        )


def _later_word(daemon: Daemon, peer: Peer, message: Message) -> MessageId | None:
    queued = None if message.sender_is_gone else of_key(peer, message.sender, message.key)
    return queued.id if queued is not None and queued.id != message.id else quota.of_key(daemon, message)


def _has_open(peer: Peer, id: MessageId) -> bool:
    """Whether its task goes on; once that is over its turn may still run."""
    return any(each.id == id and each.task for each in in_hand(peer))


async def _cancel_unread(daemon: Daemon, who: Asker, receipt: Receipt) -> None:
    """What waits for the operator is in no queue."""
    await daemon.store.commit(cancelling(receipt, clock.wall(), f"cancelled by {who.identity}"))
    daemon.receipts.changed(receipt.message.id)


def _waits(daemon: Daemon, receipt: Receipt) -> bool:
    peer = daemon.loop.peers.get(receipt.message.target)
    return peer is not None and any(each.id == receipt.message.id for each in peer.waits)


def _waits_no_more(daemon: Daemon, receipt: Receipt) -> PeerdError:
    """The record may be behind what is decided of it, or ahead where it is just being handed out again."""
    id, peer = receipt.message.id, daemon.loop.peers.get(receipt.message.target)
    if receipt.state is Delivery.ACCEPTED and (peer is None or id not in _under_way(peer)):
        return TryAgain(f"{id} is being processed just now. Nothing was done; try again.")
    return PeerdError(f"{id} is no longer waiting: {_stands(receipt)}. `peerd message {id}` tells more.")


def _stands(receipt: Receipt) -> str:
    return receipt.state.value if receipt.task is None else f"{receipt.state.value}, its task {receipt.task.value}"


def _changed(daemon: Daemon, name: PeerName, dropped: int = 0) -> QueueChanged:
    peer = daemon.loop.peers[name]
    return QueueChanged(peer=name, paused=peer.paused, waiting=len(peer.waits), dropped=dropped, want=peer.want)
