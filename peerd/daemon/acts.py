"""Actions -> the world. What goes on record is handed to the store before `act` returns, in the order decided."""

import asyncio
from collections.abc import Coroutine
from typing import Any, assert_never

from peerd import rfc3339
from peerd.core.action import (
    Action,
    BecomeDue,
    CountReady,
    Deliver,
    Drop,
    GiveUp,
    Kill,
    LookForWork,
    NoteBackoff,
    NoteCrashLoop,
    NoteHold,
    NoteLate,
    NoteLimit,
    NoteProbe,
    NoteRecovered,
    NoteShared,
    NoteUntried,
    RecordDone,
    Recorded,
    RecordSaid,
    RecordSubmitted,
    RecordTurn,
    Requeue,
    SaveMark,
    SavePaused,
    SaveWant,
    Spawn,
)
from peerd.daemon import deliver, limits, park, pass_result, pass_task, sdnotify, shared_turns, silence, spawn, teardown
from peerd.daemon.context import Daemon
from peerd.daemon.live import Live
from peerd.edges import clock
from peerd.model.message import TAKEN_LATE, Delivery, MessageId, Task
from peerd.model.peer import PeerName
from peerd.model.session import SessionId
from peerd.store.ends import UNDELIVERED
from peerd.store.steps import SetDue, SetLate, SetShared
from peerd.store.write import (
    SetCrashLoop,
    SetDelivery,
    SetHold,
    SetMark,
    SetPaused,
    SetSaid,
    SetTask,
    SetWant,
    Write,
)


class Acts:
    """Begins actions; each that takes time is a task of its own, and a bug in one is logged and costs only it."""

    def __init__(self, daemon: Daemon) -> None:
        self._daemon = daemon

    def act(self, action: Action) -> None:
        if self._daemon.stopping.is_set() and isinstance(action, Spawn | NoteProbe | Deliver):
            return  # nothing is begun that could not be finished; the next daemon decides anew
        match action:
            case Spawn():
                self._spawn(action)
            case LookForWork():
                self._begin(park.look_for_work(self._daemon, action), action)
            case Kill():
                self._begin(teardown.kill(self._daemon, action), action)
            case CountReady():
                self._begin(sdnotify.count_ready(self._daemon, action), action)
            case Deliver():
                self._deliver(action)
            case _:
                self._record(action)

    def _spawn(self, action: Spawn) -> None:
        """By what it was decided by: its spec and its runtime may be others before its turn comes."""
        spec = self._daemon.loop.peers[action.peer].spec
        self._begin(spawn.spawn(self._daemon, action, spec, self._daemon.adapters.get(spec.runtime)), action)

    def _deliver(self, action: Deliver) -> None:
        live = self._daemon.live.get(action.session)
        if live is not None:
            hand = pass_task.give if live.adapter.kind == "pass" else deliver.deliver
            live.typing = self._begin(hand(self._daemon, live, action, live.typing), action)

    def _begin(self, work: Coroutine[Any, Any, None], action: Action) -> asyncio.Task[None]:
        return self._daemon.task(work, type(action).__name__.lower())

    def _record(self, action: Recorded) -> None:
        log = self._daemon.log
        match action:
            case RecordSubmitted():
                self._submitted(action)
            case NoteShared():
                self._shared(action)
            case NoteLate():
                self._late(action)
            case RecordTurn():
                self._turn(action)
            case RecordDone(peer=peer, session=session, message=id):
                self._done(id, peer, session)
            case Requeue():
                self._requeue(action)
            case Drop(peer=peer, message=id, attempt=attempt, state=state, why=why):
                log.write("dropped", id=id, to=peer, state=state, why=why)
                self._write(id, SetDelivery(id, state, attempt, None, clock.wall(), why))
            case BecomeDue(peer=peer, message=id):
                log.write("due", id=id, to=peer)
                self._write(id, SetDue(id, clock.wall(), self._why_due(id)))
            case GiveUp():
                self._give_up(action)
            case RecordSaid() | SaveWant() | SaveMark() | SavePaused():
                self._daemon.record(_kept(action))
            case NoteHold(peer=peer, message=id, hold=hold):
                if hold is not None:
                    log.write("held", id=id, to=peer, hold=hold)
                self._write(id, SetHold(id, hold))
            case NoteLimit():
                limits.note(self._daemon, action)
            case NoteBackoff(peer=peer, delay_s=delay_s, deaths=deaths):
                log.write("backoff", peer=peer, delay_s=delay_s, deaths=deaths)
            case NoteCrashLoop() | NoteProbe() | NoteRecovered():
                self._crash_loop(action)
            case NoteUntried(peer=peer, probes=probes, waited_s=waited_s):
                self._daemon.record(SetCrashLoop(peer, probes, clock.wall() - waited_s, True))
            case _:
                assert_never(action)

    def _crash_loop(self, action: NoteCrashLoop | NoteProbe | NoteRecovered) -> None:
        """On record, so that the next daemon leaves the peer down for as long; a try is with its session."""
        log, peer, probes = self._daemon.log, action.peer, action.probes
        match action:
            case NoteCrashLoop(deaths=deaths, window_s=window_s, probe_s=probe_s):
                log.write("crash-loop", peer=peer, deaths=deaths, window_s=window_s, probe_s=probe_s)
            case NoteProbe():
                return log.write("probe", peer=peer, probes=probes)
            case NoteRecovered():
                log.write("recovered", peer=peer, probes=probes)
            case _:
                assert_never(action)
        lasts = not isinstance(action, NoteRecovered)
        self._daemon.record(SetCrashLoop(peer, probes, clock.wall(), lasts))

    def _submitted(self, action: RecordSubmitted) -> None:
        id, now = action.message, clock.wall()
        message = self._daemon.store.reader.receipt(id)
        took_ms = round((now - message.message.accepted_at) * 1000) if message else None
        self._daemon.log.write("submitted", id=id, to=action.peer, attempt=action.attempt, ms=took_ms)
        live = self._daemon.live.get(action.session)
        evidence = _evidence(live, action)
        self._write(id, SetDelivery(id, Delivery.SUBMITTED, action.attempt, action.session, now, evidence))

    def _shared(self, action: NoteShared) -> None:
        """On the record of each."""
        unclear = not action.unclear.isdisjoint(action.messages)
        for id in action.messages:
            others = [each for each in action.messages if each != id]
            self._daemon.log.write("turn-shared", id=id, to=action.peer, beside=others[0])
            self._write(
                id,
                SetShared(id, clock.wall(), shared_turns.step(others, unclear=unclear)),
            )

    def _late(self, action: NoteLate) -> None:
        """A journal is heard again from before its last line: what was delivered is no news, nor what is known."""
        receipt = self._daemon.store.reader.sensible(action.message)
        taken = f"{TAKEN_LATE}: its id is in the journal of {action.session}"
        if receipt is None or receipt.state not in UNDELIVERED or receipt.history[-1].evidence == taken:
            return
        self._daemon.log.write("late-evidence", id=action.message, to=action.peer, session=action.session)
        self._write(action.message, SetLate(action.message, clock.wall(), taken))

    def _turn(self, action: RecordTurn) -> None:
        receipt = self._daemon.store.reader.receipt(action.message)
        self._daemon.log.write("turn-ended", id=action.message, to=action.peer, status=action.exit_status)
        if receipt is None or receipt.task is not Task.OPEN:
            return
        status = "" if action.exit_status is None else f", exit status {action.exit_status}"
        how = f"the turn ended in {action.session}{status}"
        live = self._daemon.live.get(action.session)
        if live is not None and live.broken_off is not None and live.broken_off.id == action.message:
            how = f"{how}, interrupted for {live.broken_off_for}" if live.broken_off_for is not None else how
        if action.silent_s is not None:
            how = silence.ended(action.session, action.silent_s)
        ended = SetTask(
            action.message,
            Task.TURN_ENDED,
            clock.wall(),
            how,
            answer=action.last_words,
            answer_from="turn" if action.last_words is not None else None,
            exit_status=action.exit_status,
            unless_answered=True,
        )
        self._write(action.message, ended)

    def _done(self, id: MessageId, peer: PeerName, session: SessionId) -> None:
        self._daemon.log.write("task-done", id=id, to=peer)
        said, result = pass_result.done(self._daemon, peer, session)
        done = SetTask(id, Task.DONE, clock.wall(), f"{session} {said}", answer=result, unless_answered=True)
        self._write(id, done)

    def _requeue(self, action: Requeue) -> None:
        id, attempt, why = action.message, action.attempt, action.why
        self._daemon.log.write("requeued", id=id, to=action.peer, attempt=attempt, why=why)
        again = SetDelivery(id, Delivery.ACCEPTED, attempt, None, clock.wall(), f"waits again: {why}", action.outcome)
        self._write(id, again)

    def _why_due(self, id: MessageId) -> str:
        receipt = self._daemon.store.reader.sensible(id)
        at = receipt.message.not_before if receipt is not None else None
        return f"due: it was not to be handed over before {rfc3339.stamp(at)}" if at is not None else "due"

    def _give_up(self, action: GiveUp) -> None:
        id, now = action.message, clock.wall()
        self._daemon.log.write("dead-letter", id=id, to=action.peer, attempt=action.attempt, why=action.why)
        if action.submitted:
            self._write(id, SetTask(id, Task.DEAD, now, action.why, unless_answered=True))
        else:
            self._write(id, SetDelivery(id, Delivery.DEAD, action.attempt, None, now, action.why, action.outcome))

    def _write(self, id: MessageId, write: Write) -> None:
        """Whoever waits for the message is told once it is on disk."""
        self._daemon.record(write, about=id)


def _kept(action: RecordSaid | SaveWant | SaveMark | SavePaused) -> Write:
    """As the next daemon is to find it, and nobody else is told."""
    match action:
        case RecordSaid(message=id, said=said):
            return SetSaid(id, said.exit_status, said.last_words)
        case SaveWant(peer=peer, want=want):
            return SetWant(peer, want, clock.wall())
        case SaveMark(peer=peer, marked=marked, again=again):
            return SetMark(peer, marked, again)
        case SavePaused(peer=peer, paused=paused):
            return SetPaused(peer, paused)
        case _:
            assert_never(action)


def _evidence(live: Live | None, action: RecordSubmitted) -> str:
    """What shows that it was taken."""
    if live is not None and live.spoke == action.message:
        return f"{action.session} spoke, and nothing but this was handed to it"
    if live is not None and live.recorded == action.message:
        return f"the conversation that {action.session} keeps has its id; its hooks told nothing of it in time"
    by_screen = live is not None and live.adapter.confirms == "screen"
    shown = "header was seen on the screen of" if by_screen else "id is in the journal of"
    return f"its {shown} {action.session}{shared_turns.beside(live, action)}"
