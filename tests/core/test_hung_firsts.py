"""An ephemeral session that hangs over its first message has had no task."""

from msgspec.structs import replace

from peerd.core.action import Kill, RecordTurn
from peerd.core.decide import decide
from peerd.core.event import DeadlinePassed, FoundAtRest, MessageSubmitted, SessionExited
from peerd.core.state import Past, Waiting
from peerd.model.message import MessageId, first_id
from peerd.model.peer import Phase
from peerd.model.session import End, EndCause
from tests.build import ADA, M1, S1
from tests.core.test_ephemeral_tasks import KILLED, after, without_holds, working


def test_one_that_falls_silent_over_its_first_message_never_came_up_and_is_not_begun_anew_at_once():
    first = Waiting(MessageId("s-1-first"), task=False, first=True)
    hung = replace(working(), turn=first)

    looked = after(hung, DeadlinePassed(ADA), now=600.0)
    ended = decide(looked, FoundAtRest(ADA, S1), now=601.0)

    why = "silent for 600 s over its first message"
    assert without_holds(ended) == (Kill(ADA, S1, EndCause.BOOT_FAILED, why),)
    for end in (End(EndCause.BOOT_FAILED), KILLED):
        gone = decide(ended.peer, SessionExited(ADA, S1, end), now=602.0).peer
        assert (gone.phase, gone.deaths) == (Phase.BACKOFF, (602.0,))


def test_a_try_after_a_crash_loop_that_is_at_its_first_message_after_all_is_proved_by_its_task_alone():
    """It was given up, and is told of late: it may hang there."""
    tried = replace(working(), turn=None, queue=(), probes=1, deaths=(1.0,), deadline=100.0, doubts=(M1,))

    late = decide(tried, MessageSubmitted(ADA, S1, first_id(S1)), now=99.0).peer

    assert decide(late, DeadlinePassed(ADA), now=1000.0).peer.probes == 1
    assert decide(tried, DeadlinePassed(ADA), now=1000.0).peer.probes == 0


def test_one_that_is_to_be_replaced_is_replaced():
    """By what was asked for, and no death of its peer."""
    first = Waiting(MessageId("s-1-first"), task=False, first=True)
    hung = replace(working(), turn=first, past=Past(marked=True))

    looked = after(hung, DeadlinePassed(ADA), now=600.0)
    ended = decide(looked, FoundAtRest(ADA, S1), now=601.0)

    assert [action.cause for action in ended.actions if isinstance(action, Kill)] == [EndCause.REPLACED]


def test_one_that_has_had_its_task_is_no_failed_start_whatever_it_hangs_over():
    """A first message may be seen taken late."""
    first = Waiting(MessageId("s-1-first"), task=False, first=True)
    hung = replace(working(), turn=first, task=Waiting(M1, attempts=1))

    looked = after(hung, DeadlinePassed(ADA), now=600.0)
    ended = decide(looked, FoundAtRest(ADA, S1), now=601.0)

    over, kill = without_holds(ended)
    assert over == RecordTurn(ADA, S1, M1, None, None, 600.0)
    assert kill == Kill(ADA, S1, EndCause.FINISHED, "silent for 600 s in the middle of a turn")
