"""A team's file and git worktrees: told in the plan, made once, and no reason to change anything afterwards."""

import os
from pathlib import Path

import pytest

from tests.live.conftest import Ran, Team
from tests.live.test_removed_in_trouble import held, removed_by_halves, start
from tests.repository import branches, git, repository, worktrees

pytestmark = [pytest.mark.tmux, pytest.mark.git]

ADA = """
[peers.ada]
runtime = "actor"
dir = "repo"
worktree = true
"""
TEAM = """
[peers.ada]
runtime = "actor"
dir = "repo/code"

[peers.bob]
runtime = "actor"
dir = "repo"
worktree = {bob}
"""


@pytest.fixture
def repo(up: Team) -> Path:
    return repository(up.root / "repo")


def bring_up(up: Team, text: str, *options: str) -> Ran:
    file = up.root / "team.toml"
    file.write_text(text)
    return up.run("up", str(file), *options)


def test_a_plan_tells_of_worktrees_and_makes_none(up: Team, repo: Path):
    plan = bring_up(up, TEAM.format(bob="true"), "--dry-run")
    told = bring_up(up, TEAM.format(bob="true"), "--dry-run", "--worktree", "--json").json["steps"]

    assert plan.out.splitlines() == [
        "+ ada: add (dir, runtime)",
        f"+ bob: add (dir, runtime), in a git worktree of {repo} on peerd/bob",
    ]
    assert [step["worktree"]["path"] for step in told] == [f"{up.home.worktrees}/{name}" for name in ("ada", "bob")]
    assert (worktrees(repo), branches(repo), os.listdir(up.home.peers)) == ([], ["main"], [])


def test_every_peer_that_is_added_gets_one_but_who_is_to_have_none(up: Team, repo: Path):
    assert bring_up(up, TEAM.format(bob="false"), "--yes", "--worktree").code == 0

    assert worktrees(repo) == [f"{up.home.worktrees}/ada"]
    spec = up.show("ada")["spec"]
    assert (spec["dir"], spec["worktree"]) == (f"{up.home.worktrees}/ada/code", str(repo))
    assert up.show("bob")["spec"]["dir"] == str(repo)


@pytest.mark.parametrize("options", [(), ("--worktree",)], ids=["plain", "with --worktree"])
def test_the_same_file_again_changes_nothing(up: Team, repo: Path, options: tuple[str, ...]):
    bring_up(up, TEAM.format(bob="true"), "--yes")
    before = {name: Path(up.home.peers, name).read_bytes() for name in os.listdir(up.home.peers)}

    again = bring_up(up, TEAM.format(bob="true"), "--yes", *options)

    assert again.out.splitlines() == [
        "  ada: keep (dir, runtime)",
        "  bob: keep (dir, runtime)",
        "added or changed: 0 of 2 peers; woken: 0.",
    ]
    assert {name: Path(up.home.peers, name).read_bytes() for name in os.listdir(up.home.peers)} == before
    assert worktrees(repo) == [f"{up.home.worktrees}/bob"]


def test_a_change_leaves_a_peer_in_its_worktree_also_by_way_of_a_link(up: Team, repo: Path):
    bring_up(up, TEAM.format(bob="true"), "--yes")
    (up.root / "link").symlink_to(repo)
    text = TEAM.format(bob="true").replace('"repo"', '"link"') + "idle_s = 60\n"

    assert "~ bob: change" in bring_up(up, text, "--yes").out

    spec = up.show("bob")["spec"]
    assert (spec["dir"], spec["worktree"], spec["idle_s"]) == (f"{up.home.worktrees}/bob", str(repo), 60.0)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (TEAM.format(bob="false"), "worktree = false, but it is there already, with a worktree"),
        (TEAM.format(bob="true").replace('"repo"', '"work"'), "but it has a worktree of"),
        (TEAM.format(bob="true").replace('"repo"', '"repo/code"'), "but it has a worktree of"),
        (
            TEAM.format(bob="true") + "[peers.eve]\nruntime = 'actor'\ndir = 'work'\nworktree = true\n",
            "not a folder of a git",
        ),
        (TEAM.format(bob="true").replace("[peers.bob]", "worktree = true\n[peers.bob]"), "already, without one"),
        (TEAM.format(bob="'yes'"), "worktree is true or false"),
    ],
    ids=["out of it", "elsewhere", "another folder of it", "no repository", "into one", "no flag"],
)
def test_a_team_that_cannot_be_is_not_begun(up: Team, repo: Path, text: str, told: str):
    bring_up(up, TEAM.format(bob="true"), "--yes")
    before = up.call("peer.list")["peers"]

    ran = bring_up(up, text, "--yes")

    assert (ran.code != 0, told in ran.err) == (True, True), ran.err
    assert (up.call("peer.list")["peers"], worktrees(repo)) == (before, [f"{up.home.worktrees}/bob"])


def test_peers_of_one_repository_do_not_tread_on_each_other(up: Team, repo: Path):
    bring_up(up, TEAM.format(bob="true"), "--yes", "--worktree")
    ada, bob = (Path(up.home.worktrees, name) for name in ("ada", "bob"))
    (ada / "code" / "main.c").write_text("int ada;\n")

    assert git(bob, "status", "--porcelain") == git(repo, "status", "--porcelain") == ""


def test_the_file_of_a_removed_peer_that_is_there_still_is_in_no_plans_way_and_stays_until_it_is_done(team: Team):
    repo = repository(team.root / "repo")
    start(team)
    bring_up(team, ADA, "--yes")
    held(team).touch()
    removed_by_halves(team)
    file = Path(team.home.peers, "ada.toml")
    assert "still exists" in bring_up(team, ADA, "--yes").err
    held(team).unlink()

    planned = bring_up(team, ADA, "--dry-run")
    assert (planned.code, file.exists(), worktrees(repo)) == (0, True, [])
    assert "+ ada: add" in planned.out

    assert bring_up(team, ADA, "--yes").code == 0
    assert worktrees(repo) == [f"{team.home.worktrees}/ada"]


def test_a_file_that_was_written_since_a_removal_is_in_the_plans_way(team: Team):
    repository(team.root / "repo")
    start(team)
    bring_up(team, ADA, "--yes")
    held(team).touch()
    removed_by_halves(team)
    written = Path(team.home.peers, "ada.toml")
    written.write_text("[[[")

    assert bring_up(team, ADA, "--dry-run").err.startswith(f"peerd: {written}: ")
