"""A service that is refreshed or begun anew: it has no turns, so that it is replaced at once."""

import pytest

from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_kinds import serves

pytestmark = pytest.mark.tmux


@pytest.mark.parametrize("command", ["refresh", "new"])
def test_a_service_that_is_refreshed_or_begun_anew_runs_by_its_new_spec(team: Team, command: str):
    serves(team, f"echo $MODE >>{team.work}/modes")
    eventually(lambda: team.show("web")["phase"] == "running", within_s=10)
    before = team.session("web").id
    assert "`peerd refresh web`" in team.run("edit", "web", "--set", 'env={MODE="new"}').out

    ran = team.run(command, "web")

    assert (ran.code, ran.err) == (0, "")
    eventually(lambda: team.show("web")["session"] not in (None, before), within_s=10)
    eventually(lambda: (team.work / "modes").read_text() == "\nnew\n", within_s=10)
    assert team.show("web")["last_end"]["cause"] == "replaced"
