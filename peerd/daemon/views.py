"""What is told of peers and messages: from the loop's peers, the store and the sessions in hand."""

import os
from typing import Any

import msgspec

from peerd import rfc3339
from peerd.adapter import Reading
from peerd.core.delay_queue import in_time
from peerd.core.order import ahead, in_turn
from peerd.core.queries import hold_on
from peerd.core.state import Peer
from peerd.daemon import holds, limits, peerless, pending_answers, replying, shared_turns, silence, unheard
from peerd.daemon.approvals import api
from peerd.daemon.cancellation import undelivered
from peerd.daemon.context import Daemon
from peerd.daemon.last_exit import why_down
from peerd.daemon.live import Live
from peerd.daemon.pairs import pauses
from peerd.daemon.pass_result import amiss
from peerd.daemon.verdict import (
    again_s,
    explained,
    hold_of_queue,
    hold_seen,
    seen,
    still_a_service,
    unclearly,
    unreached,
)
from peerd.edges import clock, process
from peerd.model.message import Delivery, Hold, Receipt
from peerd.model.peer import Activity, Spec
from peerd.model.screen import Screen
from peerd.rpc import rows
from peerd.rpc.mail import MessageRow, MessageShown, Sent
from peerd.rpc.results import Evidence, PeerRow, PeerShown, Queued

DECISIONS_SHOWN = 10


def row(daemon: Daemon, peer: Peer) -> PeerRow:
    since = daemon.since.get(peer.spec.name)
    return PeerRow(
        peer=peer.spec.name,
        runtime=_runtime(daemon, peer.spec),
        want=peer.want,
        phase=peer.phase,
        activity=seen(daemon, peer),
        hold=hold_of_queue(daemon, peer),
        since=rfc3339.stamp(since) if since else None,
        queued=len(peer.waits) + (1 if peer.lease else 0),
        unclear=unclearly(daemon, peer),
        unreached=unreached(daemon, peer),
        session=peer.session,
        awaits=pending_answers.answers(daemon, peer),
        limited=limits.told(peer) if limits.stands(peer) else None,
        groups=[*peer.spec.groups],
    )


def shown(daemon: Daemon, peer: Peer, decisions: list[str], evidence: list[Evidence]) -> PeerShown:
    return PeerShown(
        peer=peer.spec.name,
        runtime=_runtime(daemon, peer.spec),
        identity=f"{_runtime(daemon, peer.spec)}-{peer.spec.name}",
        want=peer.want,
        phase=peer.phase,
        activity=seen(daemon, peer),
        verdict=explained(daemon, peer) + (", waits for its turn" if daemon.turns.waits(peer.spec.name) else ""),
        unclear=unclearly(daemon, peer),
        awaits=pending_answers.answers(daemon, peer),
        evidence=evidence,
        decisions=decisions,
        queue=_queue(daemon, peer),
        session=peer.session,
        woken=rows.woken(live.session) if (live := daemon.by_peer.get(peer.spec.name)) else None,
        last_end=rows.last_end(daemon.store.reader.last_ended(peer.spec.name)),
        spec=msgspec.to_builtins(peer.spec),
    )


def _runtime(daemon: Daemon, spec: Spec) -> str:
    """Its session's own while it lives: an edit holds from the next one on."""
    live = daemon.living(spec.name)
    return spec.runtime if live is None else live.session.runtime


def evidence(live: Live) -> list[Evidence]:
    """What speaks for a session's being alive, and the last its runtime said."""
    host = live.host
    found = [
        Evidence(source="process", says=f"pid {host.runtime.pid} {_runs(process.alive(host.runtime))}", age_s=0.0),
        Evidence(source="tmux", says=f"server {host.server.pid} {_runs(process.alive(host.server))}", age_s=0.0),
    ]
    if live.session.version is not None or not live.proved:
        found.append(Evidence(source="runtime", says=_version(live), age_s=None))
    if live.last_fact is not None:
        fact, at = live.last_fact
        age_s = round(clock.now() - at, 1)
        found.append(Evidence(source="journal", says=type(fact).__name__, age_s=age_s))
    return found


def next_one(live: Live, spec: Spec) -> list[Evidence]:
    """That its next session is of another runtime, since its spec was edited."""
    says = f"its next session is {spec.identity}; this one goes on as {live.session_name}"
    return [] if spec.runtime == live.session.runtime else [Evidence(source="spec", says=says, age_s=None)]


def _version(live: Live) -> str:
    said = f"{live.session.runtime} {live.session.version or 'of an unknown version'}"
    if live.proved:
        return said
    proved = f" ({', '.join(live.adapter.proved)} is)" if live.adapter.proved else ""
    return f"{said} is not proved{proved}: no dialog is answered, no Enter is repeated"


def of_its_file(daemon: Daemon, name: str) -> list[Evidence]:
    """What is wrong with a peer's spec, as it was last looked at: it goes by the one before."""
    path = os.path.join(daemon.home.peers, f"{name}.toml")
    if not daemon.found.has(name):
        return [Evidence(source="spec", says=f"{path} is gone; its last known spec holds", age_s=0.0)]
    wrong = daemon.rejected.get("peers", frozenset())
    odd = [Evidence(source="spec", says=why, age_s=0.0) for why in sorted(daemon.odd) if path in why]
    return odd + [Evidence(source="spec", says=f"not taken up: {why}", age_s=0.0) for why in wrong if path in why]


def read_off(screen: Screen, reading: Reading, people: int, name: str) -> str:
    """A screen in a line, what to do about it, and how many people sit at it."""
    advice = f" {reading.advice.replace('NAME', name)}" if reading.advice else ""
    attached = f"; {people} attached" if people else ""
    return f"{_read_off(screen, reading)}{advice}{attached}"


def _read_off(screen: Screen, reading: Reading) -> str:
    if reading.dialog is not None:
        kind = "a permission prompt" if reading.prompt else "a dialog"
        return f"{kind} is open: {reading.dialog}"
    if reading.composer is None:
        shows = holds.quoted(screen) if reading.activity is Activity.UNKNOWN else ""
        return f"{reading.activity.value}, no input line{f'; it shows: {shows}' if shows else ''}"
    return f"{reading.activity.value}, input line {reading.composer[:80]!r}"


def _runs(alive: bool) -> str:
    return "runs" if alive else "is dead"


def _queue(daemon: Daemon, peer: Peer) -> list[Queued]:
    """The hold of those that wait is asked once: a look for each in the queue would be the square of its length."""
    reader, hold = daemon.store.reader, hold_seen(daemon, peer)
    leased = reader.without_text(peer.lease.waiting.id) if peer.lease else None
    first = [] if leased is None else [rows.queued(leased, held(daemon, leased))]
    receipts = ((reader.without_text(each.id), hold_on(peer, each, hold)) for each in in_turn(peer.queue, peer.given))
    later = (reader.without_text(each.id) for each in in_time(peer.later))
    now = [rows.queued(receipt, why) for receipt, why in receipts if receipt is not None]
    return [*first, *now, *(rows.queued(receipt, None) for receipt in later if receipt is not None)]


def held(daemon: Daemon, receipt: Receipt) -> Hold | None:
    """Why this message waits, from where its target stands now; while that is being looked at, as it was before."""
    peer = daemon.loop.peers.get(receipt.message.target)
    if peer is None:
        return None
    leased = peer.lease is not None and peer.lease.waiting.id == receipt.message.id
    if leased and receipt.state is Delivery.ACCEPTED:
        return receipt.hold if unreached(daemon, peer) is None else Hold.TMUX
    waits = next((each for each in peer.queue if each.id == receipt.message.id), None)
    return hold_on(peer, waits, hold_seen(daemon, peer)) if waits is not None else None


def sent(daemon: Daemon, receipt: Receipt, *, woke: bool, waiting: bool) -> Sent:
    again_s = _again_s(daemon, receipt) if waiting else None
    died = why_down(daemon, receipt.message.target) if again_s is not None else None
    why = (
        died
        if waiting
        else amiss(receipt) or silence.told(receipt) or shared_turns.told(receipt) or undelivered(receipt)
    )
    to = daemon.loop.peers.get(receipt.message.target)
    out = unreached(daemon, to) if waiting and to is not None else None
    fields = _sent_fields(daemon, receipt)
    return Sent(**fields, unreached=out, woke=woke, waiting=waiting, why=why, again_s=again_s)


def _again_s(daemon: Daemon, receipt: Receipt) -> float | None:
    """Until its target is tried again, where the message waits for that."""
    peer = daemon.loop.peers.get(receipt.message.target)
    return None if peer is None else again_s(peer)


def _because(daemon: Daemon, receipt: Receipt, hold: Hold | None) -> str | None:
    """What it waits for, for a person, where the hold does not tell."""
    peer, later = daemon.loop.peers.get(receipt.message.target), rows.not_before(receipt)
    if peerless.awaits(daemon, receipt):
        return peerless.because(daemon, receipt)
    if peer is None or later is not None:
        return f"Not before {later}" if later is not None else None
    if receipt.message.id in daemon.receipts.for_commands:
        return f"a command of {peer.spec.name} waits for it, and prints it with all that it asked for"
    if hold is Hold.PAIR_PAUSED and receipt.message.queued_as in peer.held_from:
        one, other = receipt.message.sender, peer.spec.name
        why = pauses.why_paused(daemon, one, other)
        return f"{one} and {other} are paused with each other ({why}) until `peerd pairs release {one} {other}`"
    if hold is Hold.LIMITED and limits.stands(peer):
        return f"{peer.spec.name} is {limits.told(peer)}"
    if (asks := api.told_in_its_turn(daemon, peer, receipt.message.id)) is not None:
        return asks
    live = daemon.living(peer.spec.name)
    if hold is Hold.UNWRITABLE and live is not None and live.unready is not None:
        return holds.unwritable(live.unready)
    if hold is Hold.UNHEARD and (told := unheard.told(live)) is not None:
        return f"{peer.spec.name} is {told}"
    if hold is Hold.ASLEEP and not receipt.message.wakes:
        return f"it wakes nobody: {peer.spec.name} gets it once it is up for another reason"
    name, still = peer.spec.name, still_a_service(peer) if hold is Hold.BUSY else None
    awaits = hold is Hold.BUSY or (peer.task is not None and peer.task.id == receipt.message.id)
    waits = pending_answers.told(daemon, peer) if awaits and still is None else None
    return f"{name} is {still}" if still else f"{name}: {waits}" if waits else None


def _sent_fields(daemon: Daemon, receipt: Receipt) -> dict[str, Any]:
    to = daemon.loop.peers.get(receipt.message.target)
    return {
        "id": receipt.message.id,
        "to": receipt.message.target,
        "state": receipt.state,
        "task": receipt.task,
        "hold": (hold := held(daemon, receipt)),
        "because": _because(daemon, receipt, hold),
        "ahead": ahead(to, receipt.message.id) if to is not None and hold is None else None,
        "want": to.want if to is not None else None,
        "no_peer": peerless.awaits(daemon, receipt),
        "paused": to is not None and to.paused,
        "attempt": receipt.attempt,
        "priority": receipt.message.priority,
        "not_before": rows.not_before(receipt),
        "session": receipt.session,
        "answer": receipt.answer,
        "answer_from": receipt.answer_from,
        "exit_status": receipt.exit_status,
        "files_of": _files_of(daemon, receipt),
        "gone_at": rows.gone_at(receipt),
        "gave_way_to": rows.gave_way_to(receipt),
    }


def _files_of(daemon: Daemon, receipt: Receipt) -> str | None:
    """The reply that ended it, where files came with that."""
    id = replying.answered_by(receipt) if receipt.answer_from == "reply" else None
    reply = daemon.store.reader.without_text(id) if id is not None else None
    return reply.message.id if reply is not None and reply.message.attachments else None


def message_shown(daemon: Daemon, receipt: Receipt) -> MessageShown:
    to, fields = daemon.loop.peers.get(receipt.message.target), _sent_fields(daemon, receipt)
    return MessageShown(
        **fields,
        woke=False,
        unreached=unreached(daemon, to) if to is not None and fields["hold"] is Hold.TMUX else None,
        sender=receipt.message.sender,
        topic=receipt.message.topic,
        accepted_at=rfc3339.stamp(receipt.message.accepted_at),
        reply_to=receipt.message.reply_to,
        **rows.whence(receipt.message),
        expires_at=rows.expires_at(receipt),
        late_reply=daemon.store.reader.late_reply(receipt),
        history=rows.history(receipt),
        body=receipt.message.body if receipt.gone_at is None else None,
        attached=rows.attached(receipt, daemon.home.attachments),
    )


def message_row(daemon: Daemon, receipt: Receipt) -> MessageRow:
    to, hold = daemon.loop.peers.get(receipt.message.target), held(daemon, receipt)
    return rows.message_row(receipt, hold, to.want if to is not None else None)
