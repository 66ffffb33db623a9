"""An edit of what a peer is holds from its next session on: the one that runs goes by what it was begun as."""

import pytest
from msgspec.structs import replace

from peerd.core.action import Drop, GiveUp, Kill, NoteHold, RecordDone, Requeue
from peerd.core.decide import decide
from peerd.core.event import (
    DeadlinePassed,
    MessageAccepted,
    RefreshRequested,
    SessionAdopted,
    SessionExited,
    SpecChanged,
    TurnLost,
)
from peerd.core.state import Peer, Terms, Waiting
from peerd.model.message import Delivery, Hold
from peerd.model.peer import Activity, Want
from peerd.model.session import End, EndCause
from tests.build import ADA, M1, M2, S1, peer, running, spec, waiting

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


NONE = "ada is a service: it takes no messages"


def test_a_service_that_is_to_be_something_else_is_given_nothing_before_its_next_session():
    sent = decide(edited(running(kind="service", single=False), "tui"), MessageAccepted(ADA, Waiting(M1)), now=1.0)
    assert sent.actions == (NoteHold(ADA, M1, Hold.BUSY),)

    ended = decide(sent.peer, SessionExited(ADA, S1, End(EndCause.REPLACED)), now=2.0)

    assert (ended.peer.kind, ended.peer.queue) == ("tui", waiting(M1))


def test_what_waits_for_one_that_becomes_a_service_is_cancelled_at_once():
    stopped = peer(queue=waiting(M1, M2), want=Want.DOWN, noted=Hold.QUEUE_PAUSED)

    changed = decide(stopped, SpecChanged(ADA, spec(runtime="other"), 3, "service"), now=1.0)

    assert changed.actions == tuple(Drop(ADA, each, 0, Delivery.CANCELLED, NONE) for each in (M1, M2))
    assert changed.peer.queue == ()


def test_one_that_is_to_be_a_service_is_given_what_waits_until_its_session_ends():
    idle = decide(edited(running(queue=waiting(M1), single=False), "service"), DeadlinePassed(ADA), now=1.0)
    ended = decide(edited(replace(BUSY, queue=waiting(M2)), "service"), KILLED, now=2.0)

    assert idle.peer.lease is not None
    assert [each.message for each in ended.actions if isinstance(each, Drop)] == [M1, M2]


def test_what_waits_is_left_alone_where_nobody_knows_what_its_session_is():
    unclear = peer(kind="service", queue=waiting(M1), unclear=True, want=Want.DOWN)

    assert decide(unclear, DeadlinePassed(ADA), now=1.0).peer.queue == waiting(M1)
