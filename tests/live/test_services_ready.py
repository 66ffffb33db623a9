"""Services that say that they are ready: once is enough, whatever they print after it and whoever was away."""

import pytest

from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_declared_runtimes import declare
from tests.live.test_kinds import SERVICE

pytestmark = pytest.mark.tmux

CHATTERS = "seq 1 300"


def declared(team: Team, script: str, fields: str = "ready = '^serving on'") -> None:
    declare(team, SERVICE % (script, fields), "pull")


def test_a_service_whose_line_has_scrolled_away_is_up(team: Team):
    declared(team, f"echo serving on 80; {CHATTERS}")
    team.start()
    team.add("web", "pull", boot_deadline_s=3)

    eventually(lambda: team.show("web")["phase"] == "running", within_s=10)

    assert team.log().count("ev=session-started") == 1


def test_a_line_that_was_printed_while_no_daemon_ran_counts(team: Team):
    go = team.work / "go"
    declared(team, f"while [ ! -e {go} ]; do sleep 0.05; done; echo serving on 80; {CHATTERS}; touch {go}.done")
    team.start()
    team.add("web", "pull")
    eventually(lambda: "ev=session-started" in team.log(), within_s=10)
    team.kill_daemon()
    go.touch()
    eventually(lambda: (team.work / "go.done").exists(), within_s=10)

    team.start()

    eventually(lambda: team.show("web")["phase"] == "running", within_s=10)
