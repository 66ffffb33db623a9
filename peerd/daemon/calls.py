"""Calls in which a peer waits for what became of its own message: whether the session that sent it is told so, and
whether a service has the answer that it waits for, is known once what the call answers is written."""

import asyncio
import contextlib
import enum
from collections.abc import Iterator
from itertools import chain
from typing import Any

import msgspec

from peerd.core.queries import taken_by_nobody
from peerd.daemon.authorization import may_read
from peerd.daemon.context import Daemon
from peerd.daemon.identity import Asker
from peerd.edges import clock
from peerd.errors import PeerdError, StoreError, UsageError
from peerd.model.message import Delivery, Message, MessageId, Receipt, Report, Task
from peerd.model.peer import DAEMON
from peerd.rpc.params import MessageSendParams
from peerd.store.ends import UNDELIVERED
from peerd.store.owed import SettleReport
from peerd.store.write import SetDelivery


class Stage(enum.Enum):
    """Of a call: it waits; it waits no more, and looks whether what was under way is there; it tells that its message
    has ended, and, where it is to, with which answer."""

    WAITS = enum.auto()
    LOOKS = enum.auto()
    TELLS_END = enum.auto()
    TELLS_ANSWER = enum.auto()


class Call(msgspec.Struct):
    """A message of its own that a peer waits for in one. `sent_it`: in the session that sent it; `prints`: until that
    has ended, and shows the answer."""

    message: MessageId
    sent_it: bool
    prints: bool
    stage: Stage = Stage.WAITS


def report_of(daemon: Daemon, asker: Asker, params: MessageSendParams) -> Report:
    """What its sender is to hear of it unasked. Not of the end of what it sends because of a report: two that thank
    each other would never end. Raises UsageError."""
    if asker.session is None:
        if params.report:
            raise UsageError("--report is for sessions; `peerd wait ID --for ended` tells you. Nothing was sent.")
        return "failed"
    if params.report is not None:
        return "asked" if params.report else "failed"
    peer = daemon.loop.peers.get(asker.name)
    turn = daemon.store.reader.sensible(peer.turn.id) if peer is not None and peer.turn is not None else None
    return "failed" if turn is not None and turn.message.sender == DAEMON else "quiet"


def own() -> asyncio.Task[Any]:
    """That of the call in which this is asked."""
    call = asyncio.current_task()
    assert call is not None
    return call


def begin(daemon: Daemon, who: Asker, receipt: Receipt, call: asyncio.Task[Any], *, prints: bool) -> None:
    """Also one of a later session: the answer is its peer's, the report its own."""
    message = receipt.message
    sent_it = message.sent_in == who.session
    if who.session is not None and (sent_it or (message.sender == who.name and not message.sender_is_gone)):
        daemon.receipts.calls.setdefault(call, []).append(Call(message.id, sent_it, prints))


async def answered(daemon: Daemon, who: Asker, receipt: Receipt, call: asyncio.Task[Any]) -> Receipt:
    """What this call will answer of it, where it came to `receipt`. An answer that was meant for it before its time, or
    its turn, was over is waited for until that is on disk. It tells no answer where `who` may not read it."""
    id = receipt.message.id
    own = [each for each in daemon.receipts.calls.get(call, ()) if each.message == id]
    for each in own:
        each.stage = Stage.LOOKS
    if any(each.prints for each in own) and receipt.task in (Task.OPEN, Task.TURN_ENDED):
        if any(each.reply_to == id for each in daemon.receipts.under_way.get(receipt.message.sender, ())):
            with contextlib.suppress(StoreError):
                await daemon.store.commit()
        receipt = daemon.store.reader.receipt(id) or receipt
    for each in own:
        if is_over(receipt):
            shows = each.prints and receipt.task is Task.ANSWERED and may_read(who, receipt.message)
            each.stage = Stage.TELLS_ANSWER if shows else Stage.TELLS_END
    return receipt


def is_over(receipt: Receipt) -> bool:
    return receipt.state in UNDELIVERED or receipt.task not in (None, Task.OPEN)


def over(daemon: Daemon, written: bool) -> None:
    """A call is; whoever was told in it is told by no report."""
    for each in daemon.receipts.calls.pop(own(), ()):
        told = written and each.stage in (Stage.TELLS_END, Stage.TELLS_ANSWER)
        if told and each.sent_it:
            daemon.receipts.heard.add(each.message)
            daemon.record(SettleReport(each.message))
        else:
            daemon.receipts.ended.set()
        if each.prints:
            handed(daemon, each.message, written=written and each.stage is Stage.TELLS_ANSWER)


def wait_for(daemon: Daemon, receipt: Receipt) -> bool:
    """Whether the session that sent it waits for it just now."""
    return any(each.sent_it and each.message == receipt.message.id for each in _all(daemon))


def awaits_answer(daemon: Daemon, question: Receipt) -> bool:
    """Whether a command of its sender's is to show the answer, just now."""
    waits = (each for each in _all(daemon) if each.prints and each.stage is Stage.WAITS)
    return any(each.message == question.message.id for each in waits)


@contextlib.contextmanager
def kept(daemon: Daemon, reply: Message, question: MessageId) -> Iterator[None]:
    """An answer that a command waits for, while it gets on disk; from then on until that has it."""
    daemon.receipts.for_commands[reply.id] = question
    try:
        yield
    finally:
        if daemon.store.reader.receipt(reply.id) is None:
            daemon.receipts.for_commands.pop(reply.id, None)
        else:
            handed(daemon, question, written=False)


def handed(daemon: Daemon, question: MessageId, *, written: bool) -> None:
    """`written`: to a command, what is kept for it. What no command waits for any more was handed to nobody."""
    if not written and any(each.prints and each.message == question for each in _all(daemon)):
        return
    for id in [id for id, asked in daemon.receipts.for_commands.items() if asked == question]:
        receipt = daemon.store.reader.receipt(id)
        if receipt is None:
            continue  # on its way to the disk: it comes here again
        del daemon.receipts.for_commands[id]
        if receipt.state is Delivery.ACCEPTED and receipt.message.reply_to == question:
            daemon.task(_handed(daemon, receipt.message, question, written=written), f"end of {id}")


async def _handed(daemon: Daemon, reply: Message, question: MessageId, *, written: bool) -> None:
    why = taken_by_command(reply.target) if written else taken_by_nobody(reply.target, question)
    state, attempt = (Delivery.SUBMITTED, 1) if written else (Delivery.CANCELLED, 0)
    with contextlib.suppress(PeerdError):  # its target was removed meanwhile
        await daemon.store.keep(SetDelivery(reply.id, state, attempt, None, clock.wall(), why))
    daemon.receipts.changed(reply.id)


def taken_by_command(service: str) -> str:
    return f"{service} is a service: its command that waits has the answer"


def _all(daemon: Daemon) -> Iterator[Call]:
    return chain.from_iterable(daemon.receipts.calls.values())
