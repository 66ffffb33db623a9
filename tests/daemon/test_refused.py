"""What a peer was refused for its budget is its own: not its name's."""

from peerd.core.budget import Refusals
from peerd.daemon.between import Between
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
