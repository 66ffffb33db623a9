"""Tasks that die one after another are no tasks' fault."""

import pytest
from msgspec.structs import replace

from peerd.core.action import GiveUp, NoteBackoff, NoteCrashLoop, NoteRecovered
from peerd.core.death import of_task
from peerd.core.decide import decide
from peerd.core.event import DeadlinePassed, Event, SelfDone, SessionAdopted, SessionExited, TaskOver, TurnEnded
from peerd.core.record import record
from peerd.core.state import Lease, Waiting
from peerd.core.tally import Tally
from peerd.model.peer import Activity, Phase
from peerd.model.session import End, EndCause
from tests.build import ADA, M1, M2, S1, peer, running, waiting
from tests.core.test_ephemeral_tasks import ANSWER, EPHEMERAL, KILLED, TASK, after, working


def test_a_peer_whose_tasks_die_one_after_another_cannot_run_and_keeps_the_rest_of_its_queue():
    """Each with its last death: then it is no task's fault."""
    last = replace(working(), turn=replace(TASK, attempts=3, tally=Tally(deaths=2)), queue=waiting(M2))

    once = decide(last, SessionExited(ADA, S1, KILLED), now=10.0).peer
    twice = decide(replace(last, deaths=once.deaths), SessionExited(ADA, S1, KILLED), now=20.0).peer
    died = decide(replace(last, deaths=twice.deaths), SessionExited(ADA, S1, KILLED), now=30.0)

    assert (once.phase, twice.phase, died.peer.phase) == (Phase.BACKOFF, Phase.BACKOFF, Phase.FAILED)
    assert NoteCrashLoop(ADA, 3, 300.0, 60.0) in died.actions
    assert died.peer.queue == waiting(M2)


def test_a_try_that_dies_at_its_task_is_followed_by_another_after_twice_the_time_and_costs_it_one_attempt():
    tried = replace(working(), probes=1, deaths=(1.0, 2.0, 3.0))

    died = decide(tried, SessionExited(ADA, S1, KILLED), now=70.0).peer

    assert (died.phase, died.deadline) == (Phase.FAILED, 70.0 + 120.0)
    assert died.queue == (replace(TASK, tally=Tally(deaths=1, taken=1)), *waiting(M2))


@pytest.mark.parametrize(
    "end", [TurnEnded(ADA, S1, M1), TaskOver(ADA, M1), SelfDone(ADA, S1)], ids=["its turn", "answered", "self-done"]
)
def test_a_task_that_comes_to_its_end_ends_the_crash_loop(end: Event):
    tried = replace(working(), probes=2, deaths=(1.0, 2.0, 3.0))

    over = decide(tried, end, now=70.0)

    assert NoteRecovered(ADA, 2) in over.actions
    assert (over.peer.probes, over.peer.deaths) == (0, ())


@pytest.mark.parametrize("died", [KILLED, End(EndCause.EXITED, code=0)], ids=["killed", "exited"])
def test_whatever_becomes_of_the_rest_of_its_turn(died: End):
    tried = after(replace(working(), probes=2, deaths=(1.0, 2.0, 3.0)), TaskOver(ADA, M1))

    gone = decide(tried, SessionExited(ADA, S1, died), now=71.0).peer

    assert (gone.phase, gone.deadline, gone.probes, gone.deaths) == (Phase.BACKOFF, 71.5, 0, ())
    assert gone.queue == waiting(M2)


def test_an_answer_that_comes_while_it_is_being_ended_does_so_too():
    tried = replace(working(), phase=Phase.STOPPING, probes=2, deaths=(1.0, 2.0, 3.0))

    over = after(tried, TaskOver(ADA, M1), SessionExited(ADA, S1, End(EndCause.REPLACED)))

    assert (over.probes, over.deaths) == (0, ())


def test_a_try_whose_task_came_to_its_end_has_gone_well_for_the_next_daemon_too():
    """It lives, and nothing on record says that the crash loop is over."""
    tried = peer(spec=EPHEMERAL, probes=2, deaths=(1.0, 2.0, 3.0))

    over = decide(tried, SessionAdopted(ADA, S1, True, Activity.IDLE, None, served=M1, single=True), now=70.0)

    assert NoteRecovered(ADA, 2) in over.actions


def test_so_has_one_that_died_since_with_an_answer_on_its_way_to_it():
    answer = Waiting(ANSWER, attempts=1, task=False)
    known = SessionAdopted(ADA, S1, True, Activity.IDLE, None, served=M1, single=True, leased=answer)
    adopted = record(peer(spec=EPHEMERAL, probes=2, deaths=(1.0, 2.0, 3.0)), known, 70.0).peer

    over = record(adopted, SessionExited(ADA, S1, KILLED), 70.0)

    assert of_task(adopted, KILLED)
    assert NoteRecovered(ADA, 2) in over.actions
    assert (over.peer.phase, over.peer.probes) == (Phase.BACKOFF, 0)


@pytest.mark.parametrize("told", [(), (TurnEnded(ADA, S1, M1),)], ids=["in its turn", "after it"])
def test_a_task_that_came_too_late_ends_no_crash_loop(told: tuple[Event, ...]):
    late = replace(working(), probes=2, deaths=(1.0, 2.0, 3.0), due=5.0)

    ending = after(late, DeadlinePassed(ADA), *told, now=5.0)
    over = decide(ending, SessionExited(ADA, S1, End(EndCause.FINISHED)), now=6.0)

    assert over.peer.probes == 2


@pytest.mark.parametrize("told", [(), (TurnEnded(ADA, S1, M1),)], ids=["in its turn", "after it"])
@pytest.mark.parametrize("code", [0, 1])
def test_nor_one_that_came_too_late_while_its_session_was_being_ended(told: tuple[Event, ...], code: int):
    """By a removal that was given up, say. A session that comes to nothing is no death either."""
    tried = replace(working(), probes=2, deaths=(1.0, 2.0, 3.0), due=5.0, phase=Phase.STOPPING)

    ending = after(replace(tried, kind="pass"), DeadlinePassed(ADA), *told, now=5.0)
    over = decide(ending, SessionExited(ADA, S1, End(EndCause.EXITED, code=code)), now=6.0)

    assert (over.peer.probes, over.peer.deaths) == (2, (1.0, 2.0, 3.0))
    assert not any(isinstance(action, NoteRecovered | NoteBackoff) for action in over.actions)


def test_nor_does_what_its_session_was_told_before():
    told = replace(running(spec=EPHEMERAL, turn=replace(TASK, first=True, task=False)), probes=2, deaths=(1.0,))

    began = after(told, TurnEnded(ADA, S1, M1))

    assert (began.probes, began.finished) == (2, False)


@pytest.mark.parametrize("finished", [True, False], ids=["after its task", "without a task"])
def test_an_answer_that_may_have_been_taken_as_its_session_died_does_not_speak_against_the_peer(finished: bool):
    """Of a runtime of which only the screen tells, and that is given what it gets once only."""
    lease = Lease(Waiting(ANSWER, attempts=1, task=False), 100.0)
    held = replace(working(), turn=None, task_attempts=1, finished=finished, lease=lease, entered=ANSWER)

    died = decide(held, SessionExited(ADA, S1, KILLED), now=10.0)

    assert of_task(held, KILLED)
    assert (died.peer.phase, died.peer.deaths) == (Phase.BACKOFF, ())
    assert [action.message for action in died.actions if isinstance(action, GiveUp)] == [ANSWER]
