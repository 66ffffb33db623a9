"""A session in the middle of a turn that waits for what waits for that turn to end is told, and not left waiting."""

import pytest

from tests.live.conftest import Team
from tests.live.test_wait_cycles import Circle

pytestmark = pytest.mark.tmux


def test_what_waits_for_the_end_of_ones_own_turn_is_not_waited_for_in_it(up: Team):
    circle = Circle(up)
    own = next(each["id"] for each in circle.messages("ada") if each["to"] == "ada")
    up.send("ada", "echo later", id="m-2", wait="accepted")

    for id, until in (("m-2", "submitted"), ("m-2", "ended"), (own, "ended")):
        told = circle.wait("ada", id, until)
        note = f"{id} is for you: you cannot wait for it in your turn, which has to end first."
        assert (told["waiting"], told["notes"]) == (True, [note])
    assert up.log("delivery").count("ev=circle from=ada to=ada") == 3
    assert up.call("notice.list")["notices"] == []


def test_who_is_in_no_turn_may_wait_for_what_it_is_given(up: Team):
    circle = Circle(up)
    up.send("ada", "echo later", id="m-2", wait="accepted")
    up.call("peer.control", peer="ada", what="interrupt")
    up.call("message.wait", id="m-2", until="ended", timeout_s=20)

    assert circle.wait("ada", "m-2").get("notes") is None
