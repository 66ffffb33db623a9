"""Every phase meets every fact."""

import itertools

import pytest
from msgspec.structs import replace

from peerd.core.action import Kill, NoteBackoff, NoteCrashLoop, NoteUntried, Spawn
from peerd.core.decide import decide, next_deadline
from peerd.core.event import (
    DeadlinePassed,
    Event,
    SessionAdopted,
    SessionExited,
    SessionReady,
    SessionStarted,
    SpawnCalledOff,
    SpawnFailed,
    StartRequested,
    StopRequested,
    WakeRequested,
)
from peerd.core.lifecycle import LIFECYCLE_EVENTS, TRANSITIONS
from peerd.core.state import Past, Waiting
from peerd.model.peer import Activity, Phase, Want
from peerd.model.session import End, EndCause
from tests.build import ADA, M1, S1, S2, peer, running, spec, waiting

KILLED = End(EndCause.KILLED, signal=9)


def test_every_phase_has_a_cell_for_every_lifecycle_event():
    for phase, event in itertools.product(Phase, LIFECYCLE_EVENTS):
        assert event in TRANSITIONS[phase], f"{phase.value} has no cell for {event.__name__}"


def test_a_wake_starts_a_sleeping_peer_and_says_why():
    decision = decide(peer(), WakeRequested(ADA, "operator"), now=10.0)

    assert decision.peer.phase is Phase.STARTING
    assert decision.actions == (Spawn(ADA, "fresh", "operator", "not parked"),)


def test_waking_twice_spawns_once():
    first = decide(peer(), WakeRequested(ADA, "operator"), now=0.0)

    second = decide(first.peer, WakeRequested(ADA, "again"), now=1.0)

    assert second.actions == ()


def test_a_ready_session_is_running_and_idle():
    booting = peer(phase=Phase.STARTING, session=S1, called="operator", deadline=240.0)

    ready = decide(booting, SessionReady(ADA, S1), now=1.0).peer

    assert ready == running(active_at=1.0)


@pytest.mark.parametrize("event", [SessionReady(ADA, S1), SessionExited(ADA, S1, KILLED)], ids=["ready", "exited"])
def test_a_fact_about_an_old_session_is_stale(event: Event):
    now_running = running(session=S2)

    assert decide(now_running, event, now=0.0).peer == now_running


def test_a_death_waits_out_its_backoff_before_the_next_start():
    died = decide(running(), SessionExited(ADA, S1, KILLED), now=100.0)

    assert died.peer.phase is Phase.BACKOFF
    assert died.actions == (NoteBackoff(ADA, 0.5, 1),)
    assert next_deadline(died.peer) == 100.5


def test_a_deadline_that_fires_early_changes_nothing():
    died = decide(running(), SessionExited(ADA, S1, KILLED), now=100.0).peer

    assert decide(died, DeadlinePassed(ADA), now=100.4).peer == died


def test_backoff_ends_in_a_start_when_a_message_waits():
    died = decide(running(queue=waiting(M1), activity=Activity.BUSY), SessionExited(ADA, S1, KILLED), now=100.0).peer

    woken = decide(died, DeadlinePassed(ADA), now=100.5)

    assert woken.actions[0] == Spawn(ADA, "fresh", "message", "not parked")


def test_backoff_ends_in_sleep_when_nothing_waits():
    died = decide(running(), SessionExited(ADA, S1, KILLED), now=100.0).peer

    assert decide(died, DeadlinePassed(ADA), now=100.5).peer.phase is Phase.ASLEEP


def test_three_deaths_in_the_window_leave_a_peer_failed():
    twice = running(deaths=(10.0, 200.0))

    failed = decide(twice, SessionExited(ADA, S1, KILLED), now=300.0)

    assert failed.peer.phase is Phase.FAILED
    assert failed.actions == (NoteCrashLoop(ADA, 3, 300.0, 60.0),)


def test_deaths_older_than_the_window_do_not_count():
    twice = running(deaths=(10.0, 200.0))

    assert decide(twice, SessionExited(ADA, S1, KILLED), now=311.0).peer.phase is Phase.BACKOFF


def test_a_failed_boot_is_a_death():
    booting = peer(phase=Phase.STARTING, called="operator", deaths=(1.0, 2.0))

    assert decide(booting, SpawnFailed(ADA, "no tmux"), now=3.0).peer.phase is Phase.FAILED


def test_a_start_that_finds_no_room_on_the_disk_is_no_death_and_is_tried_again_ever_more_rarely():
    starting = peer(phase=Phase.STARTING, mode="resume", deaths=(1.0, 2.0), queue=waiting(M1))
    waits, waited = starting, []

    for _ in range(9):
        waits = decide(waits, SpawnFailed(ADA, "no space left", full=True), now=3.0).peer
        assert (waits.phase, waits.deaths, waits.past.resume_failures) == (Phase.BACKOFF, (1.0, 2.0), 0)
        assert waits.deadline is not None
        waited.append(waits.deadline - 3.0)
        waits = decide(waits, DeadlinePassed(ADA), now=waits.deadline).peer
        assert waits.phase is Phase.STARTING

    assert waited == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0]
    assert decide(waits, SessionStarted(ADA, S1), now=99.0).peer.no_room == ()


def test_tries_after_a_crash_loop_that_find_no_room_are_none_and_a_death_after_them_waits_no_longer():
    trying = peer(phase=Phase.STARTING, deaths=(1.0, 2.0, 3.0), probes=1)

    for _ in range(12):
        full = decide(trying, SpawnFailed(ADA, "no space left", full=True), now=100.0)
        waits = full.peer
        assert (waits.phase, waits.probes) == (Phase.FAILED, 0)
        assert full.actions[0] == NoteUntried(ADA, 0, 60.0)
        trying = decide(waits, DeadlinePassed(ADA), now=waits.deadline or 0.0).peer
    died = decide(trying, SpawnFailed(ADA, "no tmux"), now=200.0).peer

    assert (died.phase, died.probes, died.deadline) == (Phase.FAILED, 1, 320.0)


def test_nor_is_a_try_whose_turn_did_not_come_before_its_daemon_ended():
    """The next one tries at once."""
    trying = peer(phase=Phase.STARTING, deaths=(1.0, 2.0, 3.0), probes=2)

    off = decide(trying, SpawnCalledOff(ADA), now=200.0)

    assert (off.actions, off.peer.phase) == ((), Phase.ASLEEP)


@pytest.mark.parametrize("event", [WakeRequested(ADA, "operator"), DeadlinePassed(ADA)], ids=["wake", "time"])
def test_a_failed_peer_stays_down(event: Event):
    failed = peer(phase=Phase.FAILED, queue=waiting(M1), noted=None)

    assert decide(failed, event, now=1e6).peer.phase is Phase.FAILED


def test_start_lifts_a_crash_loop_and_forgets_its_deaths():
    failed = peer(phase=Phase.FAILED, deaths=(1.0, 2.0, 3.0), queue=waiting(M1))

    started = decide(failed, StartRequested(ADA), now=4.0)

    assert started.peer.phase is Phase.STARTING
    assert started.peer.deaths == ()


@pytest.mark.parametrize(("restart", "phase"), [("permanent", Phase.STARTING), ("temporary", Phase.ASLEEP)])
def test_start_makes_the_restart_that_a_crash_loop_put_off(restart: str, phase: Phase):
    twice = running(deaths=(10.0, 200.0), spec=spec(restart=restart))
    failed = decide(twice, SessionExited(ADA, S1, KILLED), now=300.0).peer

    assert decide(failed, StartRequested(ADA), now=301.0).peer.phase is phase


def test_stop_ends_a_running_session():
    stopped = decide(running(), StopRequested(ADA), now=0.0)

    assert stopped.peer.phase is Phase.STOPPING
    assert stopped.actions[-1] == Kill(ADA, S1, EndCause.STOPPED)


def test_stop_ends_a_session_that_was_to_end_and_goes_on():
    stopped = decide(running(phase=Phase.STOPPING), StopRequested(ADA), now=5.0)

    assert stopped.actions[-1] == Kill(ADA, S1, EndCause.STOPPED)


def test_stop_during_a_boot_wins_as_soon_as_there_is_a_session():
    booting = decide(peer(), WakeRequested(ADA, "operator"), now=0.0).peer
    unwanted = decide(booting, StopRequested(ADA), now=0.1).peer

    decision = decide(unwanted, SessionStarted(ADA, S1), now=0.2)

    assert decision.peer.phase is Phase.STOPPING
    assert decision.actions == (Kill(ADA, S1, EndCause.STOPPED),)


def test_a_stopped_session_is_no_death():
    stopping = running(phase=Phase.STOPPING, want=Want.DOWN)

    rested = decide(stopping, SessionExited(ADA, S1, End(EndCause.STOPPED)), now=5.0)

    assert rested.peer == peer(want=Want.DOWN, past=Past(parked=True))


def test_nothing_but_start_wakes_a_stopped_peer():
    stopped = peer(want=Want.DOWN, queue=waiting(M1))

    for event in (WakeRequested(ADA, "operator"), DeadlinePassed(ADA), SessionReady(ADA, S1)):
        assert decide(stopped, event, now=1e6).peer.phase is Phase.ASLEEP
    assert decide(stopped, StartRequested(ADA), now=1e6).peer.phase is Phase.STARTING


def test_a_boot_past_its_deadline_is_ended_with_the_reason():
    booting = peer(phase=Phase.STARTING, session=S1, deadline=240.0)

    late = decide(booting, DeadlinePassed(ADA), now=240.0)

    assert late.actions == (Kill(ADA, S1, EndCause.BOOT_FAILED, "not ready within 240 s"),)


def test_a_boot_deadline_waits_for_the_session_to_have_a_name():
    booting = decide(peer(), WakeRequested(ADA, "operator"), now=0.0).peer

    assert next_deadline(booting) is None
    assert decide(booting, DeadlinePassed(ADA), now=999.0).peer == booting


def test_a_boot_is_timed_from_when_its_session_was_started_however_long_it_waited_for_its_turn():
    booting = decide(peer(), WakeRequested(ADA, "operator"), now=0.0).peer

    started = decide(booting, SessionStarted(ADA, S1), now=1000.0).peer

    assert next_deadline(started) == 1240.0


def test_a_start_that_is_called_off_is_no_death():
    called = decide(peer(queue=waiting(M1)), WakeRequested(ADA, "operator"), now=0.0).peer
    unwanted = decide(called, StopRequested(ADA), now=1.0).peer

    off = decide(unwanted, SpawnCalledOff(ADA), now=2.0).peer

    assert (off.phase, off.deaths, off.queue) == (Phase.ASLEEP, (), waiting(M1))
    assert decide(off, StartRequested(ADA), now=3.0).peer.phase is Phase.STARTING


def test_a_peer_that_is_wanted_again_before_its_start_was_called_off_starts():
    called = decide(peer(queue=waiting(M1)), StopRequested(ADA), now=0.0).peer
    starting = decide(called, StartRequested(ADA), now=1.0).peer

    assert decide(starting, SpawnCalledOff(ADA), now=2.0).actions == (Spawn(ADA, "fresh", "message", "not parked"),)


def test_an_adopted_session_goes_on_where_it_was():
    turn = Waiting(M1, attempts=1)

    adopted = decide(peer(), SessionAdopted(ADA, S1, True, Activity.BUSY, turn), now=0.0)

    assert adopted.peer == running(activity=Activity.BUSY, turn=turn, single=False)
    assert adopted.actions == ()


def test_a_session_still_booting_is_adopted_with_a_whole_deadline():
    adopted = decide(peer(), SessionAdopted(ADA, S1, False, Activity.UNKNOWN, None), now=7.0).peer

    assert (adopted.phase, adopted.deadline) == (Phase.STARTING, 247.0)


def test_a_wake_during_an_ephemeral_end_is_still_owed():
    ending = running(phase=Phase.STOPPING, spec=spec(wake_policy="ephemeral"))
    called = decide(ending, WakeRequested(ADA, "operator"), now=0.0).peer

    again = decide(called, SessionExited(ADA, S1, End(EndCause.FINISHED)), now=1.0)

    assert again.actions == (Spawn(ADA, "fresh", "operator", "ephemeral"),)


def test_backoff_grows_to_its_cap():
    slow = spec(crash_max=99, backoff_base_s=1.0, backoff_cap_s=4.0)
    delays = []
    now, state = 0.0, replace(running(), spec=slow)
    for _ in range(5):
        died = decide(replace(state, phase=Phase.RUNNING, session=S1), SessionExited(ADA, S1, KILLED), now)
        delays += [action.delay_s for action in died.actions if isinstance(action, NoteBackoff)]
        state, now = died.peer, now + 1.0

    assert delays == [1.0, 2.0, 4.0, 4.0, 4.0]
