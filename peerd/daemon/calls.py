"""Calls in which a peer waits for what became of its own message: whether the session that sent it is told so is known
once the answer is written."""

import asyncio
import contextlib
from collections.abc import Iterator
from itertools import chain
from typing import Any

from peerd.daemon.asker import Asker
from peerd.daemon.context import Call, Daemon
from peerd.errors import StoreError, UsageError
from peerd.model.message import Receipt, Report, Task
from peerd.model.peer import DAEMON
from peerd.rpc.params import MessageSendParams
from peerd.store.ends import UNDELIVERED
from peerd.store.owed import SettleReport


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


def begin(daemon: Daemon, who: Asker, receipt: Receipt, call: asyncio.Task[Any], *, for_answer: bool) -> None:
    """Also one of a later session: the answer is its peer's, the report its own."""
    message = receipt.message
    sent_it = message.sent_in == who.session
    if who.session is not None and (sent_it or (message.sender == who.name and not message.sender_is_gone)):
        daemon.receipts.calls.setdefault(call, []).append(Call(message.id, sent_it, for_answer))


async def answered(daemon: Daemon, receipt: Receipt, call: asyncio.Task[Any]) -> Receipt:
    """What this call will answer of it, where it came to `receipt`. What was meant for it before its time was over is
    waited for until that is on disk."""
    id = receipt.message.id
    own = [each for each in daemon.receipts.calls.get(call, ()) if each.message == id]
    if any(each.for_answer for each in own) and not is_over(receipt):
        for each in own:
            each.for_answer = False
        if any(each.reply_to == id for each in daemon.receipts.under_way.get(receipt.message.sender, ())):
            with contextlib.suppress(StoreError):
                await daemon.store.commit()
        receipt = daemon.store.reader.receipt(id) or receipt
    for each in own:
        each.told, each.for_answer = each.sent_it and is_over(receipt), False
    return receipt


def is_over(receipt: Receipt) -> bool:
    return receipt.state in UNDELIVERED or receipt.task not in (None, Task.OPEN)


def over(daemon: Daemon, written: bool) -> None:
    """A call is; whoever was told in it is told by no report."""
    for each in daemon.receipts.calls.pop(own(), ()):
        if written and each.told:
            daemon.receipts.heard.add(each.message)
            daemon.record(SettleReport(each.message))
        else:
            daemon.receipts.ended.set()


def wait_for(daemon: Daemon, receipt: Receipt) -> bool:
    """Whether the session that sent it waits for it just now."""
    return any(each.sent_it and each.message == receipt.message.id for each in _all(daemon))


def awaits_answer(daemon: Daemon, question: Receipt) -> bool:
    """Whether a command of its sender's is to show the answer, just now."""
    return any(each.for_answer and each.message == question.message.id for each in _all(daemon))


def _all(daemon: Daemon) -> Iterator[Call]:
    return chain.from_iterable(daemon.receipts.calls.values())
