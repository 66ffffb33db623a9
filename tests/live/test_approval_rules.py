"""Permissions that nobody answers: a rule does, as far as it says so, and else they stand, louder."""

import os
from pathlib import Path

import pytest

from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_approvals import APPROVED, answers, asking, stands

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


def ruled(team: Team) -> None:
    os.makedirs(team.home.config, exist_ok=True)
    Path(team.home.settings_file).write_text(RULES)
    team.start()


def test_a_rule_answers_what_it_matches_and_says_so(team: Team):
    ruled(team)
    record = str(team.root / "record")
    team.add("ada", "actor", "--permission-on", "danger", "--permission-then", "worse", "--record", record)
    team.send("ada", "danger", timeout_s=20)

    eventually(lambda: len(answers(team)) == 2)
    assert answers(team) == [APPROVED, ("refused", "Allow running worse?")]
    eventually(lambda: 'by="rule 1 (dangers)"' in team.log() and 'by="rule 2"' in team.log())


def test_what_no_rule_answers_is_told_to_be_late_and_denied_only_where_a_rule_says_so(team: Team):
    ruled(team)
    record = str(team.root / "record")
    team.add("ada", "actor", "--permission-on", "rest", "--record", record)
    team.send("ada", "rest", timeout_s=20)

    eventually(lambda: answers(team) == [("refused", "Allow running rest?")], within_s=10)
    assert "ev=approval-expired" in team.log()
    eventually(lambda: "nobody answered" in team.log())


def test_what_nobody_answers_stands_and_is_urgent(team: Team):
    os.makedirs(team.home.config, exist_ok=True)
    Path(team.home.settings_file).write_text("approval_remind_s = 1\napproval_expires_s = 1\n")
    team.start()
    asked = asking(team)

    eventually(lambda: "ev=approval-expired" in team.log(), within_s=5)
    assert stands(team)["id"] == asked["id"]
    assert answers(team) == []
    assert any("nobody has answered in time" in each for each in team.call("daemon.status")["notices"])
