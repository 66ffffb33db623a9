"""An edit of what a peer is holds from its next session on: the one that runs goes by what it was begun as."""

import pytest
from msgspec.structs import replace

from peerd.core.action import GiveUp, Kill, RecordDone, Requeue
from peerd.core.decide import decide
from peerd.core.event import DeadlinePassed, RefreshRequested, SessionAdopted, SessionExited, SpecChanged, TurnLost
from peerd.core.state import Peer, Terms, Waiting
from peerd.model.peer import Activity
from peerd.model.session import End, EndCause
from tests.build import ADA, M1, S1, peer, running, spec

TASK = Waiting(M1, attempts=1)
WELL = SessionExited(ADA, S1, End(EndCause.EXITED, code=0))
KILLED = SessionExited(ADA, S1, End(EndCause.KILLED, signal=9))
BUSY = running(activity=Activity.BUSY, turn=TASK, single=False)


def edited(known: Peer, kind: str, task_attempts: int = 3) -> Peer:
    changed = SpecChanged(ADA, spec(runtime="other"), task_attempts, kind)  # type: ignore[arg-type]
    return decide(known, changed, now=0.0).peer


def test_one_that_is_to_be_a_service_is_not_replaced_in_the_middle_of_its_turn():
    refreshed = decide(edited(BUSY, "service"), RefreshRequested(ADA, None, False), now=1.0)

    assert not any(isinstance(action, Kill) for action in refreshed.actions)
    assert refreshed.peer.turn == TASK


def test_one_that_is_to_be_a_pass_has_not_done_its_task_by_an_exit():
    over = decide(edited(BUSY, "pass"), WELL, now=1.0)

    assert not any(isinstance(action, RecordDone) for action in over.actions)
    assert over.peer.kind == "pass"


def test_a_pass_that_is_to_be_something_else_has_done_its_task_by_its_exit():
    run = replace(BUSY, kind="pass", single=True)

    over = decide(edited(run, "tui"), WELL, now=1.0)

    assert any(isinstance(action, RecordDone) for action in over.actions)
    assert over.peer.kind == "tui"


@pytest.mark.parametrize(("begun", "then", "came"), [(1, 3, GiveUp), (3, 1, Requeue)])
def test_how_often_a_task_may_die_is_as_its_session_was_begun(begun: int, then: int, came: type):
    died = decide(edited(replace(BUSY, task_attempts=begun), "tui", then), KILLED, now=1.0)

    assert isinstance(died.actions[0], came)
    assert died.peer.task_attempts == then


def test_the_next_daemon_takes_it_for_what_it_was_begun_as():
    adopted = SessionAdopted(ADA, S1, True, Activity.BUSY, TASK, terms=Terms("pass", 1))

    taken = decide(peer(), adopted, now=0.0).peer
    assert (taken.kind, taken.task_attempts, taken.terms) == ("pass", 1, Terms("tui", 3))
    over = decide(taken, WELL, now=1.0)

    assert any(isinstance(action, RecordDone) for action in over.actions)


def test_so_it_does_where_that_session_had_its_end_on_record():
    lost = TurnLost(ADA, S1, TASK, End(EndCause.KILLED, signal=9), terms=Terms("tui", 1))

    back = decide(peer(), lost, now=0.0)

    assert isinstance(back.actions[0], GiveUp)
    assert back.peer.terms == Terms("tui", 3)


def test_an_edit_while_it_sleeps_holds_at_once():
    assert edited(peer(), "service").kind == "service"


def test_an_edit_that_is_taken_back_leaves_nothing_to_change():
    again = edited(edited(BUSY, "pass"), "tui")

    assert again.terms == Terms("tui", 3)
    assert decide(again, DeadlinePassed(ADA), now=1.0).peer.kind == "tui"
