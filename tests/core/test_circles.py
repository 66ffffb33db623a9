"""Peers that wait for each other in a circle."""

import pytest

from peerd.core.circle import find_circle, told
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
