"""What a peer was refused for its budget is its own: not its name's."""

from peerd.core.budget import Refusals
from peerd.daemon.pairs.state import Between
from peerd.model.peer import PeerName
from tests.build import ADA

BOB, EVE, ZOE = PeerName("bob"), PeerName("eve"), PeerName("zoe")


def test_what_was_refused_goes_with_a_peer_to_another_name_and_with_one_that_is_removed():
    between, some = Between(), Refusals(3, 1.0, 1.0, 2)
    between.refusals = {(ADA, BOB): some, (BOB, ADA): some, (BOB, EVE): some}

    between.forget(ADA, ZOE)
    assert between.refusals == {(ZOE, BOB): some, (BOB, ZOE): some, (BOB, EVE): some}

    between.forget(ZOE, None)
    assert between.refusals == {(BOB, EVE): some}


def test_a_circle_that_comes_again_and_again_is_of_who_is_called_so_by_now_and_of_no_namesake():
    between = Between()
    between.circles = {(ADA, BOB): [1.0, 2.0], (BOB, EVE): [3.0]}

    between.forget(ADA, ZOE)
    assert between.circles == {(BOB, ZOE): [1.0, 2.0], (BOB, EVE): [3.0]}

    between.forget(ZOE, None)
    assert between.circles == {(BOB, EVE): [3.0]}
