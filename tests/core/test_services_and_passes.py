"""Services are kept up, passes run once a task: under the same table as any other peer."""

import pytest

from peerd.core.action import CountReady, Deliver, GiveUp, Kill, RecordDone, Requeue, SaveMark, Spawn
from peerd.core.decide import decide, next_deadline
from peerd.core.event import (
    DeadlinePassed,
    MessageAccepted,
    MessageSubmitted,
    RefreshRequested,
    SessionAdopted,
    SessionExited,
    SessionReady,
    SessionStarted,
    SpecChanged,
    StopRequested,
    TurnLost,
)
from peerd.core.state import Past, Waiting
from peerd.core.tally import Tally
from peerd.model.peer import Activity, Phase, Want
from peerd.model.session import End, EndCause
from tests.build import ADA, M1, M2, S1, S2, peer, running, spec, waiting


def test_a_service_is_up_as_soon_as_it_is_known_and_again_after_every_end():
    up = decide(peer(), SpecChanged(ADA, spec(), 1, "service"), now=0.0)
    assert up.actions == (Spawn(ADA, "fresh", "a service", "not parked"),)

    died = decide(running(kind="service"), SessionExited(ADA, S1, End(EndCause.EXITED, code=0)), now=10.0).peer

    assert decide(died, DeadlinePassed(ADA), now=10.5).actions == (Spawn(ADA, "fresh", "a service", "not parked"),)


def test_a_service_is_never_parked_and_stays_down_when_stopped():
    assert next_deadline(running(kind="service")) is None

    stopped = decide(running(kind="service"), StopRequested(ADA), now=0.0).peer
    ended = decide(stopped, SessionExited(ADA, S1, End(EndCause.STOPPED)), now=1.0)

    assert (ended.actions, ended.peer.want) == ((), Want.DOWN)


def test_a_service_that_is_to_begin_anew_is_replaced_at_once_and_once():
    marked = decide(running(kind="service"), RefreshRequested(ADA), now=0.0)

    assert Kill(ADA, S1, EndCause.REPLACED) in marked.actions
    ended = decide(marked.peer, SessionExited(ADA, S1, End(EndCause.REPLACED)), now=1.0)
    assert ended.actions == (Spawn(ADA, "fresh", "a service", "refreshed"),)
    begun = decide(ended.peer, SessionStarted(ADA, S2), now=2.0)
    ready = decide(begun.peer, SessionReady(ADA, S2), now=3.0)
    assert (begun.actions, ready.actions) == ((), (SaveMark(ADA, marked=False),))


def test_a_service_whose_mark_outlived_the_daemon_is_replaced_by_the_next():
    marked = peer(kind="service", past=Past(marked=True))

    adopted = decide(marked, SessionAdopted(ADA, S1, ready=True, activity=Activity.IDLE, turn=None), now=0.0)

    assert adopted.actions == (Kill(ADA, S1, EndCause.REPLACED),)


def test_a_service_that_dies_three_times_is_left_down():
    third = running(kind="service", deaths=(1.0, 2.0))

    assert decide(third, SessionExited(ADA, S1, End(EndCause.EXITED, code=1)), now=3.0).peer.phase is Phase.FAILED


def test_a_service_that_outlived_its_daemon_before_it_was_ready_is_not_ended_for_want_of_a_word():
    told = SessionAdopted(ADA, S1, ready=False, activity=Activity.UNKNOWN, turn=None)
    adopted = decide(peer(kind="service"), told, now=0.0).peer

    late = decide(adopted, DeadlinePassed(ADA), now=1000.0)

    assert late.actions == (CountReady(ADA, S1),)
    assert decide(late.peer, DeadlinePassed(ADA), now=3000.0).actions == ()
    assert decide(late.peer, SessionReady(ADA, S1), now=3000.0).peer.phase is Phase.RUNNING


def test_the_next_session_of_such_a_service_has_a_deadline_again():
    died = running(kind="service", adopted=True, want=Want.ON_DEMAND)
    again = decide(died, SessionExited(ADA, S1, End(EndCause.EXITED, code=0)), now=10.0).peer
    booting = decide(decide(again, DeadlinePassed(ADA), now=11.0).peer, SessionStarted(ADA, S1), now=11.0).peer

    (kill,) = decide(booting, DeadlinePassed(ADA), now=1000.0).actions

    assert isinstance(kill, Kill)


def test_a_pass_runs_once_a_task_and_its_exit_code_decides():
    called = decide(peer(kind="pass"), MessageAccepted(ADA, Waiting(M1)), now=0.0).peer
    started = decide(called, SessionStarted(ADA, S1), now=0.1).peer
    given = decide(started, SessionReady(ADA, S1), now=0.2)
    assert Deliver(ADA, S1, M1, 1) in given.actions
    taken = decide(given.peer, MessageSubmitted(ADA, S1, M1), now=0.3).peer

    done = decide(taken, SessionExited(ADA, S1, End(EndCause.EXITED, code=0)), now=1.0)

    assert done.actions == (RecordDone(ADA, S1, M1),)
    assert (done.peer.phase, done.peer.deaths) == (Phase.ASLEEP, ())


def at_its_task(**changes: object) -> SessionExited:
    return SessionExited(ADA, S1, End(EndCause.EXITED, **({"code": 1} | changes)))  # type: ignore[arg-type]


def test_what_a_pass_did_is_done_though_the_daemon_ended_before_that_was_on_record():
    lost = TurnLost(ADA, S1, Waiting(M1, attempts=1), End(EndCause.EXITED, code=0))

    over = decide(peer(kind="pass", task_attempts=1), lost, now=1.0)

    assert (over.actions, over.peer.queue) == ((RecordDone(ADA, S1, M1),), ())


def test_a_pass_that_fails_is_tried_again_and_given_up_after_its_attempts():
    busy = running(kind="pass", activity=Activity.BUSY, turn=Waiting(M1, attempts=1), task_attempts=2)
    failed = decide(busy, at_its_task(), now=1.0)
    assert isinstance(failed.actions[0], Requeue)

    again = running(
        kind="pass", activity=Activity.BUSY, turn=Waiting(M1, 2, tally=Tally(in_vain=1, deaths=1)), task_attempts=2
    )
    over = decide(again, at_its_task(), now=2.0)

    assert isinstance(over.actions[0], GiveUp)
    assert (failed.peer.deaths, over.peer.deaths) == ((), (2.0,))


def test_the_next_run_begins_as_the_last_one_ends():
    busy = running(kind="pass", activity=Activity.BUSY, turn=Waiting(M1, attempts=1), queue=waiting(M2))

    done = decide(busy, at_its_task(code=0), now=1.0)

    assert Spawn(ADA, "fresh", "message", "ephemeral") in done.actions


@pytest.mark.parametrize("cause", [EndCause.KILLED, EndCause.SERVER_DIED])
def test_a_pass_that_was_killed_did_not_do_its_task(cause: EndCause):
    busy = running(kind="pass", activity=Activity.BUSY, turn=Waiting(M1, attempts=1))

    assert isinstance(decide(busy, SessionExited(ADA, S1, End(cause)), now=1.0).actions[0], Requeue)
