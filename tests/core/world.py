"""A small world for one peer, that does what actions ask, late and unreliably."""

from collections.abc import Callable

from msgspec.structs import replace

from peerd.core.action import Deliver, RecordTurn
from peerd.core.death import of_task
from peerd.core.decide import decide
from peerd.core.event import (
    DeadlinePassed,
    DeliveryLost,
    Event,
    FoundAtRest,
    FoundAtWork,
    LeaveRequested,
    MessageSent,
    MessageSubmitted,
    SelfDone,
    SessionExited,
    SessionReady,
    SessionStarted,
    SpawnCalledOff,
    SpawnFailed,
    StartRequested,
    StopRequested,
    TurnEnded,
    WakeRequested,
    WrongConversation,
)
from peerd.model.message import MessageId
from peerd.model.peer import Activity, Phase
from peerd.model.session import REAPED, End, EndCause, SessionId, boot_s
from tests.build import ADA
from tests.core.asking import Asking
from tests.core.hands import DEATHS
from tests.core.turning import Turning

TICK_S = 1e-6  # no two things happen at once


class World(Asking, Turning):
    """Sessions live and die here, and what was asked is done when chance says so."""

    passed: MessageId | None = None  # the task of a pass that has just ended well
    asked: MessageId | None = None  # the task that wrote to somebody in the turn that is open

    def step(self) -> None:
        self.now += self.chance.one_of((TICK_S, 0.05, 0.4, 2.0, 40.0))
        if self.peer.lease is not None and self.now >= self.peer.lease.deadline:
            self.delivering = None  # the hands give up before a lease runs out
            self.overdue(self.peer.lease.waiting.id)
        event = self.chance.one_of([make for make, possible in self._choices() if possible])()
        if event is not None:
            self.feed(event)
        self.check()

    def feed(self, event: Event) -> None:
        self.lived(event)
        decision = decide(self.peer, event, self.now)
        self.peer = decision.peer
        if isinstance(event, TurnEnded) and self.single and event.message in {self.asked} - {None} - self.done:
            told = any(isinstance(act, RecordTurn) and act.message == event.message for act in decision.actions)
            assert not told, "ended with its turn though it had asked somebody"
        for action in decision.actions:
            self.perform(action)
        undone = self.passed is not None and self.passed not in self.over
        assert not undone, "a pass that did its task has not done it"
        self.passed = None

    def lived(self, event: Event) -> None:
        """What the world makes of it, before the core does."""
        self.story.append((self.now, event))
        self.hands_hear(event)
        if not isinstance(event, SessionReady) or self.counts:
            self.shelf.hear(event, self.now, of_task=isinstance(event, SessionExited) and of_task(self.peer, event.end))
        if isinstance(event, StartRequested | StopRequested):
            self.stopped = isinstance(event, StopRequested)
        if isinstance(event, LeaveRequested):
            self.leaving = event.leaving
        if isinstance(event, StartRequested):
            self.deaths, self.not_before, self.barred, self.tries = [], 0.0, False, 0
        if isinstance(event, SessionExited) and event.end.cause not in REAPED:
            self._exited(event.end, event.boot_s)

    def _choices(self) -> list[tuple[Callable[[], Event | None], bool]]:
        alive, of_screen = self.live is not None, self.peer.kind == "tui"
        luck = 0 if self.calm and self.chance.happens(9) else self.chance.below(10)
        return [
            (lambda: DeadlinePassed(ADA), True),
            (self._accept, self.peer.terms.kind != "service" and not (self.calm and self.peer.queue)),
            (lambda: WakeRequested(ADA, "operator", self.chance.one_of((None, None, "fresh", "resume"))), True),
            (self._refresh, luck >= 8),
            (self._converse, of_screen and alive and self.ready and self.live != self.disowned),
            (self._disown, alive and self.resumes and not self.killing and luck >= 7),
            (self._revive, luck >= 6 and bool(self._revivable())),
            (self._cancel, bool(self.accepted) and luck >= 7),
            (self._pause, luck >= 7),
            (self._write, self.open_turn is not None),
            (self._done, self.open_turn is not None and luck >= 8),
            *[(self._look, alive and self.looking)] * 3,
            (lambda: StopRequested(ADA), luck >= 9),
            (lambda: StartRequested(ADA), luck >= 7),
            (lambda: LeaveRequested(ADA, leaving=not self.leaving), luck == 0 or self.leaving),
            (self._spawned, self.spawning),
            (self._spawn_failed, self.spawning and luck >= 7),
            (self._call_off, self.spawning and (self.stopped or self.leaving)),
            (self._become_ready, alive and not self.ready),
            (self._end_well, self.peer.kind == "pass" and self.open_turn is not None),
            *[(self._exit, alive and (self.killing is not None or luck >= 8))] * (9 if self.deadly else 1),
            (self._take, self.delivering is not None),
            (self.enter, of_screen and self.screen and self.delivering not in (None, self.entering)),
            (self.hold, self.delivering not in (None, self.entering)),
            (self._lose, self.delivering is not None),
            (self._forget, self.delivering is not None),
            *[(self._take_late, bool(self._may_be_late()))] * 4,
            (self._take_back, self._stands() and self.peer.lease is None and luck >= 8),
            (self._end_turn, of_screen and self.open_turn is not None),
            (self._end_another, of_screen and self.peer.turn is not None and luck >= 6),
            (self._flicker, of_screen and alive and self.ready and self.delivering is None),
            (self._stale, self.sessions > 1),
            (self._edit, luck >= 8),
            (self._change_runtime, luck >= 9 or (luck >= 7 and self.parked and not alive)),
            (self._answer, luck >= 5 and bool(self._answerable())),
        ]

    def _write(self) -> Event:
        self.active_at = self.now
        self.asked = self.open_turn if self.open_turn not in self.answers | self.done else None
        return MessageSent(ADA)

    def _done(self) -> Event:
        assert self.live is not None
        self.active_at = self.now
        return SelfDone(ADA, self.live)

    def _disown(self) -> Event:
        """As if it had never been ready."""
        assert self.live is not None
        self.disowned, self.counts = self.live, False
        return WrongConversation(ADA, self.live, "another one")

    def _look(self) -> Event:
        assert self.live is not None
        self.looking = False
        if self.chance.happens(5):
            return FoundAtRest(ADA, self.live)
        ago_s = self.chance.one_of((0.0, 10.0))
        self.active_at = max(self.active_at, self.now - ago_s)
        return FoundAtWork(ADA, self.live, ago_s)

    def _spawned(self) -> Event:
        self.sessions += 1
        self.hurried = False
        self.runtime = self.peer.spec.runtime
        self.live, self.spawning, self.ready = SessionId(f"s-{self.sessions}"), False, False
        return SessionStarted(ADA, self.live)

    def _spawn_failed(self) -> Event:
        self.spawning, full = False, self.chance.happens(3)
        if not full:
            self.resume_failures += self.resumes
            self._die(0.0)
        self.sessions += 1
        session = SessionId(f"s-{self.sessions}")
        self.shelf.begin(session, self.now)
        self.shelf.end(session, End(EndCause.BOOT_FAILED, full=full), self.now, of_task=False)
        return SpawnFailed(ADA, "no tmux", full)

    def _call_off(self) -> Event:
        """Nothing of it is on record."""
        self.spawning = False
        self.trying = self.trying and not self.probing
        self.shelf.tries = self.shelf.left_down.probes if self.shelf.left_down else 0
        return SpawnCalledOff(ADA, self.probing)

    def _become_ready(self) -> Event:
        assert self.live is not None
        self.ready, self.activity = True, Activity.IDLE
        self.ready_at = self.active_at = self.now
        self.counts = self.peer.phase is Phase.STARTING  # one that is ended already is as if it had never been ready
        run = self.shelf.run(self.live)
        known = self.resumes and run.runtime == self.peer.spec.runtime  # the next one could go on with it
        spoken, conversation = (self.shelf.topics(run), run.conversation) if known else ((), None)
        if self.counts:
            self.conversation, self.topics = conversation, set(spoken)
        if self.counts:
            self.parked, self.resume_failures = False, 0
        told = SessionReady(ADA, self.live, self._first())
        return replace(told, conversation=conversation, topics=spoken) if self.resumes else told

    def _first(self) -> MessageId | None:
        if not self.counts or self.resumes or self.peer.kind != "tui" or self.chance.happens(6):
            return None
        id = MessageId(f"{self.live}-first")
        self.accepted.append(id)
        self.answers.add(id)
        self.firsts[id] = SessionId(str(self.live))
        return id

    def _end_well(self) -> Event:
        """A pass that ends by itself, with 0, has done its task."""
        ends_by_itself = self.killing is None or self._is_ahead()
        if ends_by_itself and self.open_turn not in self.answers | self.done:
            self.passed = self.open_turn
        return self._exit(End(EndCause.EXITED, code=0) if ends_by_itself else None)

    def _is_ahead(self) -> bool:
        """It had ended by itself before the kill reached it."""
        return self.signalled is None and self.chance.happens(3)

    def _exit(self, by_itself: End | None = None) -> Event:
        assert self.live is not None
        killed = self.killing is not None and by_itself is None and not self._is_ahead()
        end = End(self.killing.cause) if self.killing and killed else by_itself or End(self.chance.one_of(DEATHS))
        cause = end.cause
        assert self.signalled in (None, cause), "an end of ours that counts as its own"
        if self.ready and self.counts:
            self.parked = cause in (EndCause.PARKED, EndCause.STOPPED)
        elif self.resumes and cause not in REAPED:
            self.resume_failures += 1
        if self.peer.lease is not None and self.peer.lease.waiting.id != self.entered:
            self.untold[self.peer.lease.waiting.id].discard(self.peer.lease.waiting.attempts)
        self.fall(cause)
        run = self.shelf.run(self.live)
        took_s = boot_s(run.began_at, run.ready_at, self.now, end.cause)
        session, self.live, self.ready, self.looking = self.live, None, False, False
        self.killing = self.signalled = self.delivering = self.open_turn = self.entered = None
        self.forgotten, self.doubts, self.last_typed = [], [], None
        self.over += [id for id, of in self.firsts.items() if of == session and id not in self.over]
        return SessionExited(ADA, session, end, took_s)

    def _take(self) -> Event:
        assert self.delivering is not None
        return self._taken(self.delivering.message)

    def _taken(self, taken: MessageId, attempt: int | None = None) -> Event:
        assert self.live is not None
        self.delivering, self.asked = None, None
        self.untold[taken].clear()
        self.doubts = [each for each in self.doubts if each != taken]
        self.not_entered(taken)
        self.seen.add(taken)
        self.open_turn, self.activity, self.active_at = taken, Activity.BUSY, self.now
        held = (*self.peer.queue, *((self.peer.lease.waiting,) if self.peer.lease else ()))
        self.topics |= {each.topic for each in held if each.id == taken and each.topic}
        self.taken_in_session += taken not in {*self.firsts, *self.over}  # late: nobody counts on it any more
        self.tasks_in_session += taken not in self.answers
        if taken not in self.first_submitted and taken not in self.over:
            self.first_submitted.append(taken)
        return MessageSubmitted(ADA, self.live, taken, attempt)

    def _may_be_late(self) -> list[Deliver]:
        """A runtime tells late that it took what was typed, also where that is not delivered any more."""
        if not self.live or not self.ready or self.open_turn:
            return []
        typed = (None, self.delivering.message if self.delivering else None)
        return [each for each in self.forgotten if self.delivering is None or each.message in typed]

    def _take_late(self) -> Event:
        late = self.chance.one_of(self._may_be_late())
        self.forgotten.remove(late)
        letter = self.shelf.letter(late.message)
        revived = letter.behind.forgiven > 0
        if revived and any(each.id == late.message for each in self.peer.queue):
            self.unordered.add(late.message)
        return self._taken(late.message, late.attempt)

    def _lose(self) -> Event:
        assert self.delivering is not None
        lost, self.delivering = self.delivering, None
        self.untold[lost.message].discard(lost.attempt)
        self.not_entered(lost.message)
        return DeliveryLost(ADA, lost.session, lost.message, "not seen")

    def _forget(self) -> Event | None:
        """No evidence ever comes: only time moves on."""
        assert self.delivering is not None
        self.forgotten.append(self.delivering)
        self.delivering = None
        self.now = max(self.now, self.peer.lease.deadline) if self.peer.lease else self.now
        return DeadlinePassed(ADA)

    def _stale(self) -> Event:
        old = SessionId(f"s-{self.chance.below(self.sessions - 1) + 1}")
        if old == self.live:
            return DeadlinePassed(ADA)
        return SessionExited(ADA, old, End(EndCause.STOPPED))
