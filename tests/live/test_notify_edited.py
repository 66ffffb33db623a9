"""Commands that tell a person, and what waits for them while `peerd.toml` is edited."""

import pytest

from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_notify import Told, ask_operator, now_and_then, waits_to_be_told

pytestmark = pytest.mark.tmux


def by_night(team: Team) -> Told:
    """The night is now."""
    team.env["TZ"] = "UTC"
    return Told(team, quiet=now_and_then())


def test_what_waited_for_a_command_is_told_by_it_as_it_is_edited_and_nothing_is_left_of_the_old_one(team: Team):
    told = by_night(team)
    team.start()
    ask_operator(team, "which?", "t1")
    eventually(lambda: waits_to_be_told(team) == ["on t1"])

    told.tables({"command": [str(team.root / "tell"), "now: {title}"]})
    assert team.run("daemon", "restart").code == 0

    assert told.once()["argv"] == ["now: peerd: sh asks"]
    eventually(lambda: waits_to_be_told(team) == [])
    assert len(team.store().pending()) == 1


@pytest.mark.parametrize("swapped", [False, True])
def test_two_tables_with_one_command_have_each_what_waits_for_it(team: Team, swapped: bool):
    told, night = by_night(team), {"quiet": now_and_then(), "urgent_too": False}
    abouts = [{"about": ["message"]}, {"about": ["notice"]}][:: -1 if swapped else 1]
    told.tables(*(night | each for each in abouts))
    team.start()
    ask_operator(team, "which?", "t1")
    team.add("eve", "shell", bin="/bin/false", backoff_base_s=0.05, probe_base_s=3600)
    team.send("eve", "echo", wait="accepted")
    eventually(lambda: sorted(waits_to_be_told(team)) == ["eve", "on t1"], within_s=15)
    team.kill_daemon()

    told.tables(*abouts)
    team.start()

    eventually(lambda: waits_to_be_told(team) == [], within_s=15)
    assert sorted(each["argv"][0] for each in told.runs) == ["peerd: sh asks", "peerd: urgent: down: eve"]


def test_what_was_read_meanwhile_is_not_told_by_the_next_daemon(team: Team):
    told = by_night(team)
    team.start()
    for n in range(2):
        ask_operator(team, f"question {n}", f"t{n}")
    first = team.run("inbox", "ls", "--json").json["messages"][0]
    assert team.run("inbox", "read", first["id"]).code == 0
    assert waits_to_be_told(team) == ["on t0", "on t1"]

    told.tables({})
    assert team.run("daemon", "restart").code == 0

    assert told.once()["argv"][1].startswith("on t1: ")
    eventually(lambda: waits_to_be_told(team) == [])


def test_what_waits_for_a_command_that_is_gone_is_dropped_and_the_log_says_so(team: Team):
    told = by_night(team)
    team.start()
    ask_operator(team, "which?", "t1")
    told.tables()

    assert team.run("daemon", "restart").code == 0

    assert 'ev=notify-failed to="tell, table 1" count=1 why="no [[notify]] table matches it now"' in team.log()
    eventually(lambda: team.store().pending() == {})
