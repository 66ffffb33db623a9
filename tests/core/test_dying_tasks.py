"""Tasks that die one after another are no tasks' fault."""

from msgspec.structs import replace

from peerd.core.action import NoteCrashLoop, NoteRecovered
from peerd.core.decide import decide
from peerd.core.event import DeadlinePassed, SessionExited, TurnEnded
from peerd.model.peer import Phase
from peerd.model.session import End, EndCause
from tests.build import ADA, M1, M2, S1, waiting
from tests.core.test_ephemeral_tasks import KILLED, TASK, after, working


def test_a_peer_whose_tasks_die_one_after_another_cannot_run_and_keeps_the_rest_of_its_queue():
    """Each with its last death: then it is no task's fault."""
    last = replace(working(), turn=replace(TASK, attempts=3, deaths=2), queue=waiting(M2))

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
    assert died.queue == (replace(TASK, deaths=1), *waiting(M2))


def test_a_task_that_comes_to_its_end_ends_the_crash_loop():
    tried = replace(working(), probes=2, deaths=(1.0, 2.0, 3.0))

    over = decide(after(tried, TurnEnded(ADA, S1, M1)), SessionExited(ADA, S1, End(EndCause.FINISHED)), now=70.0)

    assert NoteRecovered(ADA, 2) in over.actions
    assert (over.peer.probes, over.peer.deaths, over.peer.phase) == (0, (), Phase.STARTING)


def test_a_task_that_came_too_late_ends_no_crash_loop():
    late = replace(working(), probes=2, deaths=(1.0, 2.0, 3.0), due=5.0)

    over = decide(after(late, DeadlinePassed(ADA), now=5.0), SessionExited(ADA, S1, End(EndCause.FINISHED)), now=6.0)

    assert over.peer.probes == 2
