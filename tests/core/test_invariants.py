"""Random histories against a small world that does what actions ask, late and unreliably. What must hold, holds after
every event."""

import random
from collections.abc import Callable

import pytest
from msgspec.structs import replace

from peerd.core.action import (
    Action,
    Deliver,
    GiveUp,
    Kill,
    NoteBackoff,
    NoteCrashLoop,
    NoteHold,
    RecordSubmitted,
    RecordTurn,
    Requeue,
    SaveWant,
    Spawn,
)
from peerd.core.decide import decide, next_deadline, settle
from peerd.core.event import (
    ActivitySeen,
    DeadlinePassed,
    DeliveryHeld,
    DeliveryLost,
    Event,
    MessageAccepted,
    MessageSubmitted,
    SessionExited,
    SessionReady,
    SessionStarted,
    SpawnFailed,
    StartRequested,
    StopRequested,
    TurnEnded,
    WakeRequested,
)
from peerd.core.state import Peer
from peerd.model.message import Hold, MessageId
from peerd.model.peer import Activity, Phase, Want
from peerd.model.session import REAPED, End, EndCause, SessionId
from tests.build import ADA, peer, spec

SEEDS = range(150)
STEPS = 150
DEATHS = (EndCause.KILLED, EndCause.EXITED, EndCause.SERVER_DIED)


class World:
    """One peer's outside: sessions live and die here, and what was asked is done when chance says so."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.now = 0.0
        self.policy = self.chance.choice(("warm", "ephemeral"))
        self.peer: Peer = peer(spec=spec(policy=self.policy))
        self.live: SessionId | None = None
        self.ready = False
        self.spawning = False
        self.killing: Kill | None = None
        self.delivering: Deliver | None = None
        self.open_turn: MessageId | None = None
        self.activity = Activity.UNKNOWN
        self.sessions = 0
        self.accepted: list[MessageId] = []
        self.first_submitted: list[MessageId] = []
        self.over: list[MessageId] = []
        self.tasks_in_session = 0
        self.deaths: list[float] = []
        self.not_before = 0.0
        self.barred = False  # by a crash loop, until start

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
            self.deaths, self.not_before, self.barred = [], 0.0, False
        if isinstance(event, SessionExited) and event.end.cause not in REAPED:
            self._die()
        decision = decide(self.peer, event, self.now)
        self.peer = decision.peer
        for action in decision.actions:
            self.perform(action)

    def _die(self) -> None:
        self.deaths = [at for at in self.deaths if at > self.now - self.peer.spec.crash_window_s] + [self.now]
        self.barred = self.barred or len(self.deaths) >= self.peer.spec.crash_max
        self.not_before = self.now + self.peer.spec.backoff_base_s

    def perform(self, action: Action) -> None:
        match action:
            case Spawn():
                assert self.live is None, "a second live session"
                assert not self.spawning, "a second spawn in flight"
                assert self.peer.want is not Want.DOWN, "a stopped peer was woken"
                assert not self.barred, "a crash-looping peer was woken"
                assert self.now >= self.not_before, "a start before its backoff was over"
                self.spawning, self.tasks_in_session = True, 0
            case Kill(session=session):
                assert session == self.live, "a kill of what is not this peer's session"
                self.killing = action
            case Deliver(session=session):
                assert session == self.live, "typed into another session"
                assert self.ready, "typed before it was ready"
                assert self.activity is Activity.IDLE, "typed though it was not known to be idle"
                assert self.delivering is None, "two deliveries at once"
                assert self.open_turn is None, "typed while a turn was open"
                if self.policy == "ephemeral":
                    assert self.tasks_in_session == 0, "a second task in an ephemeral session"
                self.delivering = action
            case RecordTurn(message=message) | GiveUp(message=message):
                assert message not in self.over, "an end after the end"
                self.over.append(message)
            case RecordSubmitted() | Requeue() | SaveWant() | NoteHold() | NoteBackoff() | NoteCrashLoop():
                pass

    def _choices(self) -> list[tuple[Callable[[], Event | None], bool]]:
        alive = self.live is not None
        return [
            (self._accept, True),
            (lambda: WakeRequested(ADA, "operator"), True),
            (lambda: StopRequested(ADA), self.chance.random() < 0.1),
            (lambda: StartRequested(ADA), self.chance.random() < 0.3),
            (lambda: DeadlinePassed(ADA), True),
            (self._spawned, self.spawning),
            (self._spawn_failed, self.spawning and self.chance.random() < 0.3),
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
        return MessageAccepted(ADA, id)

    def _spawned(self) -> Event:
        self.sessions += 1
        self.live, self.spawning, self.ready = SessionId(f"s-{self.sessions}"), False, False
        return SessionStarted(ADA, self.live)

    def _spawn_failed(self) -> Event:
        self.spawning = False
        self._die()
        return SpawnFailed(ADA, "no tmux")

    def _become_ready(self) -> Event:
        assert self.live is not None
        self.ready, self.activity = True, Activity.IDLE
        return SessionReady(ADA, self.live)

    def _exit(self) -> Event:
        assert self.live is not None
        cause = self.killing.cause if self.killing else self.chance.choice(DEATHS)
        session, self.live, self.ready = self.live, None, False
        self.killing = self.delivering = self.open_turn = None
        return SessionExited(ADA, session, End(cause))

    def _take(self) -> Event:
        assert self.delivering is not None
        assert self.live is not None
        taken, self.delivering = self.delivering.message, None
        self.open_turn, self.activity = taken, Activity.BUSY
        self.tasks_in_session += 1
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
        return TurnEnded(ADA, self.live, ended, 0, "words")

    def _flicker(self) -> Event:
        assert self.live is not None
        self.activity = self.chance.choice(list(Activity))
        return ActivitySeen(ADA, self.live, self.activity)

    def _stale(self) -> Event:
        old = SessionId(f"s-{self.chance.randrange(1, self.sessions)}")
        if old == self.live:
            return DeadlinePassed(ADA)
        return SessionExited(ADA, old, End(EndCause.STOPPED))

    def check(self) -> None:
        self._check_messages()
        assert settle(self.peer, self.now).actions == (), "rules were left to fire"
        if self.live is not None:
            assert self.peer.phase in (Phase.STARTING, Phase.RUNNING, Phase.STOPPING), "a live session nobody counts"
        due = next_deadline(self.peer)
        again = decide(self.peer, DeadlinePassed(ADA), self.now)
        assert due is None or due > self.now or again.peer != self.peer, "a deadline that passes without effect"

    def _check_messages(self) -> None:
        held = [waiting.id for waiting in self.peer.queue]
        held += [self.peer.lease.waiting.id] if self.peer.lease else []
        held += [self.peer.turn.id] if self.peer.turn else []
        assert sorted(held + self.over) == sorted(self.accepted), "a message lost or doubled"
        order = [self.accepted.index(id) for id in self.first_submitted]
        assert order == sorted(order), "submitted out of order"


@pytest.mark.parametrize("seed", SEEDS)
def test_what_must_hold_holds_after_every_event(seed: int):
    world = World(seed)
    for _ in range(STEPS):
        world.step()


def test_a_peer_left_alone_takes_all_its_messages():
    """Whatever happened before, once sessions stop dying every message comes to its end."""
    for seed in range(20):
        world = World(seed)
        for _ in range(STEPS):
            world.step()
        world.feed(StartRequested(ADA))
        for _ in range(3000):
            _good_step(world)
            world.check()
        assert sorted(world.over) == sorted(world.accepted)


def _good_step(world: World) -> None:
    """The next thing a healthy world would do."""
    world.now += 0.5
    if world.spawning:
        world.feed(world._spawned())
    elif world.killing:
        world.feed(world._exit())
    elif world.live and not world.ready:
        world.feed(world._become_ready())
    elif world.delivering:
        world.feed(world._take())
    elif world.open_turn:
        world.feed(world._end_turn())
    elif world.live and world.peer.activity is not Activity.IDLE:
        world.activity = Activity.IDLE
        world.feed(ActivitySeen(ADA, world.live, Activity.IDLE))
    else:
        world.feed(DeadlinePassed(ADA))


def test_the_checks_can_fail():
    """A core that forgets a lease would be seen at once."""
    world = World(1)
    while world.peer.lease is None:
        world.step()
    world.peer = replace(world.peer, lease=None)

    with pytest.raises(AssertionError, match="lost or doubled"):
        world.check()
