"""What dies slowly counts as what dies fast: the window for deaths stands still while a session comes up."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peerd.core.action import Kill, NoteCrashLoop, NoteRecovered
from peerd.core.decide import decide, next_deadline
from peerd.core.event import (
    DeadlinePassed,
    Event,
    FoundAtRest,
    MessageSubmitted,
    SessionExited,
    SessionReady,
    SessionStarted,
    SpawnFailed,
    TurnEnded,
)
from peerd.core.restart import Death, counted, recent
from peerd.core.state import Peer
from peerd.model.message import MessageId
from peerd.model.peer import Phase
from peerd.model.session import BOOT_MAX_S, End, EndCause, boot_s
from tests.build import ADA, M1, S1, peer, spec, waiting
from tests.core.test_ephemeral_tasks import EPHEMERAL, KILLED

FAILED = End(EndCause.BOOT_FAILED)
FIRST = MessageId("s-1-first")


class Life:
    """A peer and the time."""

    def __init__(self, peer: Peer) -> None:
        self.peer, self.now = peer, 0.0

    def passes(self, s: float) -> None:
        self.now += s
        self.feed(DeadlinePassed(ADA))

    def feed(self, event: Event) -> None:
        decision = decide(self.peer, event, self.now)
        self.peer, self.last = decision.peer, decision.actions

    def starts(self) -> None:
        self.passes(max(0.0, (next_deadline(self.peer) or self.now) - self.now))
        assert self.peer.phase is Phase.STARTING
        self.feed(SessionStarted(ADA, S1))


def never_ready(life: Life) -> None:
    life.starts()
    life.passes(240.0)
    assert life.peer.phase is Phase.STOPPING
    life.feed(SessionExited(ADA, S1, FAILED, 240.0))


def dead_at_once(life: Life) -> None:
    """As soon as it is ready, which takes long."""
    life.starts()
    life.passes(200.0)
    life.feed(SessionReady(ADA, S1))
    life.feed(SessionExited(ADA, S1, KILLED, 200.0))


def not_begun(life: Life) -> None:
    life.passes(max(0.0, (next_deadline(life.peer) or life.now) - life.now))
    life.now += 200.0
    life.feed(SpawnFailed(ADA, "no tmux", boot_s=200.0))


def hung_over_its_first(life: Life) -> None:
    life.starts()
    life.feed(SessionReady(ADA, S1, FIRST))
    life.feed(MessageSubmitted(ADA, S1, FIRST))
    life.passes(600.0)
    life.feed(FoundAtRest(ADA, S1))
    assert isinstance(life.last[0], Kill)
    life.feed(SessionExited(ADA, S1, FAILED, 600.0))


SLOW = [
    pytest.param(never_ready, spec(), id="never ready"),
    pytest.param(dead_at_once, spec(), id="dead at once"),
    pytest.param(not_begun, spec(), id="not begun"),
    pytest.param(hung_over_its_first, EPHEMERAL, id="hangs over its first message"),
]


@pytest.mark.parametrize(("ends", "known"), SLOW)
def test_three_that_take_long_to_fail_leave_a_peer_down(ends: Callable[[Life], None], known: object):
    life = Life(peer(spec=known, queue=waiting(M1)))

    for _ in range(2):
        ends(life)
        assert life.peer.phase is Phase.BACKOFF
    ends(life)

    assert life.peer.phase is Phase.FAILED
    assert NoteCrashLoop(ADA, 3, 300.0, 60.0) in life.last


def test_a_life_counts_as_long_as_it_was():
    life = Life(peer(spec=spec(restart="permanent")))
    for _ in range(5):
        life.starts()
        life.feed(SessionReady(ADA, S1))
        life.passes(150.0)
        life.feed(SessionExited(ADA, S1, KILLED, 0.0))

        assert life.peer.phase is Phase.BACKOFF


def test_a_try_that_hangs_over_its_first_message_is_followed_by_another():
    life = Life(peer(spec=EPHEMERAL, queue=waiting(M1), probes=1, phase=Phase.FAILED, deadline=0.0))
    life.starts()
    life.feed(SessionReady(ADA, S1, FIRST))
    life.feed(MessageSubmitted(ADA, S1, FIRST))

    for _ in range(5):
        life.passes(100.0)
        assert (life.peer.probes, next_deadline(life.peer)) == (2, min(life.now + 100.0, 600.0))
    life.passes(100.0)
    life.feed(FoundAtRest(ADA, S1))
    life.feed(SessionExited(ADA, S1, FAILED, 600.0))

    assert (life.peer.phase, life.peer.deadline) == (Phase.FAILED, life.now + 240.0)


def test_a_try_that_gets_over_its_first_message_ends_the_crash_loop_once_it_has_lived_on():
    life = Life(peer(spec=EPHEMERAL, queue=waiting(M1), probes=1, phase=Phase.FAILED, deadline=0.0))
    life.starts()
    life.feed(SessionReady(ADA, S1, FIRST))
    life.feed(MessageSubmitted(ADA, S1, FIRST))
    life.passes(100.0)
    assert life.peer.probes == 2

    life.feed(TurnEnded(ADA, S1, FIRST))
    life.feed(MessageSubmitted(ADA, S1, M1))
    life.passes(100.0)

    assert NoteRecovered(ADA, 2) in life.last
    assert life.peer.probes == 0


@pytest.mark.parametrize(
    ("ready", "cause", "took_s"),
    [
        (None, EndCause.EXITED, 900.0),
        (130.0, EndCause.EXITED, 30.0),
        (130.0, EndCause.BOOT_FAILED, 900.0),
        (50.0, EndCause.EXITED, 0.0),
        (None, EndCause.MACHINE_RESTARTED, 0.0),
    ],
    ids=["never ready", "ready", "of no use", "the clock was set back", "the machine was off"],
)
def test_how_long_a_boot_took(ready: float | None, cause: EndCause, took_s: float):
    assert boot_s(100.0, ready, 1000.0, cause) == took_s


def test_a_boot_that_waited_for_days_counts_as_one():
    assert boot_s(0.0, None, 10 * BOOT_MAX_S, EndCause.EXITED) == BOOT_MAX_S


SECONDS = st.integers(0, 400)  # so that sums are exact
lives = st.lists(st.tuples(SECONDS, SECONDS), max_size=12)


@given(lives)
def test_it_makes_no_difference_whether_deaths_are_counted_as_they_come_or_afterwards(lives: list[tuple[int, int]]):
    now, deaths = 0.0, list[Death]()
    as_they_came: tuple[float, ...] = ()
    for took_s, lived_s in lives:
        now += took_s + lived_s
        deaths.append(Death(now, took_s))
        as_they_came = recent(as_they_came, deaths[-1], 300.0)

    assert counted(deaths, 300.0) == as_they_came
    assert len(as_they_came) == _within(lives, 300.0)


def _within(lives: list[tuple[int, int]], period_s: float) -> int:
    """Deaths within the last seconds of life."""
    ago_s, found = 0.0, 0
    for _, lived_s in reversed(lives):
        found += ago_s < period_s
        ago_s += lived_s
    return found
