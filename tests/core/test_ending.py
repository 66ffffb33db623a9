"""Idle sessions are parked, dead ones restarted or left down, and tried once more after a while."""

import pytest
from msgspec.structs import replace

from peerd.core.action import Kill, LookForWork, NoteBackoff, NoteCrashLoop, NoteProbe, NoteRecovered, SaveWant, Spawn
from peerd.core.decide import decide, next_deadline
from peerd.core.event import (
    ActivitySeen,
    DeadlinePassed,
    DeliveryHeld,
    FoundAtRest,
    FoundAtWork,
    MessageAccepted,
    SessionExited,
    SessionReady,
    SessionStarted,
    SpawnFailed,
    SpecChanged,
    StartRequested,
    StopRequested,
)
from peerd.core.state import Look, Peer, Waiting
from peerd.model.message import Hold
from peerd.model.peer import Activity, Phase, Want
from peerd.model.session import End, EndCause
from tests.build import ADA, M1, S1, lease, peer, running, spec, waiting

KILLED = End(EndCause.KILLED, signal=9)
DONE = End(EndCause.EXITED, code=0)


def test_a_session_that_was_idle_for_an_hour_is_looked_at_then_parked():
    idle = running(active_at=100.0)
    assert next_deadline(idle) == 3700.0

    looked_at = decide(idle, DeadlinePassed(ADA), now=3700.0)
    assert looked_at.actions == (LookForWork(ADA, S1),)
    parked = decide(looked_at.peer, FoundAtRest(ADA, S1), now=3701.0)

    assert parked.actions == (Kill(ADA, S1, EndCause.PARKED),)
    assert parked.peer.phase is Phase.STOPPING


@pytest.mark.parametrize(
    "at_work",
    [
        running(turn=Waiting(M1, 1), activity=Activity.BUSY),
        running(lease=lease(M1, deadline=1e6)),
        running(activity=Activity.BUSY),
        running(activity=Activity.BLOCKED),
        running(activity=Activity.UNKNOWN),
    ],
    ids=["turn", "lease", "busy", "blocked", "unknown"],
)
def test_a_session_is_never_parked(at_work: Peer):
    assert decide(at_work, DeadlinePassed(ADA), now=1e5).actions == ()


def test_a_look_that_a_message_came_in_the_middle_of_is_none():
    """A person's draft held the message, and it was waited for until it expired."""
    looked_at = decide(running(), DeadlinePassed(ADA), now=3600.0).peer
    sent = decide(looked_at, MessageAccepted(ADA, Waiting(M1, expires_at=7200.0)), now=3600.5).peer
    told = decide(sent, FoundAtRest(ADA, S1), now=3601.0).peer
    held = decide(told, DeliveryHeld(ADA, S1, M1, Hold.DRAFT), now=3601.5).peer

    over = decide(replace(held, retry_at=9e9), DeadlinePassed(ADA), now=7200.0)

    assert not any(isinstance(action, Kill) for action in over.actions)
    assert any(isinstance(action, LookForWork) for action in over.actions)


def test_work_that_no_turn_tells_of_puts_parking_off():
    looked_at = decide(running(), DeadlinePassed(ADA), now=3600.0).peer

    busy = decide(looked_at, FoundAtWork(ADA, S1), now=3601.0)

    assert busy.actions == ()
    assert next_deadline(busy.peer) == 7201.0


@pytest.mark.parametrize(
    "meanwhile",
    [MessageAccepted(ADA, Waiting(M1)), ActivitySeen(ADA, S1, Activity.BUSY), ActivitySeen(ADA, S1, Activity.IDLE)],
    ids=["message", "busy", "idle again"],
)
def test_what_happens_during_the_look_counts(meanwhile: object):
    looked_at = decide(running(), DeadlinePassed(ADA), now=3600.0).peer
    changed = decide(looked_at, meanwhile, now=3600.5).peer  # type: ignore[arg-type]

    found = decide(changed, FoundAtRest(ADA, S1), now=3601.0)

    assert not any(isinstance(action, Kill) for action in found.actions)


def test_age_never_ends_a_session():
    old = running(active_at=1e6)

    assert decide(old, DeadlinePassed(ADA), now=1e6 + 3599.0).actions == ()


@pytest.mark.parametrize(
    ("restart", "end", "called"),
    [
        ("permanent", KILLED, "restart"),
        ("permanent", DONE, "restart"),
        ("transient", KILLED, "restart"),
        ("transient", End(EndCause.EXITED, code=2), "restart"),
        ("transient", DONE, None),
        ("temporary", KILLED, None),
        ("temporary", DONE, None),
    ],
)
def test_a_peer_that_died_runs_again_as_its_restart_type_says(restart: str, end: End, called: str | None):
    died = decide(running(spec=spec(restart=restart)), SessionExited(ADA, S1, end), now=0.0).peer

    later = decide(died, DeadlinePassed(ADA), now=0.5)

    assert later.actions == ((Spawn(ADA, "fresh", called, "not parked"),) if called else ())


@pytest.mark.parametrize("restart", ["permanent", "transient", "temporary"])
def test_a_start_that_failed_is_a_bad_death(restart: str):
    failed = decide(peer(spec=spec(restart=restart), phase=Phase.STARTING), SpawnFailed(ADA, "no tmux"), now=0.0).peer

    assert (failed.called is not None) is (restart != "temporary")


def test_an_end_of_our_choosing_restarts_nothing():
    stopping = running(spec=spec(restart="transient"), phase=Phase.STOPPING)

    parked = decide(stopping, SessionExited(ADA, S1, End(EndCause.PARKED, code=1)), now=0.0)

    assert (parked.actions, parked.peer.deaths) == ((), ())


def failed_at(now: float) -> Peer:
    third = decide(running(deaths=(now - 2, now - 1)), SessionExited(ADA, S1, KILLED), now=now)
    assert third.actions == (NoteCrashLoop(ADA, 3, 300.0, 60.0),)
    return third.peer


def probing(peer: Peer, now: float) -> Peer:
    tried = decide(peer, DeadlinePassed(ADA), now=now)
    nth = peer.probes + 1
    assert tried.actions[:2] == (NoteProbe(ADA, nth), Spawn(ADA, "fresh", "probe", "not parked", probes=nth))
    started = decide(tried.peer, SessionStarted(ADA, S1), now=now).peer
    return decide(started, SessionReady(ADA, S1), now=now).peer


def test_a_peer_left_down_is_tried_once_more_after_a_minute():
    down = failed_at(10.0)
    assert next_deadline(down) == 70.0

    assert decide(down, DeadlinePassed(ADA), now=69.9).actions == ()
    assert probing(down, 70.0).phase is Phase.RUNNING


def test_a_try_that_dies_is_followed_by_another_after_twice_the_time_at_most_an_hour():
    down, now, waits = failed_at(0.0), 0.0, []
    for _ in range(8):
        assert down.deadline is not None
        waits.append(down.deadline - now)
        now = down.deadline
        down = decide(probing(down, now), SessionExited(ADA, S1, KILLED), now=now).peer
        assert down.phase is Phase.FAILED

    assert waits == [60.0, 120.0, 240.0, 480.0, 960.0, 1920.0, 3600.0, 3600.0]


def test_a_try_that_lives_for_a_while_ends_the_crash_loop():
    trying = probing(failed_at(0.0), 60.0)
    assert next_deadline(trying) == 160.0  # the window over the deaths it takes

    recovered = decide(trying, DeadlinePassed(ADA), now=160.0)

    assert recovered.actions == (NoteRecovered(ADA, 1),)
    assert recovered.peer == replace(trying, probes=0, deaths=(), deadline=None)
    died = decide(recovered.peer, SessionExited(ADA, S1, KILLED), now=161.0)
    assert died.actions == (NoteBackoff(ADA, 0.5, 1),)


def test_what_waits_for_a_peer_left_down_is_handed_to_the_try():
    trying = probing(replace(failed_at(0.0), queue=waiting(M1), noted=Hold.BACKOFF), 60.0)

    assert trying.lease is not None


def test_a_stop_ends_the_tries():
    stopped = decide(failed_at(0.0), StopRequested(ADA), now=1.0)

    assert stopped.actions == (SaveWant(ADA, Want.DOWN),)
    assert next_deadline(stopped.peer) is None


def test_a_start_tries_at_once_and_counts_anew():
    started = decide(replace(failed_at(0.0), probes=3), StartRequested(ADA), now=1.0).peer

    assert (started.probes, started.deaths, started.phase) == (0, (), Phase.ASLEEP)


def test_a_peer_that_may_be_idle_for_longer_now_is_not_parked_by_an_earlier_look():
    looked_at = running(considered=Look.ASKED)

    edited = decide(looked_at, SpecChanged(ADA, spec(idle_s=7200.0), 3), now=3600.0).peer

    assert decide(edited, FoundAtRest(ADA, S1), now=3601.0).actions == ()
