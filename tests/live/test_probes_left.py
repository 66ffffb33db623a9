"""An Enter that was only slow leaves the key it was tried with alone in the input line: that is taken back, and nothing
that a person has beside it."""

import pytest

from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_holds import at_the_keyboard
from tests.live.test_retention import settings

pytestmark = pytest.mark.tmux

PROBE = "❯ ."


def line(team: Team) -> str:
    """The input line, as the screen shows it."""
    rows = [row.rstrip() for row in team.call("peer.peek", peer="eve")["lines"]]
    return next((row for row in reversed(rows) if row.startswith("❯")), "")


def slow(team: Team, *flags: str) -> None:
    """`eve` takes an Enter, and what is typed behind it, only half a second later."""
    team.add("eve", "actor", "--stall-s", "0.5", *flags)
    team.call("peer.wake", peer="eve")


def stays(team: Team, shown: str) -> bool:
    """Through what is done at the end of a turn, and by a census."""
    before = team.log("lifecycle").count("ev=census")
    eventually(lambda: team.log("lifecycle").count("ev=census") > before + 3, within_s=15)
    return line(team) == shown


@pytest.fixture
def quick(team: Team) -> Team:
    """Whose daemon looks around each second."""
    settings(team, "census_s = 1\nlog_verbose = true\n")
    team.start()
    return team


def test_it_is_taken_back_once_the_message_was_taken(up: Team):
    slow(up)

    up.send("eve", "hello", id="m-1", wait="ended", timeout_s=20)

    assert up.call("message.show", id="m-1")["attempt"] == 1
    assert eventually(lambda: line(up) == "❯")


def test_also_where_its_turn_takes_longer_than_its_delivery(up: Team):
    slow(up, "--busy-s", "3")

    up.send("eve", "hello", id="m-1", wait="accepted")

    assert eventually(lambda: line(up) == PROBE, within_s=10)
    assert eventually(lambda: line(up) == "❯", within_s=10)
    assert up.call("message.wait", id="m-1", until="ended", timeout_s=20)["attempt"] == 1


@pytest.mark.parametrize("busy_s", ["1", "4"])
def test_the_next_daemon_takes_it_back(up: Team, busy_s: str):
    slow(up, "--busy-s", busy_s)
    up.send("eve", "hello", id="m-1", wait="accepted")
    eventually(lambda: line(up) == PROBE, within_s=10)
    up.kill_daemon()
    up.start()

    assert eventually(lambda: line(up) == "❯", within_s=10)


def test_what_a_person_typed_beside_it_is_left_to_them(quick: Team):
    slow(quick, "--busy-s", "2")
    quick.send("eve", "hello", id="m-1", wait="accepted")
    eventually(lambda: line(quick) == PROBE, within_s=10)
    at_the_keyboard(quick, "eve", "send-keys", "-l", "half a thought")

    quick.call("message.wait", id="m-1", until="ended", timeout_s=20)

    assert stays(quick, f"{PROBE}half a thought")


def test_once_it_is_gone_the_same_key_of_a_person_is_theirs(quick: Team):
    slow(quick)
    quick.send("eve", "hello", id="m-1", wait="ended", timeout_s=20)
    eventually(lambda: line(quick) == "❯")
    eventually(lambda: quick.session("eve").typed == "m-1")
    at_the_keyboard(quick, "eve", "send-keys", "-l", ".")

    assert stays(quick, PROBE)
