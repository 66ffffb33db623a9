"""Peers that wait for each other in a circle."""

import pytest

from peerd.core.circle import circles, find_circle, stuck, told
from peerd.model.peer import PeerName

ADA, BOB, CYD, DAN = (PeerName(name) for name in ("ada", "bob", "cyd", "dan"))
Waits = dict[PeerName, tuple[PeerName, ...]]


@pytest.mark.parametrize(
    ("waits", "circle"),
    [
        pytest.param({}, None, id="nobody waits"),
        pytest.param({BOB: (ADA,)}, (BOB, ADA), id="each for the other"),
        pytest.param({BOB: (CYD,), CYD: (ADA,)}, (BOB, CYD, ADA), id="three of them"),
        pytest.param({BOB: (CYD,), CYD: (DAN,)}, None, id="a chain with an end"),
        pytest.param(
            {BOB: (CYD, DAN), DAN: (ADA,), CYD: (BOB,)}, (BOB, DAN, ADA), id="one of several that it waits for"
        ),
        pytest.param({CYD: (DAN,), DAN: (CYD,)}, None, id="a circle of others"),
    ],
)
def test_a_wait_that_would_close_a_circle_is_found(waits: Waits, circle: tuple[PeerName, ...] | None):
    assert find_circle(waits, ADA, BOB) == circle


def test_it_is_told_to_who_was_about_to_wait():
    assert told((BOB, CYD, ADA)) == "bob waits for cyd, cyd waits for you"
    assert told((BOB, ADA), ADA) == "bob waits for ada"


@pytest.mark.parametrize(
    ("asked", "stuck_ones", "told_of"),
    [
        pytest.param({ADA: (BOB,)}, (), (), id="one that may be answered"),
        pytest.param({ADA: (BOB,), BOB: ()}, (), (), id="one that silence alone ends"),
        pytest.param({ADA: (BOB,), BOB: (ADA,)}, (ADA, BOB), ((ADA, BOB),), id="each of the other"),
        pytest.param({ADA: (BOB, CYD), BOB: (ADA,)}, (), (), id="one that another may answer, too"),
        pytest.param(
            {DAN: (CYD,), CYD: (BOB,), BOB: (ADA,), ADA: (CYD,)},
            (ADA, BOB, CYD, DAN),
            ((ADA, CYD, BOB),),
            id="a circle of three, and one that asked into it",
        ),
        pytest.param(
            {ADA: (BOB,), BOB: (ADA,), CYD: (DAN,), DAN: (CYD,)},
            (ADA, BOB, CYD, DAN),
            ((ADA, BOB), (CYD, DAN)),
            id="two circles",
        ),
    ],
)
def test_those_that_no_answer_can_come_to_are_found_and_no_others(
    asked: Waits, stuck_ones: tuple[PeerName, ...], told_of: tuple[tuple[PeerName, ...], ...]
):
    assert (stuck(asked), circles(asked)) == (frozenset(stuck_ones), told_of)
