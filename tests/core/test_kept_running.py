"""A permanent peer runs unless it is stopped: it needs no reason, and is never parked."""

import pytest

from peerd.core.action import Kill, LookForWork, Spawn
from peerd.core.decide import decide, next_deadline
from peerd.core.event import DeadlinePassed, FoundAtRest, RefreshRequested, SessionExited, SpecChanged, StartRequested
from peerd.model.peer import Phase, Want
from peerd.model.session import End, EndCause
from tests.build import ADA, M1, S1, peer, running, spec

KEPT = spec(restart="permanent")


def test_it_is_started_though_nothing_waits_for_it():
    assert decide(peer(spec=KEPT), DeadlinePassed(ADA), now=0.0).actions == (
        Spawn(ADA, "fresh", "permanent", "not parked"),
    )


def test_so_is_one_that_an_edit_makes_one():
    assert decide(peer(), SpecChanged(ADA, KEPT, 3), now=0.0).peer.phase is Phase.STARTING


def test_it_is_not_parked_however_idle_it_is():
    idle = running(spec=KEPT, active_at=0.0)

    assert next_deadline(idle) is None
    assert decide(idle, DeadlinePassed(ADA), now=1e6).actions == ()


def test_a_refresh_replaces_it_and_the_next_one_comes_at_once():
    marked = decide(running(spec=KEPT, active_at=0.0), RefreshRequested(ADA), now=1.0)
    assert LookForWork(ADA, S1) in marked.actions

    ending = decide(marked.peer, FoundAtRest(ADA, S1), now=1.0)
    assert ending.actions == (Kill(ADA, S1, EndCause.REPLACED),)

    gone = decide(ending.peer, SessionExited(ADA, S1, End(EndCause.REPLACED)), now=1.0)
    assert gone.actions == (Spawn(ADA, "fresh", "permanent", "refreshed"),)


def test_a_stop_keeps_it_down_until_a_start():
    stopped = peer(spec=KEPT, want=Want.DOWN)
    assert decide(stopped, DeadlinePassed(ADA), now=0.0).actions == ()

    assert decide(stopped, StartRequested(ADA), now=0.0).peer.phase is Phase.STARTING


@pytest.mark.parametrize("kind", ["pass", "tui"])
def test_one_that_is_begun_for_each_task_is_not_begun_without_one(kind: str):
    known = peer(spec=spec(restart="permanent", wake_policy="warm" if kind == "pass" else "ephemeral"), kind=kind)

    assert decide(known, DeadlinePassed(ADA), now=0.0).actions == ()


def test_a_session_for_one_task_of_a_peer_that_is_to_run_for_ever_by_now_makes_room_once_that_is_done():
    """As of an ephemeral peer that an edit made a permanent one: its next session stays."""
    done = running(spec=KEPT, single=True, finished=True, served=M1, active_at=0.0)
    asked = decide(done, DeadlinePassed(ADA), now=20.0).peer

    ending = decide(asked, FoundAtRest(ADA, S1), now=20.0)
    assert ending.actions == (Kill(ADA, S1, EndCause.FINISHED),)

    gone = decide(ending.peer, SessionExited(ADA, S1, End(EndCause.FINISHED)), now=21.0)
    assert [type(each) for each in gone.actions] == [Spawn]
