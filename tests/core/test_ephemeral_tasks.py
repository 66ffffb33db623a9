"""An ephemeral peer: a session for every task, ended once the task has its end and a quiet while is over."""

import pytest
from msgspec.structs import replace

from peerd.core.action import (
    Decision,
    Deliver,
    GiveUp,
    Kill,
    LookForWork,
    NoteBackoff,
    NoteHold,
    RecordDone,
    RecordTurn,
    Requeue,
    SaveMark,
    Spawn,
)
from peerd.core.decide import decide, next_deadline
from peerd.core.event import (
    DeadlinePassed,
    Event,
    FoundAtRest,
    FoundAtWork,
    MessageAccepted,
    MessageSent,
    MessageSubmitted,
    RefreshRequested,
    SelfDone,
    SessionAdopted,
    SessionExited,
    SpecChanged,
    TaskOver,
    TurnEnded,
)
from peerd.core.state import Peer, Waiting
from peerd.core.tally import Tally
from peerd.model.message import Hold, MessageId
from peerd.model.peer import Activity, Phase
from peerd.model.session import End, EndCause
from tests.build import ADA, M1, M2, S1, peer, running, spec, waiting

KILLED = End(EndCause.KILLED, signal=9)
QUESTION, ANSWER = MessageId("q-1"), MessageId("re-1")
TASK = Waiting(M1, attempts=1)
EPHEMERAL = spec(wake_policy="ephemeral")


def working(**changes: object) -> Peer:
    """At its one task, another waiting."""
    return running(spec=EPHEMERAL, activity=Activity.BUSY, turn=TASK, queue=waiting(M2), **changes)


def after(peer: Peer, *events: Event, now: float = 0.0) -> Peer:
    for event in events:
        peer = decide(peer, event, now).peer
    return peer


def ended(peer: Peer, now: float) -> tuple[object, ...]:
    """What follows once it is looked at and found at rest."""
    looked_at = decide(peer, DeadlinePassed(ADA), now)
    assert looked_at.actions == (LookForWork(ADA, S1),)
    return without_holds(decide(looked_at.peer, FoundAtRest(ADA, S1), now))


def without_holds(decision: Decision) -> tuple[object, ...]:
    return tuple(action for action in decision.actions if not isinstance(action, NoteHold))


def test_a_turn_that_closed_with_nothing_sent_ends_the_task_and_twenty_quiet_seconds_later_the_session():
    over = decide(working(), TurnEnded(ADA, S1, M1, 0, "done"), now=100.0)
    assert over.actions[0] == RecordTurn(ADA, S1, M1, 0, "done")
    assert next_deadline(over.peer) == 120.0

    assert decide(over.peer, DeadlinePassed(ADA), now=119.9).actions == ()
    assert ended(over.peer, now=120.0) == (Kill(ADA, S1, EndCause.FINISHED),)


def test_the_next_task_starts_when_the_session_ends():
    stopping = working(phase=Phase.STOPPING, finished=True)
    idle = replace(stopping, turn=None, activity=Activity.IDLE)

    gone = decide(idle, SessionExited(ADA, S1, End(EndCause.FINISHED)), now=1.0)

    assert gone.actions[0] == Spawn(ADA, "fresh", "message", "ephemeral")


def test_a_session_takes_one_task_and_its_sender_is_told_why_the_next_one_waits():
    over = after(working(), TurnEnded(ADA, S1, M1))

    assert (over.queue, over.lease, over.noted) == (waiting(M2), None, Hold.BUSY)


def test_work_in_the_quiet_while_puts_the_end_off():
    over = after(working(), TurnEnded(ADA, S1, M1))
    asked = after(over, DeadlinePassed(ADA), now=20.0)

    busy = after(asked, FoundAtWork(ADA, S1), now=21.0)

    assert next_deadline(busy) == 41.0


@pytest.mark.parametrize("told", [TaskOver(ADA, M1), SelfDone(ADA, S1)], ids=["answered", "self-done"])
def test_an_answer_or_its_own_word_ends_a_task_though_it_wrote_to_others(told: Event):
    over = after(working(), MessageSent(ADA), told, TurnEnded(ADA, S1, M1))

    assert over.finished
    assert next_deadline(over) == 20.0


@pytest.mark.parametrize("told", [TaskOver(ADA, M1), SelfDone(ADA, S1)], ids=["answered", "self-done"])
def test_one_whose_task_is_over_is_not_ended_while_it_still_works(told: Event):
    busy = after(working(), told)

    assert without_holds(decide(busy, DeadlinePassed(ADA), now=599.0)) == ()
    assert without_holds(decide(busy, DeadlinePassed(ADA), now=600.0)) == (LookForWork(ADA, S1, 600.0),)
    assert next_deadline(busy) == 600.0


def test_its_own_word_is_on_record():
    assert without_holds(decide(working(), SelfDone(ADA, S1), now=0.0)) == (RecordDone(ADA, S1, M1),)
    assert decide(running(), SelfDone(ADA, S1), now=0.0).actions == ()


def test_a_question_in_the_middle_is_no_end():
    asked = decide(working(), MessageSent(ADA), now=0.0).peer

    closed = decide(asked, TurnEnded(ADA, S1, M1, 0, "asked bob"), now=1.0)

    assert not any(isinstance(action, RecordTurn) for action in closed.actions)
    assert closed.peer.task == TASK


def test_the_answer_to_its_question_comes_through_before_the_next_task():
    asked = after(working(), MessageSent(ADA), TurnEnded(ADA, S1, M1))

    answered = decide(asked, MessageAccepted(ADA, Waiting(ANSWER, task=False)), now=2.0)

    assert Deliver(ADA, S1, ANSWER, 1) in answered.actions
    assert answered.peer.queue == waiting(M2)


def at_the_answer_to(question: MessageId) -> Peer:
    """It asked QUESTION for its task, and is in a turn on an answer."""
    asked = after(working(), MessageSent(ADA, QUESTION), TurnEnded(ADA, S1, M1))
    answer = Waiting(ANSWER, task=False, reply_to=question)
    return after(asked, MessageAccepted(ADA, answer), MessageSubmitted(ADA, S1, ANSWER))


def test_the_turn_on_the_answer_ends_the_task_with_its_words():
    over = decide(at_the_answer_to(QUESTION), TurnEnded(ADA, S1, ANSWER, 0, "bob said yes"), now=3.0)

    assert over.actions[0] == RecordTurn(ADA, S1, M1, 0, "bob said yes")
    assert (over.peer.finished, over.peer.task) == (True, None)


def test_an_answer_to_what_an_earlier_task_asked_is_no_end_of_this_one():
    over = decide(at_the_answer_to(MessageId("m-earlier")), TurnEnded(ADA, S1, ANSWER, 0, "noted"), now=3.0)

    assert not any(isinstance(action, RecordTurn) for action in over.actions)
    assert (over.peer.task, over.peer.turn, over.peer.finished) == (TASK, None, False)


def test_the_turn_on_an_answer_goes_on_with_the_next_daemon_and_ends_the_task():
    answer = Waiting(ANSWER, task=False, reply_to=QUESTION)
    known = SessionAdopted(ADA, S1, True, Activity.BUSY, answer, task=TASK, single=True, questions=(QUESTION,))

    over = decide(after(peer(spec=EPHEMERAL), known), TurnEnded(ADA, S1, ANSWER, 0, "bob said yes"), now=3.0)

    assert over.actions[0] == RecordTurn(ADA, S1, M1, 0, "bob said yes")


def test_one_that_asked_somebody_awaits_the_answer_with_the_next_daemon_too():
    known = SessionAdopted(ADA, S1, True, Activity.BUSY, TASK, since=0.0, single=True, sent=True)

    over = after(peer(spec=EPHEMERAL), known, TurnEnded(ADA, S1, M1))

    assert (over.turn, over.task) == (None, TASK)


def test_a_silent_one_is_ended_after_ten_minutes_and_so_is_its_task():
    asked = after(working(), MessageSent(ADA), TurnEnded(ADA, S1, M1))
    assert next_deadline(asked) == 600.0

    assert ended(asked, now=600.0) == (RecordTurn(ADA, S1, M1, None, None, 600.0), Kill(ADA, S1, EndCause.FINISHED))


def test_a_task_that_is_over_by_silence_has_no_deadline_any_more():
    """One that passed would come again and again until the session has ended."""
    asked = running(spec=EPHEMERAL, task=replace(TASK, deadline_s=900.0), due=900.0)
    looked_at = decide(asked, DeadlinePassed(ADA), now=600.0).peer

    ending = decide(looked_at, FoundAtRest(ADA, S1), now=600.0).peer

    assert (ending.phase, next_deadline(ending)) == (Phase.STOPPING, None)


def test_one_that_never_got_a_task_is_ended_too():
    assert ended(running(spec=EPHEMERAL), now=600.0) == (Kill(ADA, S1, EndCause.FINISHED),)


@pytest.mark.parametrize(
    "held",
    [working(), replace(working(), turn=None, task=TASK, activity=Activity.IDLE)],
    ids=["in its turn", "awaiting an answer"],
)
def test_a_death_before_the_end_is_an_attempt_of_the_task_and_not_counted_against_the_peer(held: Peer):
    died = decide(replace(held, task_attempts=3), SessionExited(ADA, S1, KILLED), now=10.0)

    assert died.peer.queue == (Waiting(M1, attempts=1, tally=Tally(deaths=1, taken=1)), Waiting(M2))
    assert isinstance(died.actions[0], Requeue)
    assert died.actions[1] == NoteBackoff(ADA, 0.5, 0)
    assert died.peer.deaths == ()


def test_after_three_deaths_the_task_is_a_dead_letter_and_the_queue_goes_on():
    third = replace(working(), turn=replace(TASK, attempts=3, tally=Tally(deaths=2)))

    died = decide(third, SessionExited(ADA, S1, KILLED), now=10.0)
    assert isinstance(died.actions[0], GiveUp)
    later = decide(died.peer, DeadlinePassed(ADA), now=10.5)

    assert later.actions[0] == Spawn(ADA, "fresh", "message", "ephemeral")


def test_one_that_ends_itself_after_its_task_did_not_die():
    over = after(working(), TurnEnded(ADA, S1, M1))

    gone = decide(over, SessionExited(ADA, S1, End(EndCause.EXITED, code=0)), now=1.0)

    assert (gone.peer.deaths, gone.peer.phase) == ((), Phase.STARTING)


def test_one_that_dies_without_a_task_did():
    gone = decide(running(spec=EPHEMERAL), SessionExited(ADA, S1, KILLED), now=1.0).peer

    assert gone.deaths == (1.0,)


@pytest.mark.parametrize(
    ("adopted", "due"),
    [
        (SessionAdopted(ADA, S1, True, Activity.IDLE, None, served=M1), 25.0),
        (SessionAdopted(ADA, S1, True, Activity.IDLE, None, task=TASK), 605.0),
    ],
    ids=["ended", "awaiting an answer"],
)
def test_the_next_daemon_goes_on_where_the_last_one_was(adopted: SessionAdopted, due: float):
    taken = decide(peer(spec=EPHEMERAL, queue=waiting(M2)), adopted, now=5.0).peer

    assert (taken.phase, taken.queue) == (Phase.RUNNING, waiting(M2))
    assert next_deadline(taken) == due


def test_a_refresh_ends_no_session_whose_task_awaits_an_answer_and_lets_that_through():
    awaits = running(spec=EPHEMERAL, task=TASK, active_at=10.0)

    marked = decide(awaits, RefreshRequested(ADA), now=11.0)

    assert marked.actions == (SaveMark(ADA, marked=True),)
    assert next_deadline(marked.peer) == 610.0
    answered = decide(marked.peer, MessageAccepted(ADA, Waiting(ANSWER, task=False)), now=12.0)
    assert Deliver(ADA, S1, ANSWER, 1) in answered.actions


def test_a_refresh_now_opens_a_task_that_awaits_an_answer_again():
    awaits = running(spec=EPHEMERAL, task=TASK)
    killed = decide(awaits, RefreshRequested(ADA, now=True), now=0.0).peer

    over = decide(killed, SessionExited(ADA, S1, End(EndCause.REPLACED)), now=1.0)

    assert Spawn(ADA, "fresh", "message", "refreshed") in over.actions
    assert over.peer.queue[0].id == M1


def test_a_task_that_awaits_an_answer_is_kept_though_its_peer_is_made_a_warm_one():
    asked = running(spec=spec(wake_policy="ephemeral"), single=True, task=Waiting(M1, attempts=1))
    edited = decide(asked, SpecChanged(ADA, spec(), 3), now=0.0).peer

    over = decide(edited, TurnEnded(ADA, S1, None), now=1.0).peer

    assert over.ephemeral
    assert over.task == Waiting(M1, attempts=1)
    assert not decide(over, SessionExited(ADA, S1, End(EndCause.KILLED)), now=2.0).peer.ephemeral


def test_what_is_sent_to_it_then_waits_for_its_next_session():
    asked = running(spec=spec(wake_policy="ephemeral"), single=True, task=Waiting(M1, attempts=1))
    edited = decide(asked, SpecChanged(ADA, spec(), 3), now=0.0).peer

    sent = decide(edited, MessageAccepted(ADA, Waiting(M2)), now=1.0)

    assert not any(isinstance(action, Deliver) for action in sent.actions)
