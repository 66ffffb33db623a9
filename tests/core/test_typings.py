"""How often a message is typed in vain before it is given up, and what is no such time."""

import pytest

from peerd.core.action import GiveUp
from peerd.core.decide import decide
from peerd.core.event import DeadlinePassed, SessionAdopted, SessionExited
from peerd.core.requeue import DELIVERY_ATTEMPTS_MAX
from peerd.core.state import Lease, Peer, Waiting
from peerd.core.tally import Tally
from peerd.model.attempt import AttemptEnd
from peerd.model.peer import Activity
from peerd.model.session import End, EndCause
from tests.build import ADA, M1, S1, peer, running

OFTEN = range(2 * DELIVERY_ATTEMPTS_MAX)


def on_its_way(waiting: Waiting) -> Peer:
    return running(lease=Lease(waiting, 30.0), paused=True, task_attempts=99)


@pytest.mark.parametrize("cause", [EndCause.STOPPED, EndCause.REPLACED, EndCause.PARKED, EndCause.BOOT_FAILED])
def test_one_whose_session_is_ended_on_the_way_again_and_again_still_waits(cause: EndCause):
    waiting = Waiting(M1, attempts=1)
    for _ in OFTEN:
        (waiting,) = decide(on_its_way(waiting), SessionExited(ADA, S1, End(cause)), now=1.0).peer.queue

    assert waiting.tally == Tally()


def test_one_whose_daemon_ends_on_the_way_again_and_again_still_waits_as_one_that_may_have_been_taken():
    waiting = Waiting(M1, attempts=1)
    for _ in OFTEN:
        adopted = SessionAdopted(ADA, S1, True, Activity.IDLE, None, leased=waiting)
        known = decide(peer(paused=True), adopted, now=0.0).peer
        (waiting,) = decide(known, DeadlinePassed(ADA), now=0.0).peer.queue

    assert waiting.tally == Tally(unknown=len(OFTEN))


def test_one_that_its_session_does_not_outlive_is_given_up_after_five_times():
    killed = SessionExited(ADA, S1, End(EndCause.KILLED, signal=9))
    waiting = Waiting(M1, attempts=1)
    for _ in range(DELIVERY_ATTEMPTS_MAX - 1):
        (waiting,) = decide(on_its_way(waiting), killed, now=1.0).peer.queue

    last = decide(on_its_way(waiting), killed, now=1.0)

    assert last.peer.queue == ()
    assert [each.why for each in last.actions if isinstance(each, GiveUp)] == [
        "typed 5 times in vain: session ended (killed) while it was handed over"
    ]


def test_what_was_taken_in_between_is_no_typing_in_vain_and_its_end_says_so():
    waiting = Waiting(M1, attempts=7, tally=Tally(in_vain=4, deaths=2, taken=2))

    overdue = decide(on_its_way(waiting), DeadlinePassed(ADA), now=30.0)

    (given_up,) = (each for each in overdue.actions if isinstance(each, GiveUp))
    assert given_up.why == "typed 5 times; taken 2 times besides: no evidence of its submission in time"


COUNTS = {
    AttemptEnd.UNTYPED: Tally(1, 1, 1, 1),
    AttemptEnd.NOT_TAKEN: Tally(2, 1, 1, 1),
    AttemptEnd.TAKEN_BACK: Tally(1, 1, 0, 1),
    AttemptEnd.UNKNOWN: Tally(2, 1, 2, 1),
    AttemptEnd.UNWATCHED: Tally(1, 1, 2, 1),
    AttemptEnd.CUT_SHORT: Tally(1, 1, 1, 1),
    AttemptEnd.DIED: Tally(2, 2, 1, 1),
    AttemptEnd.ENTERED: Tally(1, 1, 2, 1),
    AttemptEnd.DIED_ENTERED: Tally(2, 2, 2, 1),
    AttemptEnd.BROKEN_OFF: Tally(1, 1, 0, 2),
    AttemptEnd.DIED_AT_IT: Tally(1, 2, 0, 2),
    AttemptEnd.LIMITED: Tally(1, 1, 0, 2),
}


@pytest.mark.parametrize("end", AttemptEnd)
def test_every_end_of_an_attempt_counts_as_what_it_is(end: AttemptEnd):
    assert Tally(in_vain=1, deaths=1, unknown=1, taken=1).after(end) == COUNTS[end]
