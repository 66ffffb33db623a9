"""The socket's methods: who asks, what may be asked, and who does it."""

import asyncio
import os
import shutil
from collections.abc import Coroutine
from typing import Any, TypeVar

from msgspec import Struct

from peerd import __version__
from peerd.config import spec_from, write_spec
from peerd.daemon import views, wake
from peerd.daemon.asker import Asker, asker
from peerd.daemon.context import Daemon
from peerd.daemon.decisions import last_decisions
from peerd.daemon.live import Live
from peerd.daemon.reach import reach
from peerd.daemon.send import named, read_by_operator, send
from peerd.daemon.specs import take
from peerd.edges import clock
from peerd.errors import InternalError, NotPermitted, PeerdError, TmuxError, UnknownMessage, UsageError
from peerd.model.message import Delivery, MessageId, Receipt, Task
from peerd.model.peer import OPERATOR, PeerName, Phase
from peerd.rpc import methods as m
from peerd.rpc.caller import Caller
from peerd.rpc.protocol import PROTOCOL

T = TypeVar("T")

UNDELIVERED = frozenset({Delivery.REFUSED, Delivery.EXPIRED, Delivery.CANCELLED, Delivery.DEAD})


async def answer(daemon: Daemon, caller: Caller, method: str, params: Struct) -> Struct:
    """One request. Raises PeerdError for what is refused, logged with its cause."""
    try:
        who = asker(daemon, caller)
        return await _answer(daemon, who, caller, params, method)
    except PeerdError as error:
        daemon.log.write("refused", method=method, caller=caller.pid, why=str(error))
        raise


async def _answer(daemon: Daemon, who: Asker, caller: Caller, params: Struct, method: str) -> Struct:
    match params:
        case m.HelloParams():
            return m.HelloResult(protocol=PROTOCOL, version=__version__, pid=os.getpid(), caller=who.identity)
        case m.PeerAddParams():
            return await add(daemon, who, params)
        case m.PeerWakeParams():
            return await _wake(daemon, who, params)
        case m.PeerStopParams():
            _operator_only(who, "stop a peer")
            return await wake.stop(daemon, params, who.identity)
        case m.MessageSendParams():
            return await _send(daemon, who, params)
        case m.MessageWaitParams():
            return await _wait(daemon, who, params)
        case m.MessageParams():
            return await _message(daemon, who, params)
        case m.MessageListParams():
            return _messages(daemon, params)
        case m.PeerParams():
            return await _peer(daemon, who, params, method)
        case _:
            return _nothing_asked(daemon, who, method)


async def _peer(daemon: Daemon, who: Asker, params: m.PeerParams, method: str) -> Struct:
    match method:
        case "peer.start":
            _operator_only(who, "start a peer")
            return await wake.start(daemon, params.peer, who.identity)
        case "peer.show":
            return await _show(daemon, params)
        case "peer.peek":
            return await _peek(daemon, params)
        case "peer.attach":
            return _attach(daemon, params)
        case _:
            raise InternalError(f"{method} is declared but not served")


def _nothing_asked(daemon: Daemon, who: Asker, method: str) -> Struct:
    match method:
        case "daemon.status":
            uptime_s = round(clock.now() - daemon.started, 3)
            return m.DaemonStatus(
                pid=os.getpid(),
                version=__version__,
                socket=daemon.home.socket,
                uptime_s=uptime_s,
                peers=len(daemon.loop.peers),
                notices=views.notices(daemon),
            )
        case "daemon.stop":
            _operator_only(who, "stop the daemon")
            daemon.stop("asked to")
            return m.DaemonStopped(pid=os.getpid())
        case "peer.list":
            return m.PeerListed(peers=[views.row(daemon, peer) for _, peer in sorted(daemon.loop.peers.items())])
        case _:
            raise InternalError(f"{method} is declared but not served")


def _operator_only(who: Asker, what: str) -> None:
    if who.session is not None:
        raise NotPermitted(f"only the operator, outside every session, may {what}; this is {who.name}'s session.")


async def add(daemon: Daemon, who: Asker, params: m.PeerAddParams) -> m.PeerAdded:
    """The spec is on disk and the peer known once this returns."""
    _operator_only(who, "add a peer")
    if params.runtime not in daemon.adapters:
        raise UsageError(f"no runtime {params.runtime!r}; known: {', '.join(sorted(daemon.adapters))}.")
    if params.name in daemon.loop.peers:
        raise UsageError(f"peer {params.name!r} exists already. Choose another name.")
    spec = spec_from(_fields(params), params.set)
    if spec.bin is not None and shutil.which(spec.bin) is None:
        raise UsageError(f"--bin {spec.bin}: no such program that can be run. Nothing was added.")
    if not os.path.isdir(spec.dir):
        raise UsageError(f"--dir {spec.dir}: no such folder. Create it, then add the peer again.")
    file = write_spec(daemon.home.peers, spec)
    await take(daemon, spec, who.identity)
    return m.PeerAdded(peer=spec.name, runtime=spec.runtime, file=file)


def _fields(params: m.PeerAddParams) -> dict[str, object]:
    fields = {"name": params.name, "runtime": params.runtime, "dir": params.dir or os.path.expanduser("~")}
    return fields | {"bin": params.bin, "env": params.env, "policy": params.policy}


async def _wake(daemon: Daemon, who: Asker, params: m.PeerWakeParams) -> m.PeerWoken:
    """A wake that is refused takes no task."""
    task, name = None, wake.a_peer(daemon, params.peer)
    wake.refuse(daemon, daemon.loop.peers[name], params)
    live = daemon.loop.peers[name].phase is Phase.RUNNING
    if params.task is not None:
        sent = m.MessageSendParams(to=params.peer, body=params.task, id=params.task_id)
        task, _ = await _taken(daemon, who, sent)
    return await wake.wake(daemon, params, who.identity, task, live=live)


async def _taken(daemon: Daemon, who: Asker, params: m.MessageSendParams) -> tuple[Receipt, bool]:
    """A message is accepted whole or not at all, also when its sender hangs up meanwhile."""
    taken = await asyncio.shield(daemon.task(_refusal_or(send(daemon, who, params)), "send"))
    if isinstance(taken, PeerdError):
        raise taken
    return taken


async def _refusal_or(work: Coroutine[Any, Any, T]) -> T | PeerdError:
    """A refusal as a value: it is no bug of the task that meets it."""
    try:
        return await work
    except PeerdError as refusal:
        return refusal


async def _send(daemon: Daemon, who: Asker, params: m.MessageSendParams) -> m.Sent:
    receipt, woke = await _taken(daemon, who, params)
    id = receipt.message.id
    reached = await _until_hopeless(daemon, id, params)
    await _seen(daemon, who, reached, "peerd ask")
    return views.sent(daemon, reached, woke=woke, waiting=not _over(reached, params.wait))


async def _until_hopeless(daemon: Daemon, id: MessageId, params: m.MessageSendParams) -> Receipt:
    """Nobody waits for a peer that is down and stays down: the message does, and its sender is told."""
    waiting = asyncio.ensure_future(_until(daemon, id, params.wait, params.timeout_s))
    name = PeerName(params.to)
    down = asyncio.ensure_future(wake.down(daemon, name, params.timeout_s) if name != OPERATOR else _never())
    try:
        await asyncio.wait((waiting, down), return_when=asyncio.FIRST_COMPLETED)
        return await waiting if waiting.done() else await _until(daemon, id, "accepted", 0.0)
    finally:
        waiting.cancel()
        down.cancel()


async def _never() -> None:
    await asyncio.Event().wait()


async def _wait(daemon: Daemon, who: Asker, params: m.MessageWaitParams) -> m.Sent:
    reached = await _until(daemon, MessageId(params.id), params.until, params.timeout_s)
    await _seen(daemon, who, reached, "peerd wait")
    return views.sent(daemon, reached, woke=False, waiting=not _over(reached, params.until))


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
        return receipt.state is Delivery.SUBMITTED or receipt.message.target == OPERATOR
    return receipt.task is not Task.OPEN and (receipt.task is not None or receipt.state is Delivery.SUBMITTED)


async def _seen(daemon: Daemon, who: Asker, receipt: Receipt, by: str) -> None:
    """The answer that the operator's command prints has reached the operator."""
    if who.name != OPERATOR or receipt.answer_from != "reply":
        return
    for reply in daemon.store.reader.replies(receipt.message.id):
        await read_by_operator(daemon, reply, by)


async def _message(daemon: Daemon, who: Asker, params: m.MessageParams) -> m.MessageShown:
    receipt = daemon.store.reader.receipt(MessageId(params.id))
    if receipt is None:
        raise UnknownMessage(f"no message {params.id!r}. `peerd messages` lists them.")
    if who.name == OPERATOR:
        await read_by_operator(daemon, receipt, "peerd message")
        receipt = daemon.store.reader.receipt(MessageId(params.id)) or receipt
    return views.message_shown(daemon, receipt)


def _messages(daemon: Daemon, params: m.MessageListParams) -> m.MessageListed:
    since = _since(params.since) if params.since else None
    peer = named(daemon, params.peer) if params.peer else None
    found = daemon.store.reader.receipts(peer=peer, state=params.state, since=since, limit=params.limit)
    return m.MessageListed(messages=[views.message_row(daemon, receipt) for receipt in reversed(found)])


def _since(text: str) -> float:
    try:
        return clock.parse_rfc3339(text)
    except ValueError as error:
        raise UsageError(f"--since: {error}. Give a time such as 2026-01-02T03:04:05Z.") from error


async def _show(daemon: Daemon, params: m.PeerParams) -> m.PeerShown:
    name = wake.a_peer(daemon, params.peer)
    decisions = last_decisions(daemon.home.logs, name, views.DECISIONS_SHOWN)
    live = daemon.by_peer.get(name)
    evidence = [] if live is None else [*views.evidence(live), await _on_screen(daemon, live)]
    evidence += views.of_its_file(daemon, name)
    return views.shown(daemon, daemon.loop.peers[name], decisions, evidence)


async def _on_screen(daemon: Daemon, live: Live) -> m.Evidence:
    """What its adapter reads off the screen now."""
    try:
        pane = await reach(live)
        reading, people = live.adapter.read(await pane.capture()), await pane.humans()
    except TmuxError as error:
        return m.Evidence(source="screen", says=f"could not be read: {error.why}", age_s=None)
    return m.Evidence(source="screen", says=views.read_off(reading, people, live.peer), age_s=0.0)


async def _peek(daemon: Daemon, params: m.PeerParams) -> m.PeerPeeked:
    """The screen of now; of a dead session, the last one."""
    name = wake.a_peer(daemon, params.peer)
    live = daemon.by_peer.get(name)
    if live is not None and live.burial is None:
        screen = await (await reach(live)).capture()
        now = clock.rfc3339(clock.wall())
        return m.PeerPeeked(peer=name, session=live.id, live=True, lines=list(screen.lines), at=now)
    last = daemon.store.reader.last_ended(name)
    if last is None or last.end is None or last.ended_at is None:
        return m.PeerPeeked(peer=name, session=None, live=False, lines=[], at=None)
    at = clock.rfc3339(last.ended_at)
    return m.PeerPeeked(peer=name, session=last.id, live=False, lines=list(last.end.last_lines), at=at)


def _attach(daemon: Daemon, params: m.PeerParams) -> m.PeerAttached:
    name = wake.a_peer(daemon, params.peer)
    live = daemon.by_peer.get(name)
    if live is None or live.burial is not None:
        raise PeerdError(f"{name} has no session to attach to. `peerd wake {name}` brings it up.")
    return m.PeerAttached(peer=PeerName(name), socket=live.host.socket, session=live.session_name)
