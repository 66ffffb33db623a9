"""What comes next for a message is told in words, and nothing that is over reads as what still waits."""

from typing import Any

import pytest

from peerd.cli.nextstep import WAITS, what_is_next
from peerd.model.message import ON_THE_WAY, TAKEN_LATE, Delivery, Hold, Task
from peerd.store.ends import UNDELIVERED
from tests.cli.answers import message


def told(state: Delivery, task: Task | None = Task.OPEN, hold: Hold | None = None, **more: Any) -> str:
    held = hold.value if hold else None
    return what_is_next(message(state=state.value, task=task.value if task else None, hold=held, **more))


def test_there_are_words_for_every_hold():
    assert set(WAITS) == {each.value for each in Hold}


@pytest.mark.parametrize("to", ["ada", "operator"])
@pytest.mark.parametrize("hold", [None, *Hold])
@pytest.mark.parametrize("state", list(Delivery))
def test_what_waits_says_for_what_and_what_is_over_says_so(state: Delivery, hold: Hold | None, to: str):
    task = Task.DEAD if state in UNDELIVERED else Task.OPEN
    words = told(state, task, hold, to=to)

    assert words.startswith("failed") is (state in UNDELIVERED)
    assert words.startswith("waits") is (state is Delivery.ACCEPTED or (to == "operator" and state in ON_THE_WAY))


@pytest.mark.parametrize("task", list(Task))
def test_what_was_taken_says_how_its_work_stands(task: Task):
    words = told(Delivery.SUBMITTED, task)

    assert words.startswith("done") is (task not in (Task.OPEN, Task.DEAD))
    assert words.startswith("failed") is (task is Task.DEAD)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (
            {"hold": Hold.PROMPT},
            "waits: ada is at a permission prompt, which a person has to answer: `peerd approvals` shows it",
        ),
        ({"hold": Hold.PAIR_PAUSED}, "waits: messages from bob to ada are held back"),
        ({"hold": Hold.QUEUE_PAUSED, "want": "down"}, "waits: ada is stopped until `peerd start ada`"),
        ({"hold": Hold.QUEUE_PAUSED}, "waits: the queue of ada is held back until `peerd queue resume ada`"),
        ({"not_before": "10:00"}, "waits: it is not delivered before 10:00"),
        ({}, "waits: it is delivered to ada next"),
        ({"ahead": 1}, "waits: it is delivered to ada after 1 other message"),
        ({"to": "operator"}, "waits to be read: `peerd inbox` shows it"),
    ],
)
def test_the_words_are_these(more: dict[str, Any], words: str):
    assert told(Delivery.ACCEPTED, **more) == words


def test_what_came_to_nothing_says_that_it_was_answered_late():
    assert told(Delivery.SUBMITTED, Task.DEAD, late_reply="m-2") == (
        "failed, but ada has answered late: `peerd message m-2` shows it; `peerd queue requeue m-1` delivers it again"
    )


def test_what_came_to_nothing_says_that_it_was_taken_after_all():
    history = [{"evidence": "not delivered in time"}, {"evidence": f"{TAKEN_LATE}: its id is in the journal of s-1"}]

    assert told(Delivery.EXPIRED, Task.DEAD, history=history) == (
        "failed, but ada has taken it since; `peerd queue requeue m-1` would have it done again"
    )
    assert "failed: nothing more" in told(Delivery.EXPIRED, Task.DEAD, history=history[:1])


def test_what_came_to_nothing_and_whose_text_is_gone_is_not_to_be_handed_out_again():
    words = told(Delivery.CANCELLED, Task.DEAD, gone_at="10:00")

    assert words == "failed: nothing more happens, and its text is no longer kept; to have it done, send it again"
    late = told(Delivery.SUBMITTED, Task.DEAD, late_reply="m-2", gone_at="10:00")
    assert late == "failed, but ada has answered late: `peerd message m-2` shows it"


def test_what_gave_way_to_a_later_one_has_not_come_to_nothing():
    words = told(Delivery.CANCELLED, Task.DEAD, gave_way_to="m-2")

    assert words == "was replaced by m-2, sent under the same key"


def test_what_waits_for_a_tmux_that_does_not_answer_says_so():
    out = "alive, but its tmux server cannot be reached"

    assert told(Delivery.ACCEPTED, hold=Hold.BUSY, unreached=out) == f"waits: ada is {out}"
    assert told(Delivery.ACCEPTED, hold=Hold.QUEUE_PAUSED, want="down", unreached=out).startswith(
        "waits: ada is stopped"
    )
