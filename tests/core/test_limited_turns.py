"""A turn that failed by a limit: what becomes of what it was about, where that is not plain."""

from peerd.core.action import Deliver, GiveUp, NoteLimit, Requeue
from peerd.core.decide import decide
from peerd.core.event import CancelRequested, DeadlinePassed, MessageAccepted, MessageSent, TurnEnded
from peerd.core.limit import LIMIT_MAX_S, TurnLimited
from peerd.core.queue import slept
from peerd.core.state import Limited, Peer, Waiting
from peerd.model.limit import LimitKind
from peerd.model.message import MessageId
from peerd.model.peer import Activity
from tests.build import ADA, M1, M2, S1, running, spec

M0, EPHEMERAL = MessageId("m-0"), spec(wake_policy="ephemeral")
QUOTA = Limited(LimitKind.RATE_LIMIT, until=60.0)


def working(**changes: object) -> Peer:
    return running(**({"activity": Activity.BUSY, "turn": Waiting(M1, attempts=1)} | changes))


def failed(peer: Peer, resets_at: float | None = None) -> tuple[Peer, list[type]]:
    turn = peer.turn.id if peer.turn else None
    decided = decide(peer, TurnLimited(ADA, S1, turn, LimitKind.RATE_LIMIT, resets_at), now=0.0)
    return decided.peer, [type(each) for each in decided.actions]


def test_a_task_that_is_to_be_handed_over_once_only_is_not_handed_over_again():
    peer, done = failed(working(task_attempts=1))

    assert (peer.queue, done) == ((), [NoteLimit, GiveUp])


def test_a_session_for_one_task_that_failed_by_a_limit_is_given_that_again_and_no_other():
    peer, _ = failed(working(spec=EPHEMERAL))

    free = decide(peer, DeadlinePassed(ADA), now=60.0)
    cancelled = decide(peer, CancelRequested(ADA, M1, "not wanted"), now=1.0).peer
    other = decide(decide(cancelled, MessageAccepted(ADA, Waiting(M2)), now=2.0).peer, DeadlinePassed(ADA), now=60.0)

    assert [each.message for each in free.actions if isinstance(each, Deliver)] == [M1]
    assert not any(isinstance(each, Deliver) for each in other.actions)


def test_nor_where_that_was_to_be_handed_over_once_only():
    peer, _ = failed(working(spec=EPHEMERAL, task_attempts=1, queue=(Waiting(M2),)))

    free = decide(peer, DeadlinePassed(ADA), now=60.0)

    assert (free.peer.activity, free.peer.queue) == (Activity.IDLE, (Waiting(M2),))


def test_a_task_that_had_asked_somebody_waits_again_and_its_answer_goes_to_the_same_session():
    asked = decide(working(spec=spec(wake_policy="ephemeral")), MessageSent(ADA, M2), now=0.0).peer

    peer, done = failed(asked)

    assert ([each.id for each in peer.queue], done[:2], peer.task, peer.questions) == (
        [M1],
        [NoteLimit, Requeue],
        None,
        (M2,),
    )


def test_a_task_whose_answer_is_worked_on_waits_again():
    awaits = Waiting(M1, attempts=1)
    peer, _ = failed(
        working(
            spec=spec(wake_policy="ephemeral"),
            task=awaits,
            turn=Waiting(M2, attempts=1, task=False, reply_to=M0),
            questions=(M0,),
        )
    )

    assert ([each.id for each in peer.queue], peer.task) == ([M1], None)


def test_a_limit_without_an_end_to_believe_in_is_over_after_a_month():
    assert failed(working(), resets_at=1e12)[0].limited == Limited(LimitKind.RATE_LIMIT, LIMIT_MAX_S, told=True)


def test_a_turn_that_ended_badly_or_unseen_is_no_sign_that_a_limit_is_over():
    limited = working(limited=QUOTA)
    for status, words in ((1, "API Error"), (130, None), (None, None)):
        over = decide(limited, TurnEnded(ADA, S1, M1, status, words), now=0.0).peer
        assert (over.limited, over.activity) == (QUOTA, Activity.LIMITED)

    assert decide(limited, TurnEnded(ADA, S1, M1, None, "done"), now=0.0).peer.limited is None


def test_a_limit_runs_out_while_the_machine_sleeps():
    peer = slept(running(activity=Activity.LIMITED, limited=QUOTA), 50.0)

    assert decide(peer, DeadlinePassed(ADA), now=10.0).peer.activity is Activity.IDLE
