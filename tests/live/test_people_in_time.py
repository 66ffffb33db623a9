"""A person who has not read a question in time, or not answered it, is waited for no longer; who asked is told."""

import sys
from pathlib import Path

import pytest

from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.persons import at_a_terminal
from tests.live.test_inbox_at_a_terminal import Terminal
from tests.live.test_reports import report, said
from tests.terminal import PROMPT

pytestmark = pytest.mark.tmux


@pytest.fixture
def asks(up: Team) -> Team:
    up.add("ada")
    up.call("peer.wake", peer="ada")
    return up


def test_a_question_that_nobody_read_in_time_expires(asks: Team):
    said(asks, "operator", "may I?", id="m-1", expires_s=0.3)

    assert "failed: operator has not read it in time." in report(asks)["body"]
    assert asks.call("message.show", id="m-1", look=True)["state"] == "expired"
    assert asks.run("inbox", "ls").out == "nothing is unread, and nothing awaits your answer.\n"


def test_a_sender_waits_for_a_person_to_read_it_only_where_it_says_so_and_is_told_that_nobody_has(asks: Team):
    said_so = [said(asks, "operator", "may I?", id="m-1", wait=wait, timeout_s=0.1) for wait in (None, "submitted")]
    in_vain = asks.run("wait", "m-1", "--timeout", "0.1")
    asks.run("inbox", "read", "m-1")

    assert [(each["state"], each.get("waiting", False)) for each in said_so] == [
        ("accepted", False),
        ("accepted", True),
    ]
    assert (in_vain.code, "m-1 waits to be read" in in_vain.err) == (3, True)
    assert asks.run("wait", "m-1").code == 0


def test_one_that_came_to_nothing_lies_unread_again_where_it_is_handed_out_anew(asks: Team):
    said(asks, "operator", "may I?", id="m-1", expires_s=0.3)
    report(asks)

    ran = asks.run("queue", "requeue", "m-1")

    assert ran == (0, "m-1 is unread again: `peerd inbox` shows it.\n", "")
    assert asks.run("inbox", "ls").out.splitlines()[1].startswith("m-1  ada")
    assert asks.run("reply", "m-1", "you may").code == 0
    assert asks.call("message.show", id="m-1")["task"] == "answered"
    assert "m-1 is answered: only a dead letter" in asks.run("queue", "requeue", "m-1").err


def test_one_that_was_read_and_not_answered_by_its_deadline_is_dead(asks: Team):
    said(asks, "operator", "may I?", id="m-1", deadline_s=0.3)
    assert asks.call("message.show", id="m-1", look=True)["task"] == "open"  # it counts from when it is read

    asks.run("inbox", "read", "m-1")

    assert "failed: operator has read it, and not answered within 0.3 s." in report(asks)["body"]


def test_one_that_was_read_expires_no_more(asks: Team):
    said(asks, "operator", "may I?", id="m-1", expires_s=2)
    asks.run("inbox", "read", "m-1")
    said(asks, "operator", "and this?", id="m-2", expires_s=2)

    report(asks, "m-2")

    assert asks.call("message.show", id="m-1", look=True)["task"] == "open"


def lost_to_you(team: Team) -> list[str]:
    notices = team.call("notice.list")["notices"]
    return [each["text"] for each in notices if (each["kind"], each["about"]) == ("dead", "operator")]


def look(team: Team, *words: str) -> str:
    """At a terminal."""
    return at_a_terminal(team, "inbox", *words).out


def test_what_came_to_nothing_before_you_read_or_answered_it_is_a_notice_until_you_look(asks: Team):
    said(asks, "operator", "may I?", id="m-1", expires_s=0.3)
    said(asks, "operator", "and this?", id="m-2", deadline_s=0.3)
    asks.run("inbox", "read", "m-2")
    report(asks, "m-1"), report(asks, "m-2")

    for looks in (("inbox", "ls"), ("inbox", "ls", "--all", "--from", "bob")):
        look(asks, *looks[1:])
        assert lost_to_you(asks) == ["2 messages to operator failed since you last looked"]
    assert "`peerd inbox ls --all` shows them, and at a terminal marks them as seen" in asks.run("notices").out
    listed = look(asks, "ls", "--all").splitlines()
    assert [[word for word in ("expired", "dead") if word in line] for line in listed[1:3]] == [["dead"], ["expired"]]
    assert lost_to_you(asks) == []


def is_lost(team: Team, *ids: str) -> None:
    for id in ids:
        eventually(lambda id=id: team.call("message.show", id=id, look=True)["state"] == "expired")  # type: ignore[misc]


def test_a_look_at_what_one_peer_sent_is_none_at_what_another_did(asks: Team):
    asks.add("bob")
    asks.call("peer.wake", peer="bob")
    for id in ("b-1", "b-2"):
        said(asks, "operator", "and I?", "bob", id=id, expires_s=0.3)
    is_lost(asks, "b-1", "b-2")
    look(asks, "ls", "--all")
    said(asks, "operator", "may I?", id="m-1", expires_s=0.3)
    is_lost(asks, "m-1")

    of_bob = look(asks, "ls", "--all", "--from", "bob")

    assert ("b-1" in of_bob, "m-1" in of_bob) == (True, False)
    assert lost_to_you(asks) == ["1 message to operator failed since you last looked"]


def test_a_look_shows_what_came_to_nothing_and_was_not_seen_before_all_else_and_no_more_is_seen_than_was_shown(
    asks: Team,
):
    for id in ("m-1", "m-2"):
        said(asks, "operator", "may I?", id=id, expires_s=0.3)
    is_lost(asks, "m-1", "m-2")
    for id in ("m-3", "m-4"):
        said(asks, "operator", "and this?", id=id)

    first, left, second = (
        look(asks, "ls", "--all", "--limit", "1"),
        lost_to_you(asks),
        look(asks, "ls", "--all", "--limit", "1"),
    )

    assert [each.splitlines()[1].split()[0] for each in (first, second)] == ["m-2", "m-1"]
    assert ["there are more" in each for each in (first, second)] == [True, True]
    assert left == ["1 message to operator failed since you last looked"]
    assert lost_to_you(asks) == []
    whole = asks.run("inbox", "ls", "--all", "--limit", "4")
    assert "there are more" not in whole.err
    assert [line.split()[0] for line in whole.out.splitlines()[1:]] == [
        "m-3",
        "m-4",
        "m-2",
        "m-1",
    ]


def test_what_was_given_to_a_full_disk_a_pipe_or_a_program_was_seen_by_nobody(asks: Team):
    said(asks, "operator", "may I?", id="m-1", expires_s=0.3)
    is_lost(asks, "m-1")

    for words in ("inbox ls --all >/dev/full", "inbox ls --all | cat", "inbox --all | cat", "inbox --all --json"):
        at_a_shell(asks, words)

        assert lost_to_you(asks) == ["1 message to operator failed since you last looked"]
    assert "looked at: stdout is not a terminal." in asks.run("inbox", "--all").err


def at_a_shell(team: Team, words: str) -> None:
    person = Terminal(team, script=f"$PEERD {words}")
    person.end()
    assert "Traceback" not in person.seen


def test_of_those_that_are_shown_one_after_the_other_those_are_seen_that_were_shown(asks: Team):
    for id in ("m-1", "m-2"):
        said(asks, "operator", "may I?", id=id, expires_s=0.3)
    is_lost(asks, "m-1", "m-2")
    said(asks, "operator", "and this?", id="m-3")

    assert Terminal(asks, "inbox", "--all", "--limit", "1").end() == 0
    assert lost_to_you(asks) == ["1 message to operator failed since you last looked"]

    person = Terminal(asks, "inbox", "--all")
    person.until(PROMPT)
    person.type("\x03")
    person.end()
    assert lost_to_you(asks) == []


def test_one_that_came_to_nothing_is_no_notice_any_more_once_it_lies_unread_again(asks: Team):
    said(asks, "operator", "may I?", id="m-1", expires_s=0.3)
    report(asks)
    assert lost_to_you(asks) == ["1 message to operator failed since you last looked"]

    asks.run("queue", "requeue", "m-1")

    assert lost_to_you(asks) == []


def test_a_daemon_that_was_down_meanwhile_does_so_at_its_start(asks: Team):
    said(asks, "operator", "may I?", id="m-1", expires_s=0.5)
    asks.kill_daemon()
    asks.start()

    eventually(lambda: asks.call("message.show", id="m-1", look=True)["state"] == "expired")


def test_who_waits_for_the_answer_is_told_at_once_and_by_that_alone(asks: Team):
    told = said(asks, "operator", "may I?", id="m-1", expires_s=0.3, wait="ended")

    assert (told["state"], told["why"]) == ("expired", "operator has not read it in time")


CLOCKS = """
import os
from peerd.daemon import main
from peerd.edges import clock
right, root = clock.wall, os.environ["PEERD_HOME"]
def said(name):
    try:
        with open(f"{root}/{name}") as file:
            return float(file.read() or 0)
    except FileNotFoundError:
        return 0.0
clock.wall = lambda: right() + said("set") + said("slept")
clock.slept = lambda: said("slept")
main.run()
"""
HOUR_S = 3600.0


@pytest.fixture
def asks_by_a_clock(team: Team) -> Team:
    team.start(sys.executable, "-c", CLOCKS)
    team.add("ada")
    team.call("peer.wake", peer="ada")
    return team


def turn(team: Team, clock: str, by_s: float) -> None:
    """`set`, or `slept`: by so much; the daemon looks at it as one more question comes to nothing."""
    Path(team.env["PEERD_HOME"], clock).write_text(str(by_s))
    said(team, "operator", "soon?", id=f"m-{clock}", expires_s=0.3)
    report(team, f"m-{clock}")


def stands(team: Team, id: str) -> tuple[str, str]:
    shown = team.call("message.show", id=id, look=True)
    return shown["state"], shown["task"]


def test_a_clock_that_is_set_forward_ends_no_question_and_the_sleep_of_the_machine_does(asks_by_a_clock: Team):
    said(asks_by_a_clock, "operator", "may I?", id="m-1", expires_s=HOUR_S - 60)
    said(asks_by_a_clock, "operator", "and that?", id="m-2", deadline_s=HOUR_S - 60)
    asks_by_a_clock.run("inbox", "read", "m-2")

    turn(asks_by_a_clock, "set", HOUR_S)
    stood = [stands(asks_by_a_clock, id) for id in ("m-1", "m-2")]
    turn(asks_by_a_clock, "slept", HOUR_S)

    assert stood == [("accepted", "open"), ("submitted", "open")]
    assert [stands(asks_by_a_clock, id) for id in ("m-1", "m-2")] == [("expired", "dead"), ("submitted", "dead")]


def test_a_question_waits_no_longer_for_a_clock_that_is_set_back(asks_by_a_clock: Team):
    said(asks_by_a_clock, "operator", "may I?", id="m-1", expires_s=1.0)

    turn(asks_by_a_clock, "set", -HOUR_S)

    assert "failed: operator has not read it in time." in report(asks_by_a_clock)["body"]
