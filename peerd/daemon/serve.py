"""The socket's methods: who asks, what may be asked, and who does it."""

import os
from typing import TypeVar, assert_never

from msgspec import Struct

from peerd.core.event import WakeRequested
from peerd.daemon import (
    control,
    dead_letters,
    groups,
    inbox,
    inspect,
    messages,
    queues,
    removal,
    renew,
    retention,
    roster,
    runtimes,
    start_stop,
    status,
    succession,
    views,
    wake,
)
from peerd.daemon.approvals import api as approvals
from peerd.daemon.authorization import check_control, check_method, check_wake, operator_only
from peerd.daemon.context import Daemon
from peerd.daemon.identity import Asker, asker
from peerd.daemon.notices import board, notify
from peerd.daemon.notices.sources import notices
from peerd.daemon.ondisk import refuse_when_full
from peerd.daemon.pairs import api as pairing
from peerd.daemon.rename import rename
from peerd.daemon.team import team
from peerd.errors import InternalError, PeerdError
from peerd.model.message import MessageId
from peerd.model.peer import Phase
from peerd.rpc import approvals as a
from peerd.rpc import board as b
from peerd.rpc import pairs
from peerd.rpc import params as p
from peerd.rpc import results as r
from peerd.rpc import team as t
from peerd.rpc.caller import Caller

T = TypeVar("T")

_Controls = p.PeerNewParams | p.PeerRefreshParams | p.PeerControlParams
_OfTeam = p.PeerAddParams | t.PeerEditParams | t.PeerRemoveParams | t.PeerRenameParams | t.TeamParams


async def answer(daemon: Daemon, caller: Caller, method: str, params: Struct) -> Struct:
    """One request. Raises PeerdError for what is refused, logged with its cause where that quotes nobody."""
    try:
        who = asker(daemon, caller)
        check_method(daemon, who, method)
        return await _answer(daemon, who, caller, params, method)
    except PeerdError as error:
        daemon.log.write("refused", method=method, caller=caller.pid, kind=error.kind, why=error.for_a_log)
        raise


async def _answer(daemon: Daemon, who: Asker, caller: Caller, params: Struct, method: str) -> Struct:
    match params:
        case p.HelloParams():
            return status.greeted(daemon, who)
        case p.DaemonRestartParams():
            operator_only(who, "restart the daemon")
            return await succession.prepare(daemon, params, who.identity)
        case p.PeerAddParams() | t.PeerEditParams() | t.PeerRemoveParams() | t.PeerRenameParams() | t.TeamParams():
            operator_only(who, "change the team")
            return await daemon.see_through(_of_team(daemon, params, who.identity), method)
        case p.PeerWakeParams():
            return await _wake(daemon, who, params)
        case p.PeerStopParams() | p.PeerStartParams():
            return await _wanted(daemon, who, params)
        case p.PeerNewParams() | p.PeerRefreshParams() | p.PeerControlParams():
            return await _controlled(daemon, who, params, method)
        case p.GroupSendParams():
            return await groups.sent(daemon, who, params)
        case p.MessageSendParams():
            return await messages.sent(daemon, who, params)
        case p.MessageWaitParams():
            return await messages.waited(daemon, who, params)
        case p.MessageParams():
            return await daemon.see_through(_of_message(daemon, who, params, method), method)
        case pairs.PairsParams() | pairs.PairReleaseParams():
            return await _of_pairs(daemon, who, params)
        case p.InboxParams() | p.MessageLookedParams():
            return await _looked(daemon, who, params)
        case b.NoticeListParams() | b.NoticeReadParams():
            return await _of_board(daemon, who, params)
        case p.QueueParams() | p.MessageListParams() | p.MessagePurgeParams():
            return await _on_record(daemon, who, params, method)
        case p.PeerParams():
            return await _peer(daemon, who, params, method)
        case a.ApprovalListParams() | a.ApprovalAnswerParams():
            return await _of_approvals(daemon, who, caller, params, method)
        case _:
            return await _nothing_asked(daemon, who, method)


async def _looked(daemon: Daemon, who: Asker, params: p.InboxParams | p.MessageLookedParams) -> Struct:
    match params:
        case p.InboxParams():
            operator_only(who, "look into the operator's inbox")
            return inbox.listed(daemon, params)
        case p.MessageLookedParams():
            operator_only(who, "say what it was shown")
            return await dead_letters.looked(daemon, params)
        case _:
            assert_never(params)


async def _on_record(
    daemon: Daemon, who: Asker, params: p.QueueParams | p.MessageListParams | p.MessagePurgeParams, method: str
) -> Struct:
    match params:
        case p.QueueParams():
            return await queues.listed(daemon, params)
        case p.MessageListParams():
            return messages.listed(daemon, params)
        case p.MessagePurgeParams():
            operator_only(who, "remove what is on record")
            return await daemon.see_through(retention.purge(daemon, params, who.identity), method)
        case _:
            assert_never(params)


async def _of_pairs(
    daemon: Daemon, who: Asker, params: pairs.PairsParams | pairs.PairReleaseParams
) -> pairs.PairChanged:
    operator_only(who, "pause two peers, or let them go on")
    return await pairing.changed(daemon, params, who.identity)


async def _of_approvals(
    daemon: Daemon,
    who: Asker,
    caller: Caller,
    params: a.ApprovalListParams | a.ApprovalAnswerParams,
    method: str,
) -> Struct:
    if isinstance(params, a.ApprovalAnswerParams):
        return await daemon.see_through(approvals.answered(daemon, who, caller, params), method)
    operator_only(who, "list permission prompts")
    return approvals.listed(daemon, params)


async def _wanted(daemon: Daemon, who: Asker, params: p.PeerStopParams | p.PeerStartParams) -> Struct:
    match params:
        case p.PeerStopParams():
            check_control(daemon, who, params.peer, "stop a peer")
            return await start_stop.stop(daemon, params, who.identity)
        case p.PeerStartParams():
            check_control(daemon, who, params.peer, "start a peer")
            return await start_stop.start(daemon, params, who.identity)
        case _:
            assert_never(params)


async def _of_board(daemon: Daemon, who: Asker, params: b.NoticeListParams | b.NoticeReadParams) -> Struct:
    match params:
        case b.NoticeListParams():
            if params.mark:
                operator_only(who, "mark notices as read")
            return await board.listed(daemon, params, who.identity)
        case b.NoticeReadParams():
            operator_only(who, "mark notices as read")
            return await board.marked(daemon, params, who.identity)
        case _:
            assert_never(params)


async def _controlled(daemon: Daemon, who: Asker, params: _Controls, method: str) -> Struct:
    match params:
        case p.PeerNewParams():
            check_control(daemon, who, params.peer, "replace a session")
            return await renew.new(daemon, params, who.identity)
        case p.PeerRefreshParams():
            check_control(daemon, who, params.peer, "refresh a peer")
            return await renew.refresh(daemon, params, who.identity)
        case p.PeerControlParams():
            check_control(daemon, who, params.peer, "press keys at a peer")
            press = control.interrupt if params.what == "interrupt" else control.compact
            return await daemon.see_through(press(daemon, params, who.identity), method)
        case _:
            assert_never(params)


async def _of_team(daemon: Daemon, params: _OfTeam, by: str) -> Struct:
    runtimes.read_if_changed(daemon)
    match params:
        case p.PeerAddParams():
            return await roster.add(daemon, params, by)
        case t.PeerEditParams():
            return await roster.edit(daemon, params, by)
        case t.PeerRemoveParams():
            return await removal.remove(daemon, params, by)
        case t.PeerRenameParams():
            return await rename(daemon, params, by)
        case t.TeamParams():
            return await team(daemon, params, by)
        case _:
            assert_never(params)


async def _peer(daemon: Daemon, who: Asker, params: p.PeerParams, method: str) -> Struct:
    match method:
        case "queue.pause" | "queue.resume":
            check_control(daemon, who, params.peer, "pause or resume a queue")
            return await queues.pause(daemon, params.peer, who.identity, paused=method == "queue.pause")
        case "queue.purge":
            operator_only(who, "empty a queue")
            return await queues.purge(daemon, params.peer, who.identity)
        case "peer.spec":
            operator_only(who, "read a spec whole")
            return await daemon.see_through(roster.told(daemon, params.peer), method)
        case "peer.show":
            return await inspect.show(daemon, params, whole=who.session is None)
        case "peer.peek":
            return await inspect.peek(daemon, params)
        case "peer.attach":
            return await inspect.attach(daemon, who, params)
        case _:
            raise InternalError(f"{method} is declared but not served")


async def _of_message(daemon: Daemon, who: Asker, params: p.MessageParams, method: str) -> Struct:
    match method:
        case "message.show":
            return await messages.shown(daemon, who, params)
        case "message.cancel":
            return await queues.cancel(daemon, who, params.id)
        case "message.read" if isinstance(params, p.MessageReadParams):
            return await inbox.read(daemon, who, params)
        case "message.requeue":
            operator_only(who, "requeue a message")
            return await queues.requeue(daemon, who, params.id)
        case _:
            raise InternalError(f"{method} is declared but not served")


async def _nothing_asked(daemon: Daemon, who: Asker, method: str) -> Struct:
    match method:
        case "daemon.status":
            return status.status(daemon)
        case "daemon.stop":
            operator_only(who, "stop the daemon")
            daemon.stop("asked to")
            return r.DaemonStopped(pid=os.getpid())
        case "notice.test":
            operator_only(who, "try the notify commands")
            return await notify.tried(daemon)
        case "pair.list":
            return await pairing.listed(daemon)
        case "self.fresh":
            return await renew.itself(daemon, who)
        case "self.done":
            return await renew.done(daemon, who)
        case "peer.list":
            rows = [views.row(daemon, peer) for _, peer in sorted(daemon.loop.peers.items())]
            return r.PeerListed(peers=rows, notices=len(notices(daemon)))
        case _:
            raise InternalError(f"{method} is declared but not served")


async def _wake(daemon: Daemon, who: Asker, params: p.PeerWakeParams) -> r.PeerWoken:
    """A wake that is refused takes no task, and on a full disk nothing is begun."""
    name = wake.a_peer(daemon, params.peer)
    check_wake(daemon, who, name)
    known = daemon.store.reader.receipt(MessageId(params.task_id)) if params.task_id is not None else None
    wake.refuse(daemon, daemon.loop.peers[name], params, known)
    live = daemon.loop.peers[name].phase is Phase.RUNNING
    if not live:
        await refuse_when_full(daemon, f"{name} was not woken.")
    call = WakeRequested(name, who.identity, params.mode)
    if params.task is None:
        return await wake.wake(daemon, params, call, live=live)
    sent = p.MessageSendParams(to=params.peer, body=params.task, id=params.task_id, attach=params.attach)
    taken = await messages.taken(daemon, who, sent, call)
    return await wake.wake(daemon, params, None, taken, live=live)
