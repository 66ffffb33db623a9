"""Boot: look at the store and at the machine, do not replay. A session that lives is taken in hand, one that died is
given its end, and every message that is not over is in a queue again before any rule is applied."""

import asyncio
import contextlib
import os
from collections.abc import Iterable

from msgspec.structs import replace

from peerd.core.event import DeadlinePassed
from peerd.core.history import all_told, behind
from peerd.core.state import Peer, Waiting
from peerd.daemon import (
    bad_records,
    ingest,
    initial_prompt,
    last_typed,
    lost_turns,
    orphans,
    runtimes,
    screen_evidence,
    shell_acl,
    since,
    spawn,
    stray_probe,
    teardown,
    unadopted,
)
from peerd.daemon.approvals import recovery
from peerd.daemon.context import Daemon, guarded
from peerd.daemon.end_reason import as_begun
from peerd.daemon.journal_tail import JOURNAL_TAIL_BYTES, read_from
from peerd.daemon.last_exit import joined
from peerd.daemon.live import Live
from peerd.daemon.missing_runtime import Unknown
from peerd.daemon.place import place
from peerd.daemon.reach import reach
from peerd.daemon.restore import as_left
from peerd.daemon.same_boot import began_in_it
from peerd.daemon.stored_peers import Record, peer_of, recorded
from peerd.edges import process
from peerd.edges.process import UNKNOWN
from peerd.errors import ConfigError, StoreError, TmuxError
from peerd.model.fact import Ready
from peerd.model.message import MessageId
from peerd.model.peer import PeerName, Spec, Want
from peerd.model.session import End, EndCause, Host, Process, Session, SessionId
from peerd.store.decode import MayLive, Unclear

NOBODY = Process(0, 0)


async def adopt(daemon: Daemon, specs: dict[PeerName, Spec], may_live: MayLive) -> int:
    """Returns how many sessions live on. No rule has been applied before every peer knows its queue and its session;
    `settle` does that. One session that cannot be adopted costs no other."""
    record = recorded(daemon, specs, may_live)
    sessions = [each for each in may_live.live if each.peer in specs]
    held = {session.peer for session in sessions}
    for spec in specs.values():
        daemon.loop.put(peer_of(daemon, spec, record, spec.name in held))
    adopting = (_adopt(daemon, specs[session.peer], session, record) for session in sessions)
    adopted = sum(await asyncio.gather(*adopting))
    _reopen_ended(daemon, record)
    for orphan in record.orphans:
        await initial_prompt.cancel(daemon, orphan)
    return adopted


def settle(daemon: Daemon, specs: Iterable[PeerName]) -> None:
    """Let the rules look at every peer. A fault of ours over one costs no other."""
    for name in specs:
        with guarded(daemon, f"settle {name}"):
            shell_acl.cancel(daemon, name, daemon.loop.recall)
            daemon.loop.feed(DeadlinePassed(name))
            since.date_down(daemon, name)


async def _adopt(daemon: Daemon, spec: Spec, session: Session, record: Record) -> int:
    """1 for a session that lives on, 0 for one that was given its end, or that is left alone: one session costs no
    other."""
    try:
        live = _in_hand(daemon, spec, session)
        return await _session(daemon, live, await _end(daemon, live, session), record)
    except Exception as error:  # noqa: BLE001  whatever it was, the session may live
        await unadopted.leave(daemon, spec, session, error)
        return 0


async def again(daemon: Daemon) -> None:
    """What was left alone, once more: it may answer by now."""
    left = tuple(daemon.unadopted.items())
    await asyncio.gather(*(_again(daemon, id, each) for id, each in left))
    if left:
        bad_records.note_again(daemon)


async def _again(daemon: Daemon, id: SessionId, left: Unclear) -> None:
    """Nothing where a stop, or a start, has to do with it, or comes meanwhile."""
    session, peer = daemon.store.reader.session(id), _unclear(daemon, id, left)
    if session is None or peer is None:
        return
    live = _in_hand(daemon, peer.spec, session)
    try:
        end = await _end(daemon, live, session)
        await daemon.store.commit()
    except Exception:  # noqa: BLE001  told when it was left alone
        return await unadopted.hang_up(live)
    peer = _unclear(daemon, id, left)
    if peer is None:
        return await unadopted.hang_up(live)
    await _after_all(daemon, live, end, peer)


def _unclear(daemon: Daemon, id: SessionId, left: Unclear) -> Peer | None:
    """Its peer, as long as the session is left alone."""
    peer = daemon.loop.peers.get(left.peer) if left.peer is not None else None
    return peer if peer is not None and peer.unclear and daemon.unadopted.get(id) is left else None


async def _after_all(daemon: Daemon, live: Live, end: End | None, peer: Peer) -> None:
    """Its peer is as it would be, had it been adopted on boot; what was being typed then waits already. From the
    first step on it has its session, so that no other is begun."""
    left = daemon.unadopted.pop(live.id)
    try:
        record = unadopted.on_record(daemon, peer.spec, live.session)
    except StoreError:
        daemon.unadopted[live.id] = left
        return await unadopted.hang_up(live)
    record.leases.clear()
    first = tuple(each for each in record.queues.get(live.peer, ()) if each.first)
    unclear = live.peer in record.unclear
    want = Want.DOWN if unclear else record.wants.get(live.peer, Want.ON_DEMAND)
    daemon.loop.add(replace(peer, want=want, unclear=unclear, queue=(*first, *peer.queue)))
    try:
        if not await _session(daemon, live, end, record):
            recovery.forget(daemon, live.id)
    except Exception as error:  # noqa: BLE001  as above
        await unadopted.leave(daemon, peer.spec, live.session, error)
    settle(daemon, (live.peer,))


async def _session(daemon: Daemon, live: Live, end: End | None, record: Record) -> int:
    daemon.live[live.id], end = live, as_begun(live, end)
    taken = record.taken.get(live.peer, {}).pop(live.id, ())
    leased = record.leases.get(live.peer, {}).pop(live.id, None)
    as_it_is = since.of_session(live.session, live.place.journal)
    daemon.loop.recall(as_left(daemon, live, taken, leased, record))
    if end is not None:
        await _catch_up(daemon, live)
        if process.alive(live.host.server):
            await _look_back(daemon, live)
        await teardown.finish(daemon, live, end, daemon.loop.recall)
        return 0
    phase = daemon.loop.peers[live.peer].phase
    daemon.log.write("session-adopted", peer=live.peer, session=live.id, phase=phase)
    with contextlib.suppress(TmuxError):  # told by the look back
        await screen_evidence.end_if_late(daemon, live, daemon.loop.recall)
    last_typed.recall(daemon, live)
    await recovery.recall(daemon, live)
    ingest.heard(daemon, live, await _catch_up(daemon, live))
    spawn.take_in_hand(daemon, live)
    daemon.since[live.peer] = as_it_is
    if live.adapter.ready_when == "started" and not live.ready:
        await ingest.take(daemon, live, Ready(), daemon.loop.recall)  # the daemon before died before it said so
    await _look_back(daemon, live)
    stray_probe.begin(daemon, live)
    return 1


async def _look_back(daemon: Daemon, live: Live) -> None:
    """What the daemon before typed, and did not see taken any more, may be seen on the screen. What lives but cannot be
    asked is left as it is, and asked again at the next delivery."""
    waiting = _typed(daemon, live)
    try:
        await reach(live)
        for id in waiting:
            if await screen_evidence.look_back(daemon, live, id, daemon.loop.recall):
                break  # one turn is open at most; the next delivery looks for the others
    except TmuxError as error:
        daemon.log.write("action-failed", peer=live.peer, session=live.id, action="reach", why=str(error))


def _typed(daemon: Daemon, live: Live) -> tuple[MessageId, ...]:
    """Messages that wait and may have been taken, where only the screen can tell."""
    if live.adapter.confirms != "screen":
        return ()
    peer = daemon.loop.peers[live.peer]
    leased = (peer.lease.waiting,) if peer.lease is not None else ()
    waiting = tuple(each.id for each in (*leased, *peer.queue) if each.attempts)
    for receipt in filter(None, map(daemon.store.reader.receipt, waiting)):
        unproved = all_told(behind(receipt.history)).unproved_in(live.id)
        live.unproved.update((receipt.message.id, attempt) for attempt in unproved)
        made = (each for each in receipt.history if each.session == live.id)
        live.quoted.update(((receipt.message.id, each.attempt), each.quoted) for each in made if each.quoted)
    return waiting


def _in_hand(daemon: Daemon, spec: Spec, session: Session) -> Live:
    """By the spec it was begun with. A runtime whose adapter is gone is given its end by one that knows nothing; one
    that lives is left alone."""
    begun = session.spec or spec
    nowhere = Host(daemon.home.tmux_socket(f"{session.runtime}-{session.peer}"), "", NOBODY, NOBODY)
    adapter = daemon.adapters.get(session.runtime, Unknown())
    return Live(session, session.host or nowhere, begun, adapter, place(daemon.home, session.id, begun))


async def _end(daemon: Daemon, live: Live, session: Session) -> End | None:
    """How a session on record ended while no daemon ran; None: it lives. Raises ConfigError for one that lives and that
    nobody knows how to hear: what it says is to be heard once somebody does."""
    if not began_in_it(session):
        return End(EndCause.MACHINE_RESTARTED)
    if session.host is None:
        await orphans.end(daemon, session.id, session.peer, live.host.socket)
        return End(EndCause.BOOT_FAILED, why="the daemon ended before its start was on record", forsaken=True)
    if not process.alive(session.host.server):
        suspicion = teardown.suspicion(daemon, live, UNKNOWN, server_gone=True)
        return _unheard_of(live, EndCause.SERVER_DIED, suspicion)
    if not process.alive(session.host.runtime):
        return await _read_end(daemon, live)
    if session.runtime not in daemon.adapters:
        raise ConfigError(runtimes.not_known(daemon, session.runtime))
    return None


async def _read_end(daemon: Daemon, live: Live) -> End:
    """tmux kept the dead pane: its exit status and last lines."""
    try:
        pane = await reach(live)
        status = await teardown.told_by_tmux(live, pane)
        lines = await pane.history(teardown.LAST_LINES)
    except TmuxError as error:
        return _unheard_of(live, EndCause.EXITED, str(error))
    cause = EndCause.KILLED if status.signal is not None else EndCause.EXITED
    why = joined("while no daemon ran", teardown.suspicion(daemon, live, status, server_gone=False))
    return End(cause, status.code, status.signal, why, lines)


def _unheard_of(live: Live, cause: EndCause, *why: str) -> End:
    """tmux cannot tell of it."""
    lines, source = teardown.logged(live)
    return End(cause, why=joined("while no daemon ran", *why, source), last_lines=lines)


async def _catch_up(daemon: Daemon, live: Live) -> int:
    """What the runtime said while nobody listened, told before any rule is applied. Returns the offset after it."""
    data = await _unheard(live.place.journal, live.session.journal_read)
    whole = data[: data.rfind(b"\n") + 1]
    for fact in ingest.facts(daemon, live, whole.decode("utf-8", "replace").split("\n")):
        live.quiet = False
        await ingest.take(daemon, live, fact, daemon.loop.recall)
    return live.session.journal_read + len(whole)


async def _unheard(path: str, offset: int) -> bytes:
    """A thread costs more than a short read, and nearly always there is little or nothing."""
    try:
        size = max(0, os.stat(path).st_size - offset)
    except OSError:
        return b""
    if size > JOURNAL_TAIL_BYTES:
        return await asyncio.to_thread(read_from, path, offset)
    return read_from(path, offset, size)


def _reopen_ended(daemon: Daemon, record: Record) -> None:
    """Tasks whose session had its end on record, but not yet theirs, and before them what was on its way into it, or
    may have been taken there, so that it waits behind them. What may still be under way is left so."""
    for found in (lost_turns.doubted(daemon), record.leases):
        for name, by_session in found.items():
            for id, held in by_session.items():
                _lost(daemon, record, name, SessionId(id), (held,), taken=False)
    for name, in_sessions in record.taken.items():
        for id, tasks in in_sessions.items():
            _lost(daemon, record, name, SessionId(id), tasks[::-1], taken=True)


def _lost(
    daemon: Daemon, record: Record, name: PeerName, id: SessionId, held: Iterable[Waiting], *, taken: bool
) -> None:
    """The last one first: each waits before those before it."""
    if id not in record.may_live and id not in daemon.unadopted and id not in daemon.live:
        for each in held:
            daemon.loop.recall(lost_turns.lost(daemon, name, id, each, taken))
