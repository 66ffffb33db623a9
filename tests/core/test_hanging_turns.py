"""An ephemeral session that is silent in the middle of a turn: looked at, and ended where all of it is still."""

import pytest
from msgspec.structs import replace

from peerd.core.action import Drop, GiveUp, Kill, LookForWork, NoteHold, RecordDone, RecordTurn, Requeue, Spawn
from peerd.core.decide import decide, next_deadline
from peerd.core.event import (
    ActivitySeen,
    DeadlinePassed,
    FoundAtRest,
    FoundAtWork,
    MessageSent,
    SessionExited,
    TurnEnded,
)
from peerd.core.state import Lease, Look, Peer, Waiting
from peerd.core.tally import Tally
from peerd.model.message import Hold
from peerd.model.peer import Activity, Phase
from peerd.model.session import End, EndCause
from tests.build import ADA, M1, M2, S1, lease, running, spec, waiting

EPHEMERAL = spec(wake_policy="ephemeral")
LOOK = LookForWork(ADA, S1, 600.0)


def working(**changes: object) -> Peer:
    """At its one task, another waiting."""
    known = {"spec": EPHEMERAL, "activity": Activity.BUSY, "turn": Waiting(M1, attempts=1), "queue": waiting(M2)}
    return running(**({"noted": Hold.BUSY} | known | changes))


def looked_at(peer: Peer) -> Peer:
    asked = decide(peer, DeadlinePassed(ADA), now=600.0)
    assert asked.actions == (LOOK,)
    return asked.peer


def test_one_that_hangs_in_its_turn_for_ten_minutes_is_ended_with_its_task_and_the_next_one_starts():
    assert next_deadline(working()) == 600.0

    still = decide(looked_at(working()), FoundAtRest(ADA, S1), now=601.0)
    silent = Kill(ADA, S1, EndCause.FINISHED, "silent for 600 s in the middle of a turn")
    assert still.actions[:2] == (RecordTurn(ADA, S1, M1, None, None, 600.0), silent)
    gone = decide(still.peer, SessionExited(ADA, S1, End(EndCause.FINISHED)), now=602.0)

    assert gone.actions[0] == Spawn(ADA, "fresh", "message", "ephemeral")
    assert gone.peer.queue == waiting(M2)


def test_a_pass_that_hangs_is_killed_and_that_is_an_attempt_of_its_task():
    still = decide(looked_at(working(kind="pass")), FoundAtRest(ADA, S1), now=601.0)
    assert still.actions[:1] == (Kill(ADA, S1, EndCause.KILLED, "silent for 600 s in the middle of a turn"),)

    gone = decide(still.peer, SessionExited(ADA, S1, End(EndCause.KILLED, signal=15)), now=602.0)

    assert isinstance(gone.actions[0], Requeue)
    assert [(each.id, each.tally.deaths) for each in gone.peer.queue] == [(M1, 1), (M2, 0)]
    assert gone.peer.deaths == ()


def test_a_pass_that_ends_by_itself_as_it_is_to_be_killed_for_silence_has_done_its_task():
    still = decide(looked_at(working(kind="pass")), FoundAtRest(ADA, S1), now=601.0)

    done = decide(still.peer, SessionExited(ADA, S1, End(EndCause.EXITED, code=0)), now=602.0)

    assert done.actions[0] == RecordDone(ADA, S1, M1)


def test_a_pass_that_said_that_it_is_done_and_hangs_is_done_with():
    still = decide(looked_at(working(kind="pass", turn=None, finished=True)), FoundAtRest(ADA, S1), now=601.0)

    assert still.actions[0] == Kill(ADA, S1, EndCause.FINISHED, "silent for 600 s in the middle of a turn")


def test_one_that_awaits_an_answer_and_hangs_in_another_turn_has_its_task_ended():
    answering = working(task=Waiting(M1, attempts=1), turn=Waiting(M2, attempts=1, task=False), queue=())

    still = decide(looked_at(answering), FoundAtRest(ADA, S1), now=601.0)

    assert still.actions[0] == RecordTurn(ADA, S1, M1, None, None, 600.0)
    assert (still.peer.phase, still.peer.turn, still.peer.task) == (Phase.STOPPING, None, None)


def test_a_sign_of_life_puts_the_next_look_off_by_as_long_from_when_it_was():
    assert next_deadline(decide(looked_at(working()), FoundAtWork(ADA, S1), now=601.0).peer) == 1201.0
    assert next_deadline(decide(looked_at(working()), FoundAtWork(ADA, S1, ago_s=100.0), now=601.0).peer) == 1101.0


def test_what_happens_during_the_look_counts():
    busy = decide(looked_at(working()), ActivitySeen(ADA, S1, Activity.BUSY), now=600.5).peer

    assert decide(busy, FoundAtRest(ADA, S1), now=601.0).actions == ()


def test_one_whose_turn_the_next_daemon_does_not_know_of_is_ended_too():
    """Its task was ended by the last one, which was killed before it had ended the session."""
    still = decide(looked_at(working(turn=None, finished=True)), FoundAtRest(ADA, S1), now=601.0)

    assert isinstance(still.actions[0], Kill)


@pytest.mark.parametrize(
    "other",
    [
        {"spec": spec()},
        {"activity": Activity.BLOCKED, "noted": Hold.DIALOG},
        {"activity": Activity.UNKNOWN},
        {"activity": Activity.LIMITED, "noted": Hold.LIMITED},
        {"kind": "service", "queue": ()},
        {"lease": lease(M2, deadline=1e6), "turn": None, "queue": ()},
    ],
    ids=["warm", "blocked", "unknown", "limited", "service", "being typed at"],
)
def test_a_session_is_never_ended_for_silence(other: dict[str, object]):
    assert decide(working(**other), DeadlinePassed(ADA), now=1e5).actions == ()


def test_one_that_hangs_over_what_was_typed_is_ended_and_the_next_session_is_given_it():
    held = running(
        spec=EPHEMERAL,
        queue=(Waiting(M1, attempts=1),),
        doubts=(M1,),
        hold=Hold.DRAFT,
        noted=Hold.DRAFT,
        retry_at=999.0,
    )

    assert decide(held, DeadlinePassed(ADA), now=600.0).actions[-1:] == (LookForWork(ADA, S1, 600.0),)
    still = decide(replace(held, considered=Look.ASKED), FoundAtRest(ADA, S1), now=601.0)

    assert Kill(ADA, S1, EndCause.FINISHED, "silent for 600 s over what was typed") in still.actions
    assert still.peer.queue == (Waiting(M1, attempts=1),)


def test_one_that_may_have_a_task_that_is_wanted_no_more_is_given_no_other():
    typed = Lease(Waiting(M1, attempts=1, expires_at=3.0), deadline=15.0)

    late = decide(running(spec=EPHEMERAL, lease=typed, queue=waiting(M2)), DeadlinePassed(ADA), now=15.0)

    assert [type(action) for action in late.actions] == [Requeue, Drop, NoteHold]
    assert (late.peer.queue, late.peer.lease) == (waiting(M2), None)


def test_a_task_that_is_over_by_silence_keeps_what_its_last_turn_said():
    asked = decide(
        decide(working(), MessageSent(ADA), now=0.0).peer, TurnEnded(ADA, S1, M1, 3, "no luck"), now=0.0
    ).peer

    over = decide(replace(asked, considered=Look.ASKED), FoundAtRest(ADA, S1), now=601.0)

    assert over.actions[0] == RecordTurn(ADA, S1, M1, 3, "no luck", 600.0)


def test_one_that_stands_over_a_text_whose_message_is_over_by_now_is_ended_too():
    stands = running(spec=EPHEMERAL, doubts=(M1,), queue=waiting(M2), noted=Hold.BUSY)

    over = decide(looked_at(stands), FoundAtRest(ADA, S1), now=602.0)

    assert Kill(ADA, S1, EndCause.FINISHED, "silent for 600 s over what was typed") in over.actions
    assert over.peer.queue == waiting(M2)


def test_what_shows_to_be_taken_only_as_its_session_is_ended_for_silence_is_an_attempt():
    seen = running(
        spec=EPHEMERAL,
        phase=Phase.STOPPING,
        turn=Waiting(M1, attempts=2, tally=Tally(in_vain=1, deaths=1)),
        task_attempts=2,
    )

    over = decide(seen, SessionExited(ADA, S1, End(EndCause.FINISHED)), now=0.0)

    assert [(a.message, a.submitted) for a in over.actions if isinstance(a, GiveUp)] == [(M1, True)]


def test_one_that_dies_as_it_is_ended_for_its_silence_has_had_its_task_and_that_is_no_death_of_its_peer():
    still = decide(looked_at(working()), FoundAtRest(ADA, S1), now=601.0).peer

    died = decide(still, SessionExited(ADA, S1, End(EndCause.KILLED, signal=9)), now=601.5).peer

    assert (died.phase, died.deaths) == (Phase.STARTING, ())
