"""What a fresh session is given before all else: once, first, and to no other session."""

import pytest
from msgspec.structs import replace

from peerd.core.action import Deliver, GiveUp, NoteCrashLoop, RecordTurn, Requeue, Spawn
from peerd.core.decide import decide
from peerd.core.event import (
    DeliveryLost,
    Event,
    MessageSubmitted,
    SelfDone,
    SessionExited,
    SessionReady,
    TurnEnded,
)
from peerd.core.requeue import DELIVERY_ATTEMPTS_MAX
from peerd.core.state import Lease, Peer, Waiting
from peerd.core.tally import Tally
from peerd.model.message import MessageId
from peerd.model.peer import Activity, Phase, Want
from peerd.model.session import End, EndCause
from tests.build import ADA, M1, M2, S1, lease, peer, running, spec, waiting

FIRST = MessageId("s-1-first")
HELLO = Waiting(FIRST, task=False, first=True)
EPHEMERAL = spec(wake_policy="ephemeral", backoff_base_s=0.5)
KILLED = End(EndCause.KILLED, signal=9)


def starting(**changes: object) -> Peer:
    return peer(**({"phase": Phase.STARTING, "session": S1, "queue": waiting(M1, M2)} | changes))


def after(peer: Peer, *events: Event) -> Peer:
    for event in events:
        peer = decide(peer, event, 0.0).peer
    return peer


def test_it_is_given_before_what_waited():
    ready = decide(starting(), SessionReady(ADA, S1, FIRST), 0.0)

    assert [each for each in ready.actions if isinstance(each, Deliver)] == [Deliver(ADA, S1, FIRST, 1)]
    assert ready.peer.queue == waiting(M1, M2)


@pytest.mark.parametrize("wake_policy", ["warm", "ephemeral"])
def test_once_its_turn_is_over_the_task_is_given_to_the_same_session(wake_policy: str):
    at_it = after(
        starting(spec=spec(wake_policy=wake_policy)), SessionReady(ADA, S1, FIRST), MessageSubmitted(ADA, S1, FIRST)
    )

    over = decide(at_it, TurnEnded(ADA, S1, FIRST, 0, "hello"), 1.0)

    assert over.actions[0] == RecordTurn(ADA, S1, FIRST, 0, "hello")
    assert Deliver(ADA, S1, M1, 1) in over.actions
    assert not over.peer.finished


def test_an_ephemeral_session_that_says_it_is_done_before_its_task_came_is_not():
    at_it = after(starting(spec=EPHEMERAL), SessionReady(ADA, S1, FIRST), MessageSubmitted(ADA, S1, FIRST))

    told = after(at_it, SelfDone(ADA, S1), TurnEnded(ADA, S1, FIRST))

    assert not told.finished
    assert told.lease == lease(M1)


@pytest.mark.parametrize(
    "held",
    [
        running(queue=(HELLO, *waiting(M1)), activity=Activity.UNKNOWN),
        running(lease=Lease(replace(HELLO, attempts=1), 30.0), queue=waiting(M1)),
        running(turn=replace(HELLO, attempts=1), activity=Activity.BUSY, queue=waiting(M1)),
    ],
    ids=["waiting", "on its way", "in its turn"],
)
def test_when_its_session_ends_it_is_nothing_to_the_next_one(held: Peer):
    ended = decide(held, SessionExited(ADA, S1, End(EndCause.STOPPED)), 1.0)

    assert ended.peer.queue == waiting(M1)
    assert (ended.peer.lease, ended.peer.turn) == (None, None)
    assert not any(isinstance(each, Requeue | GiveUp) for each in ended.actions)
    assert any(isinstance(each, Spawn) for each in ended.actions)


def test_one_that_is_never_taken_gives_way_to_the_queue():
    typed = Lease(replace(HELLO, tally=Tally(in_vain=DELIVERY_ATTEMPTS_MAX - 1)), 30.0)

    lost = decide(running(lease=typed, queue=waiting(M1)), DeliveryLost(ADA, S1, FIRST, "not seen"), 1.0)
    later = decide(replace(lost.peer, retry_at=None), DeliveryLost(ADA, S1, FIRST, "not seen"), 2.0)

    assert isinstance(lost.actions[0], GiveUp)
    assert later.peer.lease is not None
    assert later.peer.lease.waiting.id == M1


def test_one_that_kills_every_session_ends_in_a_crash_loop_also_where_a_task_waits():
    dying = replace(
        running(spec=EPHEMERAL, turn=replace(HELLO, attempts=1), activity=Activity.BUSY, queue=waiting(M1)),
        deaths=(0.5, 0.8),
    )

    died = decide(dying, SessionExited(ADA, S1, KILLED), 1.0)

    assert died.peer.phase is Phase.FAILED
    assert any(isinstance(each, NoteCrashLoop) for each in died.actions)


def test_a_session_that_is_to_end_is_given_none():
    stopping = starting(phase=Phase.STOPPING, want=Want.DOWN)

    assert decide(stopping, SessionReady(ADA, S1, FIRST), 0.0).peer.queue == waiting(M1, M2)
