"""Boot: look at the store and at the machine, do not replay. A session that lives is taken in hand, one that died is
given its end, and every message that is not over is in a queue again before any rule is applied."""

import asyncio
import os
from collections.abc import Iterable

from peerd.core.event import DeadlinePassed, SessionAdopted, TurnLost
from peerd.core.history import unproved
from peerd.core.record import QUESTIONS_MAX
from peerd.core.state import Terms, Waiting
from peerd.daemon import burial, first, hear, leftover, onscreen, since, spawn
from peerd.daemon.context import Daemon
from peerd.daemon.lastword import JOURNAL_TAIL_BYTES, last_word, read_from
from peerd.daemon.live import Live
from peerd.daemon.onrecord import Record, peer_of, recorded, served, submitted_at, waiting
from peerd.daemon.place import place
from peerd.daemon.reach import reach
from peerd.daemon.unknown import Unknown
from peerd.edges import clock, host, process
from peerd.edges.process import UNKNOWN
from peerd.errors import TmuxError
from peerd.model.fact import Ready
from peerd.model.message import Delivery, MessageId
from peerd.model.peer import PeerName, Spec
from peerd.model.session import End, EndCause, Host, Process, Session, SessionId
from peerd.store.decode import MayLive, Senseless

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
        await first.cancel(daemon, orphan)
    return adopted


def undeclared(specs: dict[PeerName, Spec], may_live: MayLive) -> dict[PeerName, Spec]:
    """Peers whose session is on record without an end, and whose spec is gone or cannot be read: they go by the spec
    they were started with, so that nobody loses sight of a session that lives."""
    known: list[tuple[PeerName, Spec | None]] = [(each.peer, each.spec) for each in may_live.live]
    sessions = known + [(each.peer, each.spec) for each in may_live.unclear if each.peer is not None]
    return {name: spec for name, spec in sessions if spec is not None and name not in specs}


def settle(daemon: Daemon, specs: Iterable[PeerName]) -> None:
    """Let the rules look at every peer. A fault of ours over one costs no other."""
    for name in specs:
        try:
            daemon.loop.feed(DeadlinePassed(name))
            since.date_down(daemon, name)
        except Exception as error:  # noqa: BLE001
            daemon.bug(f"settle {name}", error)


async def _adopt(daemon: Daemon, spec: Spec, session: Session, record: Record) -> int:
    """1 for a session that lives on, 0 for one that was given its end."""
    try:
        return await _session(daemon, spec, session, record)
    except Exception as error:  # noqa: BLE001  one session costs no other
        daemon.bug(f"adopt {session.id}", error)
        return 0


async def _session(daemon: Daemon, spec: Spec, session: Session, record: Record) -> int:
    turn = record.turns.get(spec.name, {}).pop(session.id, None)
    leased = record.leases.get(spec.name, {}).pop(session.id, None)
    live = _in_hand(daemon, spec, session)
    daemon.live[live.id] = live
    as_it_is = since.of_session(session, live.place.journal)
    end = await _end(daemon, live, session)
    daemon.loop.recall(_as_left(daemon, live, turn, leased, record))
    if end is not None:
        await _catch_up(daemon, live)
        await burial.finish(daemon, live, end, daemon.loop.recall)
        return 0
    phase = daemon.loop.peers[spec.name].phase
    daemon.log.write("session-adopted", peer=spec.name, session=session.id, phase=phase)
    spawn.take_in_hand(daemon, live, await _catch_up(daemon, live))
    daemon.since[live.peer] = as_it_is
    if live.adapter.ready_when == "started" and not live.ready:
        await hear.take(daemon, live, Ready(), daemon.loop.recall)  # the daemon before died before it said so
    await _look_back(daemon, live)
    return 1


def _as_left(
    daemon: Daemon, live: Live, turn: Waiting | None, leased: Waiting | None, record: Record
) -> SessionAdopted:
    """As the last daemon left it; `turn` is the task that has no end on record."""
    said = last_word(live, turn)
    since = record.submitted.get(turn.id) if turn is not None else None
    begun = since
    awaiting = turn if said.over and _told_of_turns(live) else None
    if awaiting is not None:
        turn, begun = _taken(daemon, live, said.taken)
    return SessionAdopted(
        live.peer,
        live.id,
        live.session.ready_at is not None,
        said.activity,
        turn,
        served=served(daemon, live.id, for_one_task=live.ephemeral),
        mode=live.session.mode,
        task=awaiting,
        since=since,
        single=live.ephemeral,
        sent=bool(_sent_since(daemon, live.peer, begun)),
        leased=leased,
        questions=_sent_since(daemon, live.peer, since),
        doubt=_doubt(daemon, live),
        terms=_terms(daemon, live.session.spec or live.spec),
    )


def _terms(daemon: Daemon, spec: Spec) -> Terms:
    return Terms(daemon.kind(spec), daemon.task_attempts(spec))


def _doubt(daemon: Daemon, live: Live) -> MessageId | None:
    """What was typed into this very session, and nobody knows whether it was taken."""
    queue = daemon.loop.peers[live.peer].queue
    unsure = next((each.id for each in queue[:1] if each.unknown and not each.first), None)
    receipt = daemon.store.reader.receipt(unsure) if unsure is not None else None
    return unsure if receipt is not None and receipt.session == live.id else None


def _taken(daemon: Daemon, live: Live, message: MessageId | None) -> tuple[Waiting | None, float | None]:
    """What an open turn was begun by while a task awaits an answer, and when (monotonic)."""
    receipt = daemon.store.reader.receipt(message) if message is not None else None
    if receipt is None or (receipt.state, receipt.session) != (Delivery.SUBMITTED, live.id):
        return None, None
    return waiting(receipt), submitted_at(receipt)


def _sent_since(daemon: Daemon, peer: PeerName, since: float | None) -> tuple[MessageId, ...]:
    """`since` is monotonic; None: nothing is asked for. The latest last."""
    if since is None:
        return ()
    at = since - clock.now() + clock.wall()
    return daemon.store.reader.sent_since(peer, at, QUESTIONS_MAX)[::-1]


def _told_of_turns(live: Live) -> bool:
    """Whether its journal tells that a turn is over: then a task that is open all the same awaits an answer."""
    return live.adapter.confirms == "journal" and live.ephemeral


async def _look_back(daemon: Daemon, live: Live) -> None:
    """What the daemon before typed, and did not see taken any more, may be seen on the screen. What lives but cannot be
    asked is left as it is, and asked again at the next delivery."""
    typed = _typed(daemon, live)
    try:
        await reach(live)
        for id in typed:
            if await onscreen.look_back(daemon, live, id, daemon.loop.recall):
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
        live.unproved.update((receipt.message.id, attempt) for attempt in unproved(receipt.history))
    return waiting


def _in_hand(daemon: Daemon, spec: Spec, session: Session) -> Live:
    """A runtime whose adapter is gone is driven by one that knows nothing, so that nothing is typed there."""
    nowhere = Host(daemon.home.tmux_socket(f"{session.runtime}-{session.peer}"), "", NOBODY, NOBODY)
    adapter = daemon.adapters.get(session.runtime, Unknown())
    return Live(session, session.host or nowhere, spec, adapter, place(daemon.home, session.id, spec))


async def _end(daemon: Daemon, live: Live, session: Session) -> End | None:
    """How a session on record ended while no daemon ran; None: it lives."""
    if session.boot_id != host.boot_id():
        return End(EndCause.MACHINE_RESTARTED)
    if session.host is None:
        await leftover.end(daemon, session.id, live.host.socket)
        return End(EndCause.BOOT_FAILED, why="the daemon ended before its start was on record")
    if not process.alive(session.host.server):
        suspicion = burial.suspicion(daemon, live, UNKNOWN, server_gone=True)
        return _unheard_of(live, EndCause.SERVER_DIED, suspicion)
    return None if process.alive(session.host.runtime) else await _read_end(daemon, live)


async def _read_end(daemon: Daemon, live: Live) -> End:
    """tmux kept the dead pane: its exit status and last lines."""
    try:
        pane = await reach(live)
        status = await burial.told_by_tmux(live, pane)
        lines = await pane.history(burial.LAST_LINES)
    except TmuxError as error:
        return _unheard_of(live, EndCause.EXITED, str(error))
    cause = EndCause.KILLED if status.signal is not None else EndCause.EXITED
    why = burial.joined("while no daemon ran", burial.suspicion(daemon, live, status, server_gone=False))
    return End(cause, status.code, status.signal, why, lines)


def _unheard_of(live: Live, cause: EndCause, *why: str) -> End:
    """tmux cannot tell of it."""
    lines, source = burial.logged(live)
    return End(cause, why=burial.joined("while no daemon ran", *why, source), last_lines=lines)


async def _catch_up(daemon: Daemon, live: Live) -> int:
    """What the runtime said while nobody listened, told before any rule is applied. Returns the offset after it."""
    data = await _unheard(live.place.journal, live.session.journal_read)
    whole = data[: data.rfind(b"\n") + 1]
    for line in whole.decode("utf-8", "replace").split("\n"):
        for fact in live.adapter.facts(line):
            await hear.take(daemon, live, fact, daemon.loop.recall)
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
    """Tasks whose session had its end on record, but not yet theirs, and before them what was on its way into it, so
    that it waits behind them. What may still be under way is left so."""
    for found, taken in ((record.leases, False), (record.turns, True)):
        for name, by_session in found.items():
            for id, held in ((SessionId(session), held) for session, held in by_session.items()):
                if id not in record.may_live:
                    daemon.loop.recall(TurnLost(name, id, held, _told_end(daemon, id), taken))


def _told_end(daemon: Daemon, id: SessionId) -> End:
    """Of a session that is over; one that makes no sense may have died."""
    try:
        found = daemon.store.reader.session(id)
    except Senseless:
        found = None
    return found.end if found is not None and found.end is not None else End(EndCause.SERVER_DIED)
