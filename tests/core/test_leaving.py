"""A peer that is to be removed or renamed: nothing of it runs meanwhile; where it stays after all it is as it was."""

import pytest

from peerd.core.action import Kill, NoteProbe, Spawn
from peerd.core.decide import decide, next_deadline
from peerd.core.event import DeadlinePassed, LeaveRequested, MessageAccepted, SessionExited, SpawnCalledOff
from peerd.core.state import Peer, Waiting
from peerd.model.peer import Phase, Want
from peerd.model.session import End, EndCause
from tests.build import ADA, M1, S1, peer, running, waiting

LEAVES, STAYS = LeaveRequested(ADA, leaving=True), LeaveRequested(ADA, leaving=False)
FAILED = peer(phase=Phase.FAILED, deaths=(1.0, 2.0, 3.0), probes=1, deadline=50.0, queue=waiting(M1))


def left(before: Peer, now: float = 10.0) -> Peer:
    return decide(before, LEAVES, now).peer


def test_its_session_ends_and_it_is_wanted_as_before():
    leaves = decide(running(), LEAVES, now=10.0)

    assert leaves.actions == (Kill(ADA, S1, EndCause.STOPPED),)
    assert (leaves.peer.phase, leaves.peer.want) == (Phase.STOPPING, Want.ON_DEMAND)


def test_nothing_of_it_begins_until_it_stays_after_all():
    ended = decide(left(running()), SessionExited(ADA, S1, End(EndCause.STOPPED)), now=11.0).peer
    asked = decide(ended, MessageAccepted(ADA, Waiting(M1)), now=12.0)

    assert (asked.peer.phase, [each for each in asked.actions if isinstance(each, Spawn)]) == (Phase.ASLEEP, [])
    assert decide(asked.peer, STAYS, now=13.0).peer.phase is Phase.STARTING


@pytest.mark.parametrize("now", [60.0, 1e6])
def test_a_crash_loop_waits_on_and_its_try_is_due_once_it_stays(now: float):
    leaves = left(FAILED)

    assert (leaves.phase, leaves.deadline, next_deadline(leaves)) == (Phase.FAILED, 50.0, None)
    assert decide(leaves, DeadlinePassed(ADA), now).peer.phase is Phase.FAILED
    assert NoteProbe(ADA, 2) in decide(leaves, STAYS, now).actions


def test_a_try_that_it_called_off_is_due_still():
    trying = decide(FAILED, DeadlinePassed(ADA), now=50.0).peer

    off = decide(left(trying, 51.0), SpawnCalledOff(ADA, probe=True), now=52.0).peer

    assert (off.phase, off.probes, off.deaths) == (Phase.FAILED, 1, FAILED.deaths)
    assert NoteProbe(ADA, 2) in decide(off, STAYS, now=53.0).actions


def test_a_restart_that_it_ended_is_due_no_more_and_a_wake_is():
    for called, phase in (("restart", Phase.ASLEEP), ("operator", Phase.STARTING)):
        booting = running(phase=Phase.STARTING, called=called)
        ended = decide(left(booting), SessionExited(ADA, S1, End(EndCause.STOPPED)), now=11.0).peer

        assert decide(ended, STAYS, now=12.0).peer.phase is phase
