"""What a peer sends the person in charge for a later time, under a key, or with a priority."""

from pathlib import Path

import pytest

from peerd.errors import TryAgain
from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_notify import Told
from tests.live.test_people_in_time import asks, asks_by_a_clock, turn
from tests.live.test_reports import said

pytestmark = pytest.mark.tmux
__all__ = ["asks", "asks_by_a_clock"]


def listed(team: Team, *words: str) -> list[str]:
    return [each["id"] for each in team.run("inbox", *words, "--json").json["messages"]]


def state(team: Team, id: str) -> str:
    found: str = team.call("message.show", id=id, look=True)["state"]
    return found


def test_a_reminder_lies_in_no_inbox_and_is_told_to_no_command_before_it_is_due(team: Team):
    told = Told(team)
    team.start()
    team.add("ada")
    team.call("peer.wake", peer="ada")

    sent = said(team, "operator", "look at it", id="m-1", not_before_s=3.0)
    said(team, "operator", "and at this", id="m-2")

    assert (sent["state"], sent["because"]) == ("accepted", f"Not before {sent['not_before']}")
    assert team.run("inbox", "--json").json["unread"] == 1
    assert listed(team) == ["m-2"]
    assert "waits: it is not shown to you before" in team.run("message", "m-1").out
    eventually(lambda: listed(team) == ["m-2", "m-1"])
    eventually(lambda: [each["stdin"]["events"][0]["id"] for each in told.runs] == ["m-2", "m-1"], within_s=15)
    assert "ev=due id=m-1 to=operator" in team.log("delivery")


def test_one_that_is_refused_for_reminders_alone_says_so_and_how_to_see_them(team: Team):
    Path(team.home.config).mkdir(parents=True)
    Path(team.home.settings_file).write_text("[peers]\nqueue_max = 2\n")
    team.start()
    team.add("ada")
    team.call("peer.wake", peer="ada")
    for id in ("m-1", "m-2"):
        said(team, "operator", "look at it", id=id, not_before_s=3600)

    with pytest.raises(TryAgain, match="operator has 0 messages unread and 2 not due yet; not accepted"):
        said(team, "operator", "may I?")

    notices = team.run("notices").out
    assert "operator has 0 messages unread and 2 not due yet, and gets no more, except answers" in notices
    assert "`peerd inbox ls --all` lists them, `peerd queue cancel ID` takes one back" in notices
    assert listed(team, "ls", "--all") == ["m-1", "m-2"]
    assert team.run("queue", "cancel", "m-1").code == 0
    assert said(team, "operator", "may I?")["state"] == "accepted"
    assert "operator has 1 message unread and 1 not due yet" in team.run("notices").out


def test_who_looks_before_it_is_due_has_not_read_it(asks: Team):
    said(asks, "operator", "look at it", id="m-1", not_before_s=3600)

    ran = asks.run("inbox", "read", "m-1")
    listing = asks.run("inbox", "ls", "--all").out

    assert ("look at it" in ran.out, state(asks, "m-1")) == (True, "accepted")
    assert "not before" in listing
    assert asks.run("inbox", "ls").out == "nothing is unread, and nothing awaits your answer.\n"


def test_the_next_daemon_has_it_lie_unread_and_it_expires_from_then_on(asks: Team):
    said(asks, "operator", "look at it", id="m-1", not_before_s=2.0, expires_s=4.0)
    asks.kill_daemon()
    without = asks.run("inbox", "ls", "--json").json
    asks.start()

    assert (without["messages"], without["unread"]) == ([], 0)
    eventually(lambda: listed(asks) == ["m-1"])
    eventually(lambda: state(asks, "m-1") == "expired")


def test_a_clock_that_is_set_makes_no_reminder_due_and_the_sleep_of_the_machine_does(asks_by_a_clock: Team):
    said(asks_by_a_clock, "operator", "look at it", id="m-1", not_before_s=3540.0)

    turn(asks_by_a_clock, "set", 3600.0)
    before = listed(asks_by_a_clock)
    turn(asks_by_a_clock, "slept", 3600.0)

    assert before == []
    eventually(lambda: listed(asks_by_a_clock) == ["m-1"])


def test_one_that_is_answered_before_it_is_due_lies_unread_no_more(asks: Team):
    said(asks, "operator", "look at it", id="m-1", not_before_s=2.0)

    asks.run("reply", "m-1", "done")
    said(asks, "operator", "and at this", id="m-2", not_before_s=2.5)

    eventually(lambda: listed(asks) == ["m-2"])
    assert "ev=due id=m-1" not in asks.log("delivery")
