"""Permissions that nobody answers: a rule does, as far as it says so, and else they stand, louder."""

import os
import sys
from pathlib import Path

import pytest

from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_approvals import APPROVED, answers, asking, of, open_ones, stands
from tests.live.test_holds import at_the_keyboard
from tests.live.test_prompts_closed import journal

pytestmark = pytest.mark.tmux

RULES = """\
approval_remind_s = 1
approval_expires_s = 1
[[approve]]
tool = "run"
input = { command = "da[a-z]+" }
answer = "approve"
name = "dangers"
[[approve]]
tool = "run"
input = { command = "worse" }
answer = "deny"
[[approve]]
tool = "*"
answer = "ask"
on_expiry = "deny"
"""


def rules(team: Team, text: str = RULES) -> None:
    os.makedirs(team.home.config, exist_ok=True)
    Path(team.home.settings_file).write_text(text)


def ruled(team: Team) -> None:
    rules(team)
    team.start()


def test_a_rule_answers_what_it_matches_and_says_so(team: Team):
    ruled(team)
    record = str(team.root / "record")
    team.add("ada", "actor", "--permission-on", "danger", "--permission-then", "worse", "--record", record)
    team.send("ada", "danger", timeout_s=20)

    eventually(lambda: len(answers(team)) == 2)
    assert answers(team) == [APPROVED, ("refused", "Allow running worse?")]
    eventually(
        lambda: 'state=approved by="rule 1 (dangers)"' in team.log() and 'state=denied by="rule 2"' in team.log()
    )


def test_what_no_rule_answers_is_told_to_be_late_and_denied_only_where_a_rule_says_so(team: Team):
    ruled(team)
    record = str(team.root / "record")
    team.add("ada", "actor", "--permission-on", "rest", "--record", record)
    team.send("ada", "rest", timeout_s=20)

    eventually(lambda: answers(team) == [("refused", "Allow running rest?")], within_s=10)
    assert "ev=approval-expired" in team.log()
    eventually(lambda: "nobody answered" in team.log())


def test_what_nobody_answers_stands_and_is_urgent(team: Team):
    rules(team, "approval_expires_s = 1\n")
    team.start()
    asked = asking(team)

    eventually(lambda: "ev=approval-expired" in team.log(), within_s=5)
    (told,) = eventually(lambda: [each for each in team.call("notice.list")["notices"] if each["count"] == 2])
    assert (told["severity"], told["about"]) == ("urgent", asked["id"])
    assert stands(team)["id"] == asked["id"]
    assert answers(team) == []
    assert any("nobody has answered in time" in each for each in team.call("daemon.status")["notices"])


def test_a_rule_is_asked_of_what_stood_before_its_daemon_came(team: Team):
    team.start()
    asking(team, "--permission-then", "worse")
    team.kill_daemon()
    rules(team)
    team.start()

    eventually(lambda: 'state=approved by="rule 1 (dangers)"' in team.log())
    (later,) = eventually(lambda: [each for each in open_ones(team) if each["input"] == {"command": "worse"}])
    assert not later["certain"], "what else was asked is not known"
    assert answers(team) == [APPROVED]


def test_what_was_asked_while_no_daemon_ran_is_a_persons(team: Team):
    """Nobody saw what else was asked, and answered, meanwhile."""
    team.start()
    asking(team, "--permission-then", "dangerous")
    team.kill_daemon()
    rules(team)
    at_the_keyboard(team, "ada", "send-keys", "1")
    eventually(lambda: journal(team).count('"prompt_opened"') == 2)
    team.start()

    later = eventually(lambda: [each for each in open_ones(team) if each["input"] == {"command": "dangerous"}])
    assert not later[0]["certain"]
    assert answers(team) == [APPROVED]


def test_one_that_is_late_is_denied_also_where_the_daemon_died_as_it_said_so(team: Team):
    team.start()
    asked = asking(team, on="rest")
    team.kill_daemon()
    rules(team)
    team.start_dying("SetApproval")
    eventually(lambda: team.died)
    assert "ev=approval-expired" in team.log()
    assert answers(team) == []
    team.start()

    eventually(lambda: answers(team) == [("refused", "Allow running rest?")])
    eventually(lambda: of(team, asked["id"])["by"] == "rule 3, as nobody answered")


SET_FORWARD = """
import os
import sys
from peerd.daemon import main
from peerd.edges import clock
right = clock.wall
clock.wall = lambda: right() + 7200 * os.path.exists(os.environ["PEERD_HOME"] + "/set")
main.run()
"""


def test_a_clock_that_is_set_makes_none_late(team: Team):
    team.start(sys.executable, "-c", SET_FORWARD)
    asking(team)
    Path(team.env["PEERD_HOME"], "set").touch()

    told = team.call("notice.list")["notices"]

    assert [(each["kind"], each["severity"]) for each in told] == [("approval", "warning")]


def test_a_key_that_was_overlooked_is_pressed_again_for_a_rule(team: Team):
    rules(team, RULES.partition("approval_expires_s = 1\n")[2])
    team.start()
    asking(team, "--overlooks", "1")

    eventually(lambda: answers(team) == [APPROVED], within_s=15)
    eventually(lambda: 'state=approved by="rule 1 (dangers)"' in team.log())
