"""Whether the permission that is known is the one that stands there still, also for a daemon that comes back."""

from typing import Any

import pytest
from msgspec.structs import replace

from peerd.adapter import Prompt
from peerd.daemon.approvals.matching import same
from peerd.daemon.approvals.requests import Asks
from peerd.model.approval import Approval, ApprovalId
from peerd.model.fact import Fact, TurnBegan, TurnClosed
from tests.daemon.approvals.test_requests import HIDDEN, LS, OVER, RM, asked, heard, opened, request, shown


def test_the_same_asked_again_after_an_answer_has_taken_its_place():
    asks = asked(request(LS))
    first = opened(asks, shown())
    assert not asks.followed(first, shown())

    asks.hear(TurnBegan())
    assert not asks.followed(first, shown()), "another tool's, as far as is known"
    asks.hear(request(LS))
    assert asks.followed(first, shown())


def test_the_same_asked_twice_at_once_has_taken_its_place_with_the_first_answer():
    asks = asked(request(LS))
    first = opened(asks, shown())
    asks.hear(request(LS))
    assert not asks.followed(first, shown())

    asks.hear(TurnBegan())
    assert asks.followed(first, shown())


def test_one_that_looks_the_same_and_asks_for_more_takes_its_place_too():
    asks = asked(request(LS))
    first = opened(asks, shown())
    asks.hear(TurnBegan())
    asks.hear(request(HIDDEN))

    assert asks.followed(first, shown())


def test_one_that_looks_otherwise_does_not():
    asks = asked(request(LS))
    first = opened(asks, shown())
    asks.hear(TurnBegan())
    asks.hear(request(RM))

    assert not asks.followed(first, shown())


def test_of_one_that_is_not_seen_whole_any_may_have_taken_the_place():
    asks = Asks()
    first = opened(asks, shown())
    asks.hear(TurnBegan())
    asks.hear(request(RM))

    assert asks.followed(first, shown())


def recalled(*facts: Fact) -> tuple[Asks, Approval]:
    """One that was certain stood as the daemon ended; this was said meanwhile."""
    stood = opened(asked(request(LS)), shown())
    asks = Asks()
    asks.recall(stood, now=200.0, wall=1.0)
    for fact in facts:
        asks.hear(fact)
    return asks, stood


def test_the_same_that_the_next_daemon_hears_is_a_second_one():
    asks, stood = recalled(request(LS))

    assert heard(asks) == [LS, LS]
    assert not asks.followed(stood, shown())
    asks.hear(TurnBegan())
    assert asks.followed(stood, shown())


@pytest.mark.parametrize("beside", [LS, HIDDEN], ids=str)
def test_one_of_several_that_look_the_same_is_that_for_the_next_daemon_too(beside: dict[str, Any]):
    stood = opened(asked(request(LS), request(beside)), shown())
    asks = Asks()
    asks.recall(stood, now=200.0, wall=1.0)
    assert not asks.followed(stood, shown())

    asks.hear(TurnBegan())
    assert asks.followed(stood, shown())


@pytest.mark.parametrize("again", [LS, HIDDEN], ids=str)
@pytest.mark.parametrize("meanwhile", [(TurnBegan(),), OVER], ids=["answered", "over"])
def test_one_that_was_answered_while_no_daemon_ran_is_not_the_next_that_looks_the_same(
    again: dict[str, Any], meanwhile: tuple[Fact, ...]
):
    asks, stood = recalled(*meanwhile, request(again))

    assert asks.followed(stood, shown())
    asks.closed(stood, seen=False)
    found = asks.found(shown())
    assert (found.request, found.certain) == (request(again) if again == LS else None, False)


def test_what_else_was_heard_before_is_not_known_to_the_next_daemon():
    asks, stood = recalled()
    asks.closed(stood)
    asks.hear(request(LS))

    assert not asks.found(shown()).certain
    asks.hear(TurnClosed(None))
    asks.hear(request(LS))
    assert asks.found(shown()).certain


@pytest.mark.parametrize(("wall", "age_s"), [(301.0, 300.0), (1.0, 0.0), (-5000.0, 0.0)], ids=["later", "now", "back"])
def test_one_that_stood_before_is_as_old_as_its_date_says_and_no_younger_than_new(wall: float, age_s: float):
    stood = opened(asked(request(LS)), shown())
    asks = Asks()
    asks.recall(stood, now=200.0, wall=wall)

    assert 200.0 - asks.asked_at == age_s


def test_a_rule_is_asked_once_of_each_and_of_one_that_nobody_answered_in_time_again_and_again():
    asks = asked(request(LS))
    stands = opened(asks, shown())
    late = replace(stands, expired=True)

    assert [asks.due(stands, at) for at in (0.0, 1.0, 1000.0)] == ["first", None, None]
    assert [asks.due(late, at) for at in (1000.0, 1059.0, 1060.0, 1061.0)] == ["again", None, "again", None]
    other = replace(late, id=ApprovalId("a-2"))
    assert [asks.due(other, at) for at in (1062.0, 1063.0, 1122.0)] == ["first", None, "again"]


def test_nothing_that_is_asked_in_a_turn_that_a_daemon_came_into_is_certain():
    asks = Asks()
    asks.recall(None, now=200.0, wall=1.0)
    asks.hear(request(LS))
    assert not asks.found(shown()).certain

    asks.hear(TurnClosed(None))
    asks.hear(request(LS))
    assert asks.found(shown()).certain


def test_that_nobody_answers_in_time_is_told_at_once_and_every_hour():
    asks = asked(request(LS))
    opened(asks, shown())

    assert [asks.late(100.0 + at, 60.0) for at in (59.0, 60.0, 3659.0, 3660.0, 86460.0)] == [0, 1, 1, 2, 25]


def test_what_was_answered_before_one_was_asked_is_nothing_to_that():
    asks = asked(TurnBegan(), request(LS))
    first = opened(asks, shown())
    asks.hear(request(LS))

    assert not asks.followed(first, shown())


def test_one_without_choices_is_not_one_with_choices():
    first = opened(Asks(), shown())

    assert same(first, shown())
    assert not same(first, Prompt("Run ls?"))
    assert not same(replace(first, choices=()), shown())
    assert same(replace(first, choices=()), Prompt("Run ls?")), "the rest of it may move"


def test_one_that_looks_the_same_and_asks_for_more_may_stand_there_as_soon_as_it_is_heard():
    """No runtime tells that one was refused at the pane."""
    asks = asked(request(LS))
    first = opened(asks, shown())
    asks.hear(request(HIDDEN))

    assert asks.followed(first, shown())
    asks.closed(first, seen=False)
    assert asks.found(shown()) == (None, False, False, 2)
    second = opened(asks, shown())
    assert not asks.followed(second, shown())


def test_what_is_heard_of_another_takes_the_place_of_one_that_is_not_seen_whole():
    """However alike they look: its end is not on the screen."""
    asks = asked(request({"command": "ls\nls /"}))
    first = opened(asks, shown())
    assert (first.tool, asks.followed(first, shown())) == ("Bash", False)

    asks.hear(request({"command": "ls\nrm -rf /"}))
    assert asks.followed(first, shown())
    asks.closed(first, seen=False)
    assert not asks.followed(opened(asks, shown()), shown())


def test_two_that_ask_for_the_same_beside_each_other_are_several_until_the_next_is_seen():
    together, later, after = asked(request(LS), request(LS)), asked(request(LS)), asked(request(LS))
    for each in (together, later, after):
        opened(each, shown())
    later.hear(request(LS))
    after.hear(TurnBegan())
    after.hear(request(LS))

    assert [each.several for each in (together, later, after)] == [True, True, False]
    later.hear(TurnClosed(None))
    later.closed(opened(later, shown()))
    later.hear(request(LS))
    opened(later, shown())
    assert not later.several
