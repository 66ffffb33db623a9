"""What a hook tells of may be drawn later than a moment after it: another hook takes its time, or the machine does."""

from pathlib import Path
from typing import Any

import pytest

from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.persons import at_a_terminal
from tests.live.test_approvals import APPROVED, answers, of, stands
from tests.live.test_holds import at_the_keyboard
from tests.live.test_prompts_closed import activity, journal

pytestmark = pytest.mark.tmux

LATE = ("--permission-drawn-after-s", "4", "--permission-on", "danger", "--busy-s", "1")


def asked_late(team: Team, *flags: str) -> dict[str, Any]:
    team.add("ada", "actor", *LATE, "--record", str(team.root / "record"), *flags)
    team.send("ada", "a danger to life", id="m-1", timeout_s=20)
    eventually(lambda: activity(team) == "busy")
    eventually(lambda: team.call("approval.list")["approvals"], within_s=8)
    return stands(team)


def test_a_prompt_that_is_drawn_late_is_listed_in_full_and_noticed_and_its_peer_is_blocked(up: Team):
    asked = asked_late(up)

    assert (asked["tool"], asked["input"], asked["certain"]) == ("run", {"command": "danger"}, True)
    eventually(lambda: [each["kind"] for each in up.call("notice.list")["notices"]] == ["approval"])
    eventually(lambda: activity(up) == "blocked")
    at_the_keyboard(up, "ada", "send-keys", "1")
    eventually(lambda: of(up, asked["id"])["state"] == "gone")
    assert up.call("message.wait", id="m-1", until="ended", timeout_s=10)["task"] == "answered"
    assert activity(up) == "idle"


def test_a_rule_answers_it(team: Team):
    Path(team.home.settings_file).parent.mkdir(parents=True, exist_ok=True)
    Path(team.home.settings_file).write_text(
        '[[approve]]\ntool = "run"\ninput = { command = "danger" }\nanswer = "approve"\n'
    )
    team.start()
    team.add("ada", "actor", *LATE, "--record", str(team.root / "record"))

    done = team.send("ada", "a danger to life", id="m-1", wait="ended", timeout_s=20)

    assert (done["task"], answers(team)) == ("answered", [APPROVED])


def test_one_that_is_asked_for_in_no_turn_is_listed_and_noticed_however_late_it_is_drawn(team: Team):
    Path(team.home.settings_file).parent.mkdir(parents=True, exist_ok=True)
    Path(team.home.settings_file).write_text("silent_s = 1\n")
    team.start()
    team.add("ada", "actor", "--permission-after-s", "0.5", "--permission-drawn-after-s", "4")
    team.call("peer.wake", peer="ada", timeout_s=20)
    eventually(lambda: "prompt_opened" in journal(team))
    eventually(lambda: activity(team) == "idle")

    eventually(lambda: team.call("approval.list")["approvals"], within_s=10)

    asked = stands(team)
    eventually(lambda: [each["kind"] for each in team.call("notice.list")["notices"]] == ["approval"])
    eventually(lambda: activity(team) == "blocked")
    at_the_keyboard(team, "ada", "send-keys", "1")
    eventually(lambda: of(team, asked["id"])["state"] == "gone")
    assert team.send("ada", "again", id="m-1", wait="ended", timeout_s=20)["task"] == "answered"


def test_one_that_no_hook_told_this_daemon_of_is_listed_though_other_tools_of_its_turn_go_on(team: Team):
    Path(team.home.settings_file).parent.mkdir(parents=True, exist_ok=True)
    Path(team.home.settings_file).write_text("census_s = 1\n")
    team.start()
    team.add("ada", "actor", *LATE)
    team.send("ada", "a danger to life", id="m-1", timeout_s=20)
    eventually(lambda: "prompt_opened" in journal(team))
    eventually(lambda: activity(team) == "busy")
    team.kill_daemon()
    team.start()

    eventually(lambda: another_tool_ran(team) and team.call("approval.list")["approvals"], within_s=15)

    asked = stands(team)
    assert (asked["tool"], asked["question"]) == (None, "Allow running danger?")
    eventually(lambda: activity(team) == "blocked")
    eventually(lambda: [each["kind"] for each in team.call("notice.list")["notices"]] == ["approval"])
    assert at_a_terminal(team, "approve", asked["id"], "--yes").code == 0
    assert team.call("message.wait", id="m-1", until="ended", timeout_s=10)["task"] == "answered"


def another_tool_ran(team: Team) -> bool:
    with Path(team.home.session(team.session("ada").id), "journal").open("a") as file:
        file.write('{"ev":"turn_began"}\n')
    return True
