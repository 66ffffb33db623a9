"""What a message's history says of it: the next daemon counts what the core had counted."""

import pytest

from peerd.core.history import all_told, behind
from peerd.core.tally import Tally
from peerd.model.attempt import AttemptEnd
from peerd.model.message import Step

TYPED = ("accepted 0", "leased 1", "handed_over 1")
TAKEN = (*TYPED, "submitted 1")
AGAIN = ("leased 2", "handed_over 2")
TAKEN_AGAIN = (*AGAIN, "submitted 2")
UNSEEN = (*TYPED, "accepted 1 unknown")


@pytest.mark.parametrize(
    ("told", "tally"),
    [
        (TYPED, Tally()),
        (("accepted 0", "leased 1", "accepted 0 untyped", "leased 1"), Tally()),
        ((*TYPED, "accepted 1 not_taken", *AGAIN), Tally(in_vain=1)),
        (UNSEEN, Tally(in_vain=1, unknown=1)),
        ((*TYPED, "accepted 1 unwatched"), Tally(unknown=1)),
        ((*UNSEEN, "accepted 1 taken_back"), Tally(in_vain=1)),
        ((*UNSEEN, *TAKEN_AGAIN), Tally(in_vain=1)),
        ((*TYPED, "accepted 1 cut_short", *TAKEN_AGAIN), Tally()),
        ((*TYPED, "accepted 1 died", *TAKEN_AGAIN), Tally(in_vain=1, deaths=1)),
        ((*TYPED, "accepted 1 entered"), Tally(unknown=1)),
        ((*TYPED, "accepted 1 died_entered"), Tally(in_vain=1, deaths=1, unknown=1)),
        ((*TAKEN, "accepted 1 broken_off", *TAKEN_AGAIN), Tally(taken=1)),
        ((*TAKEN, "accepted 1 died_at_it", *TAKEN_AGAIN, "accepted 2 died_at_it"), Tally(deaths=2, taken=2)),
    ],
    ids=lambda each: each[-1] if isinstance(each, tuple) else "",
)
def test_what_a_message_has_behind_it_is_told_by_its_history(told: tuple[str, ...], tally: Tally):
    assert behind(history(told)).tally == tally


@pytest.mark.parametrize(
    ("told", "forgiven"),
    [
        ((*TAKEN, "dead 1", "accepted 1"), 1),
        ((*UNSEEN, "cancelled 1", "accepted 1"), 1),
        (("accepted 0", "expired 0", "accepted 0"), 0),
        ((*TAKEN, "accepted 1 died_at_it", "dead 1", "accepted 1"), 1),
    ],
    ids=["a dead letter", "cancelled", "never typed", "one that died"],
)
def test_one_that_is_handed_out_anew_begins_anew(told: tuple[str, ...], forgiven: int):
    known = behind(history(told))

    assert (known.tally, known.forgiven) == (Tally(), forgiven)
    assert behind(history((*told, "leased 2", "accepted 2 died"))).tally == Tally(in_vain=1, deaths=1)


@pytest.mark.parametrize(
    ("told", "attempts"),
    [
        (TYPED, (1,)),
        (UNSEEN, (1,)),
        ((*UNSEEN, *AGAIN), (1, 2)),
        ((*UNSEEN, "accepted 1 taken_back"), ()),
        ((*TYPED, "accepted 1 taken_back", *AGAIN), (2,)),
        ((*TYPED, "accepted 1 not_taken", *AGAIN), (2,)),
        ((*UNSEEN, *TAKEN_AGAIN), ()),
        ((*TYPED, *AGAIN), (1, 2)),
        ((*TYPED, "cancelled 1"), (1,)),
        ((*TYPED, "accepted 1 died"), ()),
        ((*UNSEEN, *AGAIN, "dead 2 unknown"), (1, 2)),
        ((*UNSEEN, "cancelled 1", "accepted 1", *AGAIN), (1, 2)),
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
        "handed out anew",
    ],
)
def test_what_was_typed_and_may_have_been_taken_is_told_by_its_history(
    told: tuple[str, ...], attempts: tuple[int, ...]
):
    known = all_told(behind(history(told)))

    assert (known.unproved_in("s-1"), known.unproved_in("s-2")) == (attempts, ())


@pytest.mark.parametrize(
    ("told", "attempts"),
    [((*UNSEEN, *AGAIN), {1, 2}), ((*UNSEEN, "dead 1", "accepted 1", *AGAIN), {2}), ((*TAKEN, *AGAIN), {2})],
    ids=["typed twice", "handed out anew", "taken before"],
)
def test_what_came_before_a_message_was_handed_out_anew_is_not_looked_for(told: tuple[str, ...], attempts: set[int]):
    known = all_told(behind(history(told)))

    assert (known.doubted_in("s-1"), known.doubted_in("s-2")) == (frozenset(attempts), frozenset())


def test_an_attempt_that_is_under_way_counts_once_it_is_given_up_by_nobody():
    known = behind(history((*UNSEEN, *AGAIN)))

    assert (known.tally, all_told(known).tally) == (Tally(in_vain=1, unknown=1), Tally(in_vain=1, unknown=2))


def history(told: tuple[str, ...]) -> tuple[Step, ...]:
    steps = [(*each.split(" "), "")[:3] for each in told]
    return tuple(
        Step(
            at=0.0,
            state=state,
            attempt=int(n),
            evidence="",
            outcome=AttemptEnd(ended) if ended else None,
            session=None if ended else "s-1",
        )
        for state, n, ended in steps
    )
