"""A small world for one peer, that does what actions ask, late and unreliably."""

from collections.abc import Callable

from peerd.core.decide import decide
from peerd.core.event import (
    ActivitySeen,
    CancelRequested,
    Conversed,
    DeadlinePassed,
    DeliveryHeld,
    DeliveryLost,
    Event,
    FoundAtRest,
    FoundAtWork,
    MessageAccepted,
    MessageSent,
    MessageSubmitted,
    PauseRequested,
    RefreshRequested,
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
)
from peerd.core.state import Waiting
from peerd.model.message import Hold, MessageId
from peerd.model.peer import Activity, Phase, Want
from peerd.model.session import REAPED, End, EndCause, SessionId
from tests.build import ADA
from tests.core.witness import Witness

DEATHS = (EndCause.KILLED, EndCause.EXITED, EndCause.SERVER_DIED)


class World(Witness):
    """Sessions live and die here, and what was asked is done when chance says so."""

    def step(self) -> None:
        self.now += self.chance.choice((0.0, 0.05, 0.4, 2.0, 40.0))
        if self.peer.lease is not None and self.now >= self.peer.lease.deadline:
            self.delivering = None  # the hands give up before a lease runs out
        event = self.chance.choice([make for make, possible in self._choices() if possible])()
        if event is not None:
            self.feed(event)
        self.check()

    def feed(self, event: Event) -> None:
        if isinstance(event, StartRequested):
            self.deaths, self.not_before, self.barred, self.tries = [], 0.0, False, 0
        if isinstance(event, SessionExited) and event.end.cause not in REAPED:
            self._exited()
        decision = decide(self.peer, event, self.now)
        self.peer = decision.peer
        for action in decision.actions:
            self.perform(action)

    def _choices(self) -> list[tuple[Callable[[], Event | None], bool]]:
        alive = self.live is not None
        return [
            (self._accept, True),
            (lambda: WakeRequested(ADA, "operator", self.chance.choice((None, None, "fresh", "resume"))), True),
            (self._refresh, self.chance.random() < 0.2),
            (self._converse, alive and self.ready),
            (self._cancel, bool(self.accepted) and self.chance.random() < 0.3),
            (self._pause, self.chance.random() < 0.3),
            (self._write, self.open_turn is not None),
            (self._done, self.open_turn is not None and self.chance.random() < 0.2),
            *[(self._look, alive and self.looking)] * 3,
            (lambda: StopRequested(ADA), self.chance.random() < 0.1),
            (lambda: StartRequested(ADA), self.chance.random() < 0.3),
            (lambda: DeadlinePassed(ADA), True),
            (self._spawned, self.spawning),
            (self._spawn_failed, self.spawning and self.chance.random() < 0.3),
            (self._call_off, self.spawning and self.peer.want is Want.DOWN),
            (self._become_ready, alive and not self.ready),
            (self._exit, alive and (self.killing is not None or self.chance.random() < 0.2)),
            (self._take, self.delivering is not None),
            (self._hold, self.delivering is not None),
            (self._lose, self.delivering is not None),
            (self._forget, self.delivering is not None),
            (self._end_turn, self.open_turn is not None),
            (self._flicker, alive and self.ready and self.delivering is None),
            (self._stale, self.sessions > 1),
        ]

    def _accept(self) -> Event:
        id = MessageId(f"m-{len(self.accepted)}")
        self.accepted.append(id)
        asks = self.chance.random() < 0.8
        self.answers |= set() if asks else {id}
        expires_at = self.now + 60.0 if self.chance.random() < 0.2 else None
        deadline_s = 30.0 if self.chance.random() < 0.2 else None
        key = "k" if self.chance.random() < 0.2 else None
        older = next(
            (
                each.id
                for each in self.peer.queue
                if key and each.key == key and each.task is asks and not each.attempts
            ),
            None,
        )
        self.order.insert(self.order.index(older) + 1 if older else len(self.order), id)
        topic = self.chance.choice((None, "a", "b"))
        waits = Waiting(id, task=asks, topic=topic, expires_at=expires_at, deadline_s=deadline_s, key=key)
        return MessageAccepted(ADA, waits)

    def _cancel(self) -> Event:
        return CancelRequested(ADA, self.chance.choice(self.accepted), "not wanted")

    def _pause(self) -> Event:
        self.paused = self.chance.random() < 0.3
        return PauseRequested(ADA, self.paused)

    def _write(self) -> Event:
        self.active_at = self.now
        return MessageSent(ADA)

    def _done(self) -> Event:
        assert self.live is not None
        self.active_at = self.now
        return SelfDone(ADA, self.live)

    def _refresh(self) -> Event:
        self.hurried = self.chance.random() < 0.2
        return RefreshRequested(ADA, self.chance.choice((None, "operator")), self.hurried)

    def _converse(self) -> Event:
        assert self.live is not None
        self.conversation = str(self.live)
        return Conversed(ADA, self.live, self.conversation)

    def _look(self) -> Event:
        assert self.live is not None
        self.looking = False
        if self.chance.random() < 0.5:
            return FoundAtRest(ADA, self.live)
        self.active_at = self.now
        return FoundAtWork(ADA, self.live)

    def _spawned(self) -> Event:
        self.sessions += 1
        self.hurried = False
        self.live, self.spawning, self.ready = SessionId(f"s-{self.sessions}"), False, False
        return SessionStarted(ADA, self.live)

    def _spawn_failed(self) -> Event:
        self.spawning = False
        self.resume_failures += self.resumes
        self._die()
        return SpawnFailed(ADA, "no tmux")

    def _call_off(self) -> Event:
        self.spawning = False
        return SpawnCalledOff(ADA)

    def _become_ready(self) -> Event:
        assert self.live is not None
        self.ready, self.activity = True, Activity.IDLE
        self.ready_at = self.active_at = self.now
        self.counts = self.peer.phase is Phase.STARTING  # one that is ended already is as if it had never been ready
        if self.counts and not self.resumes:
            self.conversation, self.topics = None, set()
        if self.counts:
            self.parked, self.resume_failures = False, 0
        return SessionReady(ADA, self.live, self._first())

    def _first(self) -> MessageId | None:
        if not self.counts or self.resumes or self.chance.random() < 0.6:
            return None
        id = MessageId(f"{self.live}-first")
        self.accepted.append(id)
        self.answers.add(id)
        self.firsts[id] = SessionId(str(self.live))
        return id

    def _exit(self) -> Event:
        assert self.live is not None
        cause = self.killing.cause if self.killing else self.chance.choice(DEATHS)
        if self.ready and self.counts:
            self.parked = cause in (EndCause.PARKED, EndCause.STOPPED)
        elif self.resumes and cause not in REAPED:
            self.resume_failures += 1
        session, self.live, self.ready, self.looking = self.live, None, False, False
        self.killing = self.delivering = self.open_turn = None
        self.over += [id for id, of in self.firsts.items() if of == session and id not in self.over]
        return SessionExited(ADA, session, End(cause))

    def _take(self) -> Event:
        assert self.delivering is not None
        assert self.live is not None
        taken, self.delivering = self.delivering.message, None
        self.open_turn, self.activity, self.active_at = taken, Activity.BUSY, self.now
        held = (*self.peer.queue, *((self.peer.lease.waiting,) if self.peer.lease else ()))
        self.topics |= {each.topic for each in held if each.id == taken and each.topic}
        self.taken_in_session += taken not in self.firsts
        self.tasks_in_session += taken not in self.answers
        if taken not in self.first_submitted:
            self.first_submitted.append(taken)
        return MessageSubmitted(ADA, self.live, taken)

    def _hold(self) -> Event:
        assert self.delivering is not None
        held, self.delivering = self.delivering, None
        return DeliveryHeld(ADA, held.session, held.message, self.chance.choice(list(Hold)))

    def _lose(self) -> Event:
        assert self.delivering is not None
        lost, self.delivering = self.delivering, None
        return DeliveryLost(ADA, lost.session, lost.message, "not seen")

    def _forget(self) -> Event | None:
        """No evidence ever comes: only time moves on."""
        assert self.delivering is not None
        self.delivering = None
        self.now += self.peer.spec.lease_s
        return DeadlinePassed(ADA)

    def _end_turn(self) -> Event:
        assert self.live is not None
        ended, self.open_turn, self.activity = self.open_turn, None, Activity.IDLE
        self.active_at = self.now
        return TurnEnded(ADA, self.live, ended, 0, "words")

    def _flicker(self) -> Event:
        assert self.live is not None
        self.activity, self.active_at = self.chance.choice(list(Activity)), self.now
        return ActivitySeen(ADA, self.live, self.activity)

    def _stale(self) -> Event:
        old = SessionId(f"s-{self.chance.randrange(1, self.sessions)}")
        if old == self.live:
            return DeadlinePassed(ADA)
        return SessionExited(ADA, old, End(EndCause.STOPPED))
