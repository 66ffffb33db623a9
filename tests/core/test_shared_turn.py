"""A message that a runtime takes while the turn of another is open: in that one, or in one of its own after it. Neither
is ended before its time, or by the other's words without a word of that."""

from typing import Any

import pytest
from msgspec.structs import replace

from peerd.core.action import Deliver, GiveUp, NoteShared, RecordDone, RecordSubmitted, RecordTurn, Requeue
from peerd.core.decide import decide, next_deadline
from peerd.core.event import (
    CancelRequested,
    DeadlinePassed,
    FoundAtRest,
    MessageSubmitted,
    SelfDone,
    SessionAdopted,
    SessionExited,
    TaskOver,
    TurnEnded,
)
from peerd.core.limit import TurnLimited
from peerd.core.state import Joined, Look, Peer, Waiting
from peerd.model.limit import LimitKind
from peerd.model.message import MessageId
from peerd.model.peer import Activity, Phase
from peerd.model.session import End, EndCause
from tests.build import ADA, M1, M2, S1, peer, running, spec, waiting

M3 = MessageId("m-3")
ONE, TWO, THREE = (Waiting(id, attempts=1) for id in (M1, M2, M3))


def at_work(**changes: Any) -> Peer:
    """On m-1; m-2 was typed before, and nobody knows what came of that."""
    return running(**({"activity": Activity.BUSY, "turn": ONE, "queue": (TWO, *waiting(M3))} | changes))


def beside(message: MessageId = M2, **changes: Any) -> Peer:
    return decide(at_work(**changes), MessageSubmitted(ADA, S1, message, 1, beside=M1), now=1.0).peer


def ended(**changes: Any) -> TurnEnded:
    fields: dict[str, Any] = {"message": M1, "exit_status": 0, "last_words": "one"}
    return TurnEnded(ADA, S1, **(fields | changes))


def test_what_is_taken_into_a_turn_that_is_open_ends_no_turn_and_says_whose_it_is():
    taken = decide(at_work(), MessageSubmitted(ADA, S1, M2, 1, beside=M1), now=1.0)

    assert taken.actions[0] == RecordSubmitted(ADA, S1, M2, 1, beside=M1)
    assert not any(isinstance(each, RecordTurn) for each in taken.actions)
    assert (taken.peer.turn, taken.peer.joined, taken.peer.queue) == (ONE, (Joined(TWO),), waiting(M3))


@pytest.mark.parametrize("named", [M1, M2])
def test_both_end_with_the_turn_that_they_had_whichever_its_runtime_names(named: MessageId):
    over = decide(beside(), ended(message=named), now=2.0)

    shared, one, two = over.actions[:3]
    assert shared == NoteShared(ADA, S1, (M1, M2))
    assert (one, two) == (RecordTurn(ADA, S1, M1, 0, "one"), RecordTurn(ADA, S1, M2, 0, "one"))
    assert over.actions[3] == Deliver(ADA, S1, M3, 1)


def test_what_may_have_been_in_a_turn_or_not_ends_with_it_and_is_told_none_of_its_words():
    over = decide(beside(), ended(unclear=frozenset({M2})), now=2.0)

    assert over.actions[:3] == (
        NoteShared(ADA, S1, (M1, M2), frozenset({M2})),
        RecordTurn(ADA, S1, M1, 0, "one"),
        RecordTurn(ADA, S1, M2, None, None),
    )
    assert (over.peer.turn, over.peer.joined) == (None, ())


def test_what_waits_in_the_runtime_has_its_turn_after_that_one_and_its_own_words():
    first = decide(beside(), ended(next=frozenset({M2})), now=2.0)
    assert first.actions == (RecordTurn(ADA, S1, M1, 0, "one"),)
    assert (first.peer.turn, first.peer.joined, first.peer.activity) == (TWO, (), Activity.BUSY)

    second = decide(first.peer, ended(message=M2, last_words="two"), now=3.0)

    assert second.actions[0] == RecordTurn(ADA, S1, M2, 0, "two")
    assert not any(isinstance(each, NoteShared) for each in second.actions)


def test_two_that_waited_there_have_one_turn_and_it_is_said_of_both():
    both = decide(beside(queue=(TWO, THREE)), MessageSubmitted(ADA, S1, M3, 1, beside=M1), now=1.5).peer
    first = decide(both, ended(next=frozenset({M2, M3})), now=2.0).peer

    second = decide(first, ended(message=M2, last_words="both"), now=3.0)

    assert second.actions[0] == NoteShared(ADA, S1, (M2, M3))
    assert {each.message for each in second.actions if isinstance(each, RecordTurn)} == {M2, M3}


def test_a_message_that_is_taken_while_another_turn_was_open_and_is_not_known_to_go_on_ends_that():
    taken = decide(at_work(), MessageSubmitted(ADA, S1, M2, 1), now=1.0)

    assert taken.actions[:2] == (RecordTurn(ADA, S1, M1, None, None), RecordSubmitted(ADA, S1, M2, 1))


def test_evidence_that_is_heard_again_changes_nothing():
    known = beside()

    assert decide(known, MessageSubmitted(ADA, S1, M2, 1, beside=M1), now=2.0).actions == ()


@pytest.mark.parametrize("how", ["dies", "met a limit"])
def test_both_wait_again_in_their_order_where_the_turn_comes_to_no_end(how: str):
    event = (
        SessionExited(ADA, S1, End(EndCause.KILLED, signal=9))
        if how == "dies"
        else TurnLimited(ADA, S1, M1, LimitKind.RATE_LIMIT)
    )

    over = decide(beside(), event, now=2.0)

    assert [each.message for each in over.actions if isinstance(each, Requeue)] == [M2, M1]
    assert [each.id for each in over.peer.queue] == [M1, M2, M3]
    assert (over.peer.turn, over.peer.joined) == (None, ())


def test_each_has_its_own_deadline():
    late = beside(turn=replace(ONE, deadline_s=50.0), due=50.0, queue=(replace(TWO, deadline_s=5.0),))
    assert next_deadline(late) == 6.0

    gone = decide(late, DeadlinePassed(ADA), now=6.0)

    assert gone.actions == (GiveUp(ADA, M2, 1, "not done within 5 s", submitted=True),)
    assert next_deadline(gone.peer) == 50.0
    over = decide(gone.peer, ended(), now=7.0)
    assert [each.message for each in over.actions if isinstance(each, RecordTurn)] == [M1]


def test_one_that_was_answered_ends_by_that_and_the_turn_is_told_of_both_all_the_same():
    answered = decide(beside(), TaskOver(ADA, M2), now=2.0).peer

    over = decide(answered, ended(), now=3.0)

    assert over.actions[:2] == (NoteShared(ADA, S1, (M1, M2)), RecordTurn(ADA, S1, M1, 0, "one"))
    assert RecordTurn(ADA, S1, M2, 0, "one") not in over.actions


def test_a_session_says_of_one_after_the_other_that_it_is_done():
    first = decide(beside(), SelfDone(ADA, S1), now=2.0)
    second = decide(first.peer, SelfDone(ADA, S1), now=3.0)

    assert [*first.actions, *second.actions] == [RecordDone(ADA, S1, M1), RecordDone(ADA, S1, M2)]


def test_what_is_in_a_turn_is_not_cancelled():
    known = beside()

    assert decide(known, CancelRequested(ADA, M2, "by operator"), now=2.0).peer == known


def test_a_session_for_one_task_that_falls_silent_in_such_a_turn_leaves_neither_without_its_end():
    silent = beside(spec=spec(wake_policy="ephemeral"), queue=(TWO,))
    looked_at = decide(replace(silent, considered=Look.ASKED), FoundAtRest(ADA, S1), now=2000.0)

    ends = [(each.message, each.silent_s) for each in looked_at.actions if isinstance(each, RecordTurn)]

    assert ends == [(M1, 600.0), (M2, 600.0)]
    assert (looked_at.peer.phase, looked_at.peer.joined) == (Phase.STOPPING, ())


def test_a_task_that_was_taken_in_the_turn_of_the_first_message_is_the_one_of_its_session():
    first = replace(ONE, first=True, task=False)
    known = beside(spec=spec(wake_policy="ephemeral"), turn=first, queue=(TWO,))

    over = decide(known, ended(), now=2.0).peer

    assert (over.finished, over.served) == (True, M2)


def test_the_next_daemon_knows_both():
    left = SessionAdopted(ADA, S1, True, Activity.BUSY, ONE, joined=(Joined(TWO),))
    adopted = decide(peer(), left, now=0.0).peer

    over = decide(adopted, ended(), now=1.0)

    assert over.actions[:3] == (
        NoteShared(ADA, S1, (M1, M2)),
        RecordTurn(ADA, S1, M1, 0, "one"),
        RecordTurn(ADA, S1, M2, 0, "one"),
    )
