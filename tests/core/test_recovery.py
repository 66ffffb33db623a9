"""What is on record of a peer says where it stands with the next daemon."""

from typing import Any

import pytest

from peerd.core.action import Drop, NoteCrashLoop, NoteRecovered
from peerd.core.decide import decide, next_deadline
from peerd.core.event import DeadlinePassed, SessionAdopted
from peerd.core.queries import reason_to_run
from peerd.core.recovery import Ended, Known, LeftDown, recalled
from peerd.core.restart import Death, in_order
from peerd.core.state import Peer, Waiting
from peerd.model.message import Delivery, MessageId
from peerd.model.peer import Activity, PeerName, Phase, Want
from peerd.model.session import End, EndCause
from tests.build import ADA, M1, S1, spec, waiting

KILLED = End(EndCause.KILLED, signal=9)
NOW = 1000.0


def recall(known: Known, **fields: Any) -> Peer:
    return recalled(spec(**fields), "tui", 3, known, NOW).peer


def test_one_of_which_nothing_is_known_is_asleep_and_on_demand():
    asleep = recall(Known())

    assert (asleep.phase, asleep.want, asleep.called, asleep.deadline) == (Phase.ASLEEP, Want.ON_DEMAND, None, None)


def test_a_try_whose_task_cost_it_its_session_goes_on_after_that_tasks_wait():
    down = LeftDown(2, NOW - 5.0)

    died = recall(Known(left_down=down, last=Ended(KILLED, NOW - 0.2, of_task=True), queue=waiting(M1)))

    assert (died.phase, died.deadline, died.probes) == (Phase.BACKOFF, NOW + 0.3, 2)


@pytest.mark.parametrize(("n", "phase"), [(8, Phase.ASLEEP), (7, Phase.FAILED)])
def test_a_try_that_was_ended_leaves_its_peer_asleep_and_not_left_down_again(n: int, phase: Phase):
    down = LeftDown(2, NOW - 5.0, after=7)

    parked = recall(Known(left_down=down, last=Ended(End(EndCause.PARKED), NOW - 9.0, n=n), queue=waiting(M1)))

    assert (parked.phase, parked.probes) == (phase, 2)


@pytest.mark.parametrize("of_task", [False, True], ids=["of the peer", "of a task"])
def test_what_is_left_of_a_backoff_is_waited_out(of_task: bool):
    deaths = () if of_task else (Death(NOW - 0.2),)
    died = recall(Known(deaths=deaths, last=Ended(KILLED, NOW - 0.2, of_task), queue=waiting(M1)))

    assert next_deadline(died) == NOW + 0.3
    assert decide(died, DeadlinePassed(died.spec.name), NOW).peer.phase is Phase.BACKOFF
    assert decide(died, DeadlinePassed(died.spec.name), NOW + 0.3).peer.phase is Phase.STARTING


@pytest.mark.parametrize(
    "known",
    [
        Known(last=Ended(KILLED, NOW - 0.2, of_task=True, n=7), wanted_after=7),
        Known(last=Ended(End(EndCause.FINISHED), NOW - 0.2, of_task=True)),
        Known(last=Ended(KILLED, NOW - 0.2, of_task=True), held=True),
    ],
    ids=["started since", "done with", "another one lives"],
)
def test_there_is_no_backoff(known: Known):
    assert recall(known).phase is Phase.ASLEEP


@pytest.mark.parametrize(("restart", "called"), [("permanent", "restart"), ("temporary", None)])
def test_a_restart_that_is_due_is_due_still_also_after_a_crash_loop(restart: str, called: str | None):
    died = Ended(KILLED, NOW - 0.2)

    assert recall(Known(deaths=(Death(NOW - 0.2),), last=died), restart=restart).called == called
    assert recall(Known(left_down=LeftDown(0, NOW), last=died), restart=restart).called == called


def test_of_one_senders_that_wait_under_one_key_the_latest_waits():
    older, later = (Waiting(MessageId(id), key="k") for id in ("older", "later"))
    others = Waiting(MessageId("others"), key="k", sender=PeerName("eve"))
    tried, answer = Waiting(MessageId("tried"), 1, key="k"), Waiting(MessageId("answer"), task=False, key="k")

    known = recalled(spec(), "tui", 3, Known(queue=(tried, older, *waiting(M1), others, answer, later)), NOW)

    assert known.peer.queue == (tried, *waiting(M1), others, answer, later)
    assert known.actions == (Drop(ADA, older.id, 0, Delivery.CANCELLED, "later took its place, under the same key"),)


@pytest.mark.parametrize(
    ("stopped_after", "called"),
    [(0, "restart"), (6, "restart"), (7, None)],
    ids=["never stopped", "before it died", "after it died"],
)
def test_a_start_forgives_a_death_and_calls_no_restart_off_which_a_stop_does(stopped_after: int, called: str | None):
    since = Known(last=Ended(KILLED, NOW - 0.2, n=7), wanted_after=7, stopped_after=stopped_after)

    started = recall(since, restart="permanent")

    assert (started.phase, started.called) == (Phase.ASLEEP, called)


@pytest.mark.parametrize("end", [End(EndCause.REPLACED), KILLED], ids=["which we ended", "which died"])
def test_who_wants_a_session_in_the_place_of_the_last_one_gets_it(end: End):
    over = recall(Known(marked=True, again="operator", last=Ended(end, NOW - 0.2)))

    assert reason_to_run(over) == "operator"


def test_a_peer_left_down_is_tried_when_it_was_to_be():
    left = recall(Known(left_down=LeftDown(2, NOW - 100.0)))

    assert (left.phase, left.probes, next_deadline(left)) == (Phase.FAILED, 2, NOW + 140.0)


def test_deaths_of_which_nothing_came_on_record_leave_a_peer_down_from_now_on_which_is_noted_once():
    deaths = (Death(NOW - 200.0), Death(NOW - 100.0), Death(NOW - 90.0))

    down = recalled(spec(), "tui", 3, Known(deaths=deaths), NOW)

    assert (down.peer.phase, next_deadline(down.peer)) == (Phase.FAILED, NOW + 60.0)
    assert down.actions == (NoteCrashLoop(spec().name, 3, 300.0, 60.0),)
    assert recalled(spec(), "tui", 3, Known(deaths=deaths, left_down=LeftDown(0, NOW)), NOW).actions == ()
    assert recalled(spec(), "tui", 3, Known(deaths=deaths, held=True), NOW).actions == ()


def test_deaths_that_are_too_far_apart_do_not():
    deaths = (Death(NOW - 301.0), Death(NOW - 100.0), Death(NOW))

    assert recall(Known(deaths=deaths)).phase is Phase.BACKOFF


def test_deaths_of_long_ago_begin_no_crash_loop_whatever_crash_max_is_by_now():
    deaths = (Death(NOW - 310.0), Death(NOW - 305.0), Death(NOW - 300.0))

    assert recall(Known(deaths=deaths)).phase is Phase.BACKOFF
    assert recalled(spec(), "tui", 3, Known(deaths=deaths), NOW).actions == ()


def test_boots_that_ran_into_their_deadline_are_counted_by_the_next_daemon_too():
    deaths = (Death(NOW - 482.0, 240.0), Death(NOW - 241.0, 240.0), Death(NOW, 240.0))

    assert recall(Known(deaths=deaths)).phase is Phase.FAILED


@pytest.mark.parametrize(
    ("ends", "known"),
    [
        ((700.0, 800.0, 900.0), (700.0, 800.0, 900.0)),
        ((3700.0, 4000.0, 4300.0), (400.0, 700.0, 1000.0)),  # and the clock was set back since
        ((3700.0, 4000.0, 900.0), (600.0, 900.0, 900.0)),  # before the last one
    ],
    ids=["right", "set back since", "set back between"],
)
def test_ends_are_as_far_apart_as_they_were_whatever_the_clock_says_now(
    ends: tuple[float, ...], known: tuple[float, ...]
):
    assert in_order([Death(at, 1.0) for at in ends], NOW) == tuple(Death(at, 1.0) for at in known)


@pytest.mark.parametrize(
    ("became", "recovers"), [({"served": M1}, True), ({"lost": True}, False)], ids=["came to its end", "was late"]
)
def test_a_try_went_well_where_its_task_came_to_its_end_and_not_where_that_was_late(
    became: dict[str, Any], recovers: bool
):
    tried = recall(Known(held=True, left_down=LeftDown(1, NOW - 5.0)), wake_policy="ephemeral")
    adopted = decide(tried, SessionAdopted(ADA, S1, True, Activity.BUSY, None, single=True, **became), NOW)

    assert [type(action) for action in adopted.actions] == ([NoteRecovered] if recovers else [])
    assert adopted.peer.finished
