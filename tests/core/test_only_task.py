"""What a session that speaks proves of a task that was entered into it, before anything else shows that it took it."""

import pytest
from msgspec.structs import replace

from peerd.core.decide import decide
from peerd.core.event import MessageSent, MessageSubmitted, SelfDone, TurnEnded
from peerd.core.facts import only_task
from peerd.core.state import Lease, Waiting
from peerd.model.message import first_id
from tests.build import ADA, M1, M2, S1, lease, running, spec

HANDED = running(spec=spec(wake_policy="ephemeral"), lease=lease(M1))
TASK = Waiting(M1, attempts=1)


@pytest.mark.parametrize("doubts", [(), (M1,)], ids=["typed once", "typed before, and nothing was seen of that"])
def test_a_session_for_one_task_that_speaks_once_that_was_entered_has_taken_it(doubts: tuple[str, ...]):
    assert only_task(replace(HANDED, doubts=doubts)) == TASK


@pytest.mark.parametrize(
    "known",
    [
        {"spec": spec()},
        {"lease": None},
        {"lease": Lease(Waiting(M1, attempts=1, task=False), 30.0)},
        {"served": first_id(S1)},
        {"task": Waiting(M2)},
        {"finished": True},
        {"questions": (M2,)},
        {"doubts": (M2,)},
    ],
    ids=[
        "warm: a person may be at it",
        "nothing is handed to it",
        "an answer",
        "it was given a first message",
        "it awaits an answer",
        "its task is over",
        "it spoke before",
        "it may have taken another",
    ],
)
def test_where_something_else_may_have_made_it_speak_that_proves_nothing(known: dict[str, object]):
    assert only_task(replace(HANDED, **known)) is None


def test_what_it_says_then_is_of_its_task():
    taken = decide(HANDED, MessageSubmitted(ADA, S1, M1, 1), now=0.0).peer

    asked = decide(decide(taken, MessageSent(ADA, M2), now=0.0).peer, TurnEnded(ADA, S1, M1), now=1.0).peer
    done = decide(taken, SelfDone(ADA, S1), now=0.0).peer

    assert (asked.task, asked.questions, asked.finished) == (TASK, (M2,), False)
    assert done.finished
