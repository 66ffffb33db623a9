"""A team that is brought about while the file of a peer of it is broken: that file is told of, not the team's."""

import pytest

from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_broken_specs import ada, broken, names, notices, waited_for
from tests.live.test_roster import file_of

pytestmark = pytest.mark.tmux

__all__ = ("ada", "waited_for")  # fixtures

TEAMS = "[peers.ada]\nruntime = 'actor'\ndir = '.'\n"


def teams_file(team: Team, text: str = TEAMS) -> str:
    file = team.work / "team.toml"
    file.write_text(text)
    return str(file)


def test_who_brings_its_team_about_is_told_of_its_file_and_not_of_the_teams(ada: Team):
    ran = ada.run("up", teams_file(ada), "--yes")

    assert (ran.code, ran.err.startswith(f"peerd: {file_of(ada, 'ada')}: ")) == (78, True)
    assert ("team.toml" in ran.err, "orrect the file" in ran.err) == (False, True)


def test_what_a_teams_file_would_make_wrong_besides_is_a_matter_of_that(ada: Team):
    ran = ada.run("up", teams_file(ada, TEAMS + "env = 3\n"), "--yes")

    assert (ran.code, ran.err.startswith(f"peerd: {ada.work / 'team.toml'}: peers.ada: ")) == (78, True)
    assert "`$.env`" in ran.err


def test_a_teams_file_that_sets_the_field_that_is_wrong_mends_it(waited_for: Team):
    broken(waited_for, "args = 3\n")
    waited_for.start()

    assert waited_for.run("up", teams_file(waited_for, TEAMS + "args = []\n"), "--yes").code == 0

    eventually(lambda: notices(waited_for) == [])
    assert waited_for.show("ada")["spec"]["idle_s"] == 77


def test_no_team_is_begun_of_which_a_new_peers_name_has_a_broken_file_of_nobodys(up: Team):
    file_of(up, "eve").write_text("x = [\n")
    text = TEAMS + "[peers.eve]\nruntime = 'actor'\ndir = '.'\n"

    ran = up.run("up", teams_file(up, text), "--yes")

    assert (ran.code, ran.err.startswith(f"peerd: {file_of(up, 'eve')}: ")) == (78, True)
    assert names(up) == []
