"""Boot: look at the store and at the machine, do not replay. A session that lives is taken in hand, one that died is
given its end, and every message that is not over is in a queue again before any rule is applied."""

from collections import defaultdict
from typing import assert_never

import msgspec

from peerd.core.event import DeadlinePassed, SessionAdopted, SessionExited, TurnLost
from peerd.core.restart import recent
from peerd.core.state import Peer, Waiting
from peerd.daemon import burial, hear, spawn
from peerd.daemon.context import Daemon
from peerd.daemon.live import Live
from peerd.edges import clock, host, process
from peerd.edges.tmux import server
from peerd.edges.tmux.control import Control
from peerd.edges.tmux.pane import Pane
from peerd.errors import PeerdError
from peerd.model.fact import Fact, PromptClosed, PromptOpened, Ready, Submitted, TurnBegan, TurnEnded
from peerd.model.message import Delivery, Receipt
from peerd.model.peer import OPERATOR, Activity, PeerName, Spec, Want
from peerd.model.session import End, EndCause, Host, Process, Session
from peerd.store.write import EndSession

NOBODY = Process(0, 0)
JOURNAL_TAIL_BYTES = 64 << 10  # what the runtime was last doing is in its last few lines


class Record(msgspec.Struct, frozen=True):
    """What the store has on the peers, by name."""

    wants: dict[PeerName, Want]
    queues: dict[PeerName, tuple[Waiting, ...]]
    turns: dict[PeerName, dict[str, Waiting]]  # by session
    deaths: dict[PeerName, tuple[float, ...]]  # monotonic


async def adopt(daemon: Daemon, specs: dict[PeerName, Spec]) -> int:
    """Returns how many sessions live on. No rule has been applied before every peer knows its queue and session."""
    record = _record(daemon, specs)
    for spec in specs.values():
        daemon.loop.add(_peer(daemon, spec, record))
    sessions = [
        session
        for session in daemon.store.reader.live_sessions()
        if session.peer in specs and session.runtime in daemon.adapters
    ]
    adopted = 0
    for session in sessions:
        adopted += await _session(daemon, specs[session.peer], session, record)
    _reopen_ended(daemon, record)
    for name in specs:
        daemon.loop.feed(DeadlinePassed(name))
    return adopted


def _record(daemon: Daemon, specs: dict[PeerName, Spec]) -> Record:
    queues: defaultdict[PeerName, tuple[Waiting, ...]] = defaultdict(tuple)
    turns: defaultdict[PeerName, dict[str, Waiting]] = defaultdict(dict)
    for receipt in daemon.store.reader.open_messages():
        target = receipt.message.target
        if target == OPERATOR:
            continue
        if receipt.state is Delivery.SUBMITTED:
            turns[target][receipt.session or ""] = _waiting(receipt)
        else:
            queues[target] = (*queues[target], _waiting(receipt))
    return Record(daemon.store.reader.wants(), queues, turns, _deaths(daemon, specs))


def _waiting(receipt: Receipt) -> Waiting:
    """How often its sessions died is not on record apart from its attempts, which are never fewer."""
    deaths = max(0, receipt.attempt - 1)
    return Waiting(receipt.message.id, receipt.attempt, deaths, receipt.task is not None)


def _deaths(daemon: Daemon, specs: dict[PeerName, Spec]) -> dict[PeerName, tuple[float, ...]]:
    """Wall-clock ends as monotonic ones; an end in the future (the clock was set back) counts as now."""
    offset = clock.now() - clock.wall()
    window_s = max((spec.crash_window_s for spec in specs.values()), default=0.0)
    found: defaultdict[PeerName, tuple[float, ...]] = defaultdict(tuple)
    for peer, at in daemon.store.reader.deaths(clock.wall() - window_s):
        found[peer] = (*found[peer], min(at + offset, clock.now()))
    return found


def _peer(daemon: Daemon, spec: Spec, record: Record) -> Peer:
    name = spec.name
    known = record.deaths.get(name, ())
    return Peer(
        spec=spec,
        task_attempts=daemon.task_attempts(spec),
        want=record.wants.get(name, Want.ON_DEMAND),
        queue=record.queues.get(name, ()),
        deaths=recent(known[:-1], known[-1], spec.crash_window_s) if known else (),
    )


async def _session(daemon: Daemon, spec: Spec, session: Session, record: Record) -> int:
    """1 for a session that lives on, 0 for one that was given its end."""
    turn = record.turns[spec.name].pop(session.id, None) if spec.name in record.turns else None
    live = _in_hand(daemon, spec, session)
    end = await _end(live, session)
    activity = _activity(live)
    daemon.loop.recall(SessionAdopted(spec.name, session.id, session.ready_at is not None, activity, turn))
    if end is not None:
        await _bury(daemon, live, end)
        return 0
    phase = daemon.loop.peers[spec.name].phase
    daemon.log.write("session-adopted", peer=spec.name, session=session.id, phase=phase)
    offset = await _catch_up(daemon, live)
    try:
        await spawn.take_in_hand(daemon, live, offset)
    except PeerdError as error:
        daemon.log.write("action-failed", peer=spec.name, session=session.id, action="adopt", why=str(error))
        await _bury(daemon, live, End(EndCause.SERVER_DIED, why=f"could not be reached: {error}"))
        return 0
    return 1


def _in_hand(daemon: Daemon, spec: Spec, session: Session) -> Live:
    nowhere = Host(daemon.home.tmux_socket(f"{session.runtime}-{session.peer}"), "", NOBODY, NOBODY)
    adapter = daemon.adapters[session.runtime]
    return Live(session, session.host or nowhere, spec, adapter, spawn.place(daemon, session.id))


async def _end(live: Live, session: Session) -> End | None:
    """How a session on record ended while no daemon ran; None: it lives."""
    if session.boot_id != host.boot_id():
        return End(EndCause.MACHINE_RESTARTED)
    if session.host is None:
        return End(EndCause.BOOT_FAILED, why="the daemon ended before its start was on record")
    if not process.alive(session.host.server):
        return End(EndCause.SERVER_DIED, why="while no daemon ran")
    return None if process.alive(session.host.runtime) else await _read_end(live)


async def _read_end(live: Live) -> End:
    """tmux kept the dead pane: its exit status and last lines."""
    server.nudge(live.host.server.pid)
    control = await Control.attach(live.host.socket, live.spec.identity)
    try:
        pane = Pane(control, live.host.pane)
        ended = await pane.ended()
        lines = await pane.history(burial.LAST_LINES)
    except PeerdError:
        return End(EndCause.EXITED, why="while no daemon ran")
    finally:
        await control.close()
    code, signal = (ended.code, ended.signal) if ended else (None, None)
    cause = EndCause.KILLED if signal is not None else EndCause.EXITED
    return End(cause, code, signal, "while no daemon ran", lines)


async def _catch_up(daemon: Daemon, live: Live) -> int:
    """What the runtime said while nobody listened, told before any rule is applied. Returns the offset after it."""
    data = _read_from(live.place.journal, live.session.journal_read)
    whole = data[: data.rfind(b"\n") + 1]
    for line in whole.decode("utf-8", "replace").splitlines():
        for fact in live.adapter.facts(line):
            await hear.take(daemon, live, fact, daemon.loop.recall)
    return live.session.journal_read + len(whole)


async def _bury(daemon: Daemon, live: Live, end: End) -> None:
    """Its journal is heard out first; then nothing of it is left running."""
    await _catch_up(daemon, live)
    await daemon.store.commit(EndSession(live.id, end, clock.wall()))
    burial.log_end(daemon, live, end)
    daemon.loop.recall(SessionExited(live.peer, live.id, end))
    if end.cause is not EndCause.MACHINE_RESTARTED:
        await burial.clear_away(daemon, live)


def _read_from(path: str, offset: int) -> bytes:
    try:
        with open(path, "rb") as file:
            file.seek(offset)
            return file.read()
    except FileNotFoundError:
        return b""


def _activity(live: Live) -> Activity:
    """What the runtime was doing when the last daemon stopped listening: the last word counts."""
    end = live.session.journal_read
    begin = max(0, end - JOURNAL_TAIL_BYTES)
    lines = _read_from(live.place.journal, begin)[: end - begin].decode("utf-8", "replace").splitlines()
    activity = Activity.UNKNOWN
    for line in lines:
        for fact in live.adapter.facts(line):
            activity = _after(fact)
    return activity


def _after(fact: Fact) -> Activity:
    match fact:
        case Ready() | TurnEnded():
            return Activity.IDLE
        case Submitted() | TurnBegan() | PromptClosed():
            return Activity.BUSY
        case PromptOpened():
            return Activity.BLOCKED
        case _:
            assert_never(fact)


def _reopen_ended(daemon: Daemon, record: Record) -> None:
    """Tasks whose session had its end on record, but not yet theirs."""
    for name, by_session in record.turns.items():
        for turn in by_session.values():
            daemon.loop.recall(TurnLost(name, turn))
