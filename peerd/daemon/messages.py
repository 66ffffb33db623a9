"""Messages as a caller asks of them: taken whole or not at all, waited for, shown and listed."""

import asyncio
import contextlib
from collections.abc import Coroutine
from typing import Any, NoReturn, TypeVar

from msgspec.structs import replace

from peerd import rfc3339
from peerd.core.event import WakeRequested
from peerd.core.queries import hold_of
from peerd.core.queue import in_hand
from peerd.core.state import Peer
from peerd.daemon import breakoff, calls, printed_answers, replying, views, wait_cycles
from peerd.daemon.attachments import Copies
from peerd.daemon.authorization import may_read
from peerd.daemon.context import Daemon
from peerd.daemon.identity import Asker
from peerd.daemon.leaving import left
from peerd.daemon.send import Taken, named, read_by_operator, send
from peerd.edges import clock
from peerd.errors import StoreError, UnknownMessage, UnknownPeer, UsageError
from peerd.model.message import Delivery, Hold, MessageId, Receipt, Task
from peerd.model.peer import OPERATOR, PeerName, Phase, Want
from peerd.rpc import mail
from peerd.rpc import params as p
from peerd.store.ends import UNDELIVERED

T = TypeVar("T")


async def taken(
    daemon: Daemon,
    who: Asker,
    params: p.MessageSendParams,
    call: WakeRequested | None = None,
    group: str | None = None,
    copies: Copies | None = None,
) -> Taken:
    """A message is accepted whole or not at all, also when its sender hangs up meanwhile. `group`: it goes to all of
    that, with the same `copies` of files."""
    return await daemon.see_through(send(daemon, who, params, call, group, copies), "send")


async def sent(
    daemon: Daemon,
    who: Asker,
    params: p.MessageSendParams,
    group: str | None = None,
    call: asyncio.Task[Any] | None = None,
    copies: Copies | None = None,
) -> mail.Sent:
    """`call`: that in which a whole group is sent to, with the same `copies` of files."""
    call = call or calls.own()
    params = breakoff.prepared(daemon, who, params)
    done = await taken(daemon, who, params, None, group, copies)
    until = params.wait or _unasked(daemon, done.receipt)
    calls.begin(daemon, who, done.receipt, call, prints=until == "ended" and params.prints)
    give_up = clock.now() + params.timeout_s
    unbroken = await breakoff.broken_off(daemon, who, done.receipt) if params.interrupt else None
    left_s = max(0.0, give_up - clock.now())
    reached, note = await wait_cycles.waited(
        daemon, who, done.receipt, until, lambda: _until_hopeless(daemon, done.receipt, until, left_s)
    )
    reached = await calls.answered(daemon, who, reached, call)
    told = views.sent(daemon, reached, woke=done.woke, waiting=not _over(reached, until))
    return _told(daemon, who, reached, told, *done.notes, unbroken, note, _unprinted(who, params, reached))


def _unprinted(who: Asker, params: p.MessageSendParams, receipt: Receipt) -> str | None:
    """A service is handed no answer, and there is no inbox of it."""
    if params.prints or who.kind != "service" or receipt.task is not Task.ANSWERED:
        return None
    return f"the answer is on record: `peerd wait {receipt.message.id} --for ended` prints it."


def _unasked(daemon: Daemon, receipt: Receipt) -> wait_cycles.Until:
    """A person reads it at their own time, and a command that asked a group prints it with the last answer: nobody is
    held up by that who did not say so."""
    question = daemon.receipts.for_commands.get(receipt.message.id)
    asked = daemon.store.reader.receipt(question) if question is not None else None
    at_their_time = receipt.message.target == OPERATOR or (asked is not None and asked.message.to_group is not None)
    return "accepted" if at_their_time else "submitted"


def _told(daemon: Daemon, who: Asker, receipt: Receipt, told: mail.Sent, *notes: str | None) -> mail.Sent:
    said = [each for each in notes if each is not None]
    if not may_read(who, receipt.message):
        told = replace(told, answer=None, withheld=True)
    return replace(told, notes=said or None, unread=_unread(daemon, who, receipt))


def _unread(daemon: Daemon, who: Asker, receipt: Receipt) -> MessageId | None:
    """The reply that its answer is, where it lies unread for whoever asks. It is read once it was printed, which
    `message.read` tells, and not by being given to a command that may show it to nobody."""
    if who.session is not None:
        return printed_answers.unread(daemon, who, receipt)
    id = replying.answered_by(receipt)
    reply = daemon.store.reader.sensible(id) if id is not None else None
    if reply is None or reply.message.target != OPERATOR or reply.state is not Delivery.ACCEPTED:
        return None
    return reply.message.id


async def _until_hopeless(daemon: Daemon, receipt: Receipt, until: wait_cycles.Until, timeout_s: float) -> Receipt:
    """Nobody waits for a peer that is down and stays down: the message does, and its sender is told."""
    id, to = receipt.message.id, receipt.message.target
    waiting = asyncio.ensure_future(_until(daemon, id, until, timeout_s))
    down = asyncio.ensure_future(_down(daemon, id, clock.now() + timeout_s) if to != OPERATOR else _never())
    try:
        await asyncio.wait((waiting, down), return_when=asyncio.FIRST_COMPLETED)
        return await waiting if waiting.done() else await _until(daemon, id, "accepted", 0.0)
    finally:
        waiting.cancel()
        down.cancel()


async def _down(daemon: Daemon, message: MessageId, give_up: float) -> None:
    """Returns once its peer is stopped or has failed: only `start` lets it run again; or is no more, under no name
    that it was given meanwhile. What becomes of the message that its last session had in hand is on disk then, where
    that takes anything. So does one that sleeps, and that this message may not wake, or is paused with the sender."""
    wakes = receipt_of(daemon, message).message.wakes

    def stays_down(peer: Peer) -> bool | None:
        asleep = not wakes and hold_of(peer) is Hold.ASLEEP
        stays = peer.want is Want.DOWN or peer.phase is Phase.FAILED or asleep or _is_held_back(peer, message)
        return True if stays and not any(each.id == message for each in in_hand(peer)) else None

    stays = False
    while not stays and (name := await _called(daemon, message, give_up)) is not None:
        with contextlib.suppress(UnknownPeer):
            stays = await daemon.loop.until(name, stays_down, give_up - clock.now()) or await _never()
    with contextlib.suppress(StoreError):
        await daemon.store.commit()


def _is_held_back(peer: Peer, message: MessageId) -> bool:
    return any(each.id == message and each.sender in peer.held_from for each in peer.queue)


async def _called(daemon: Daemon, message: MessageId, give_up: float) -> PeerName | None:
    """The name that its peer has by now; None where there is no such peer any more."""
    name = receipt_of(daemon, message).message.target
    if name not in daemon.loop.peers:
        await left(daemon, name, give_up - clock.now())
    return name if name in daemon.loop.peers else None


async def _never() -> NoReturn:
    await asyncio.Event().wait()
    raise AssertionError("nobody sets it")


async def waited(daemon: Daemon, who: Asker, params: p.MessageWaitParams) -> mail.Sent:
    def wait() -> Coroutine[Any, Any, Receipt]:
        return _until(daemon, MessageId(params.id), params.until, params.timeout_s)

    known = receipt_of(daemon, params.id)
    calls.begin(daemon, who, known, calls.own(), prints=params.until == "ended")
    over = _over(known, params.until)
    reached, note = (known, None) if over else await wait_cycles.waited(daemon, who, known, params.until, wait)
    reached = await calls.answered(daemon, who, reached, calls.own())
    told = views.sent(daemon, reached, woke=False, waiting=not _over(reached, params.until))
    return _told(daemon, who, reached, told, note)


async def _until(daemon: Daemon, id: MessageId, until: str, timeout_s: float) -> Receipt:
    receipt = await daemon.receipts.until(id, lambda receipt: _over(receipt, until), timeout_s)
    if receipt is None:
        raise UnknownMessage(f"no message {id!r}. `peerd messages` lists them.")
    return receipt


def _over(receipt: Receipt, until: str) -> bool:
    """Whether a message got where its sender waits for it to get."""
    if until == "accepted" or receipt.state in UNDELIVERED:
        return True
    if until == "submitted":
        return receipt.state is Delivery.SUBMITTED
    return receipt.task is not Task.OPEN and (receipt.task is not None or receipt.state is Delivery.SUBMITTED)


def receipt_of(daemon: Daemon, id: str) -> Receipt:
    """Raises UnknownMessage."""
    receipt = daemon.store.reader.receipt(MessageId(id))
    if receipt is None:
        raise UnknownMessage(f"no message {id!r}. `peerd messages` lists them.")
    return receipt


async def shown(daemon: Daemon, who: Asker, params: p.MessageParams) -> mail.MessageShown:
    receipt = receipt_of(daemon, params.id)
    if who.name == OPERATOR and not params.look:
        await read_by_operator(daemon, receipt, "peerd message")
        receipt = daemon.store.reader.receipt(MessageId(params.id)) or receipt
    told = views.message_shown(daemon, receipt)
    if may_read(who, receipt.message):
        return told
    return replace(told, body=None, answer=None, attached=[], withheld=True)


def listed(daemon: Daemon, params: p.MessageListParams) -> mail.MessageListed:
    since = since_of(params.since) if params.since is not None else None
    peer = on_record(daemon, params.peer) if params.peer is not None else None
    before = receipt_of(daemon, params.before).message.id if params.before is not None else None
    found = daemon.store.reader.receipts(peer, params.state, since, params.limit, before)
    rows = [views.message_row(daemon, receipt) for receipt in reversed(found.receipts)]
    return mail.MessageListed(messages=rows, left_out=[*found.left_out])


def on_record(daemon: Daemon, name: str) -> PeerName:
    """Also one that is no peer any more, where there are messages of it. Raises UnknownPeer."""
    found = daemon.store.reader.receipts(peer=PeerName(name), limit=1)
    return PeerName(name) if found.receipts or found.left_out else named(daemon, name)


def since_of(text: str) -> float:
    try:
        return rfc3339.unix(text)
    except ValueError as error:
        raise UsageError(f"--since {text!r}: give a time such as 2026-01-02T03:04:05Z.") from error
