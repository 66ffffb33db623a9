"""What a message's history says of it."""

import pytest

from peerd.core.history import TAKEN_BACK, counted, taken, unknown, unproved
from peerd.core.returning import NO_EVIDENCE
from peerd.model.message import Step

TAKEN = ("accepted 0", "leased 1", "handed_over 1", "submitted 1")
TAKEN_AGAIN = ("leased 2", "handed_over 2", "submitted 2")
DIED = "waits again: session ended (killed) before the turn did"
DIED_EARLY = "waits again: session ended (killed) while it was handed over"


@pytest.mark.parametrize(
    ("told", "deaths", "forgiven"),
    [
        (TAKEN, 0, 0),
        (("accepted 0", "leased 1", "handed_over 1", "accepted 1", *TAKEN_AGAIN), 0, 0),
        ((*TAKEN, f"accepted 1 {DIED}", *TAKEN_AGAIN), 1, 0),
        ((*TAKEN, f"accepted 1 {DIED}", *TAKEN_AGAIN, f"accepted 2 {DIED}", "leased 3"), 2, 0),
        (("accepted 0", "leased 1", f"accepted 1 {DIED_EARLY}", *TAKEN_AGAIN), 1, 0),
        (("accepted 0", "leased 1", "accepted 1 waits again: session ended (stopped) while it was handed over"), 0, 0),
        ((*TAKEN, "dead 1", "accepted 1", *TAKEN_AGAIN), 0, 1),
        ((*TAKEN, f"accepted 1 {DIED}", "dead 1", "accepted 1", "leased 2", f"accepted 2 {DIED_EARLY}"), 1, 1),
        (("accepted 0", "cancelled 0", "accepted 0", "leased 1"), 0, 0),
        ((*TAKEN, "accepted 1 waits again: session ended (stopped) before the turn did", *TAKEN_AGAIN), 0, 0),
        ((*TAKEN, "accepted 1 waits again: session ended (boot-failed) before the turn did", *TAKEN_AGAIN), 0, 0),
    ],
    ids=[
        "taken",
        "typed twice",
        "one death",
        "two deaths",
        "a death on the way",
        "stopped on the way",
        "handed out anew",
        "and dead again",
        "cancelled",
        "stopped",
        "never the right session",
    ],
)
def test_what_a_message_has_behind_it_is_told_by_its_history(told: tuple[str, ...], deaths: int, forgiven: int):
    assert counted(history(told)) == (deaths, forgiven)


TYPED = ("accepted 0", "leased 1", "handed_over 1")
UNSEEN = (*TYPED, "accepted 1 waits again: no evidence of its submission in time")
AGAIN = ("leased 2", "handed_over 2")


@pytest.mark.parametrize(
    ("told", "attempts"),
    [
        (TYPED, (1,)),
        (UNSEEN, (1,)),
        ((*UNSEEN, *AGAIN), (1, 2)),
        ((*UNSEEN, f"accepted 1 {TAKEN_BACK}"), ()),
        ((*TYPED, f"accepted 1 {TAKEN_BACK}", *AGAIN), (2,)),
        ((*TYPED, "accepted 1 waits again: Enter had no effect", *AGAIN), (2,)),
        ((*UNSEEN, *TAKEN_AGAIN), ()),
        ((*TYPED, *AGAIN), (1, 2)),
        ((*TYPED, "cancelled 1"), (1,)),
        ((*TYPED, f"accepted 1 {DIED_EARLY}"), ()),
        ((*UNSEEN, *AGAIN, f"dead 2 typed 2 times, never seen taken: {NO_EVIDENCE}"), (1, 2)),
    ],
    ids=[
        "typed",
        "not seen taken",
        "typed twice",
        "taken back",
        "taken back and typed again",
        "proved not taken",
        "taken the second time",
        "typed again by a daemon that knew of nothing",
        "cancelled",
        "its session died",
        "given up",
    ],
)
def test_what_was_typed_and_may_have_been_taken_is_told_by_its_history(
    told: tuple[str, ...], attempts: tuple[int, ...]
):
    assert unproved(history(told)) == attempts


@pytest.mark.parametrize(
    ("told", "times"),
    [
        (TYPED, 1),
        ((*UNSEEN, *AGAIN), 2),
        ((*UNSEEN, "cancelled 1", "accepted 1"), 0),
        ((*UNSEEN, "cancelled 1", "accepted 1", *AGAIN), 1),
    ],
    ids=["typed", "typed twice", "handed out anew", "and typed again"],
)
def test_how_often_a_message_may_have_been_taken_is_counted_from_when_it_was_handed_out_anew(
    told: tuple[str, ...], times: int
):
    assert unknown(history(told)) == times


@pytest.mark.parametrize(
    ("told", "times"),
    [
        (TAKEN, 0),
        ((*TAKEN, f"accepted 1 {DIED}"), 1),
        ((*TAKEN, f"accepted 1 {DIED}", *AGAIN, f"accepted 2 {DIED_EARLY}"), 1),
        ((*TAKEN, f"accepted 1 {DIED}", *TAKEN_AGAIN, f"accepted 2 {DIED}"), 2),
        ((*TAKEN, f"accepted 1 {DIED}", "cancelled 1", "accepted 1"), 0),
        ((*TAKEN, "dead 1", "accepted 1"), 0),
    ],
    ids=[
        "in hand",
        "waits again",
        "and was not taken again",
        "twice",
        "handed out anew",
        "a dead letter handed out anew",
    ],
)
def test_how_often_a_message_was_taken_to_no_end_is_told_by_its_history(told: tuple[str, ...], times: int):
    assert taken(history(told)) == times


def history(told: tuple[str, ...]) -> tuple[Step, ...]:
    steps = [(*each.split(" ", 2), "")[:3] for each in told]
    return tuple(Step(at=0.0, state=state, attempt=int(n), evidence=evidence) for state, n, evidence in steps)
