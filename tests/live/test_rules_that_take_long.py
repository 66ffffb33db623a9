"""A pattern that takes for ever holds nobody up but what it would answer: that is left to a person."""

import pytest

from tests.live.conftest import Team
from tests.live.test_approval_rules import rules
from tests.live.test_approvals import answers, asking, of

pytestmark = pytest.mark.tmux

WORD = "a" * 40 + "#"  # over which the first pattern takes longer than the world is old
RULES = """\
[[approve]]
tool = "run"
input = { command = '([\\w./:?=-]+ ?)+' }
answer = "approve"
[[approve]]
tool = "*"
answer = "deny"
"""


def test_a_rule_that_takes_for_ever_leaves_the_daemon_at_work_and_a_person_asked(team: Team):
    rules(team, RULES)
    team.start()  # which looks at its rules, for one that approves anything

    asked = asking(team, on=WORD)

    assert asked["input"] == {"command": WORD}
    assert team.call("daemon.status")["notices"]
    assert [each["kind"] for each in team.call("notice.list")["notices"]] == ["approval"]
    assert (of(team, asked["id"])["state"], answers(team)) == ("open", [])
