"""What becomes of a removed peer's git worktree and branch: gone where nothing is lost by it, else left and told."""

import contextlib
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from peerd.errors import PeerdError
from tests.eventually import eventually
from tests.live.conftest import RUN_DAEMON, Ran, Team
from tests.live.test_removed_in_trouble import again, held, removed_by_halves, start
from tests.repository import (
    branches,
    changed,
    commit,
    git,
    hidden,
    on_no_branch,
    repository,
    smudged,
    staged,
    untracked,
    worktrees,
)

pytestmark = [pytest.mark.tmux, pytest.mark.git]


@pytest.fixture
def repo(up: Team) -> Path:
    return repository(up.root / "repo")


@pytest.fixture
def tree(up: Team, repo: Path) -> Path:
    """ada's."""
    up.call("peer.add", name="ada", runtime="actor", dir=str(repo / "code"), worktree=True)
    return Path(up.home.worktrees, "ada")


def left(ran: Ran, up: Team, tree: Path, why: str) -> bool:
    """The peer is gone, and its worktree told of in so many words."""
    assert (ran.code, up.call("peer.list")["peers"]) == (0, [])
    told = f"Its worktree {tree} stays, with peerd/ada: {why}. To delete it with all that is in it: "
    return told in ran.out and tree.is_dir()


def test_a_clean_worktree_goes_with_its_peer_and_so_does_its_branch(up: Team, repo: Path, tree: Path):
    (tree / "main.o").touch()
    up.send("ada", "hello", wait="ended", timeout_s=20)
    eventually(lambda: up.show("ada")["verdict"] == "idle")

    ran = up.run("rm", "ada")

    assert ran.out == f"ada is removed.\nIts worktree {tree} and peerd/ada are gone.\n"
    assert (worktrees(repo), tree.exists(), branches(repo)) == ([], False, ["main"])


def merging(tree: Path) -> None:
    git(tree, "checkout", "-q", "-b", "other")
    commit(tree)
    git(tree, "checkout", "-q", "peerd/ada")
    git(tree, "merge", "--no-commit", "--no-ff", "-q", "other")


@pytest.mark.parametrize(
    ("work", "why"),
    [
        (changed, "it has changed or untracked files"),
        (staged, "it has changed or untracked files"),
        (untracked, "it has changed or untracked files"),
        (hidden, "it has changed or untracked files"),
        (merging, "a merge is under way in it"),
        (on_no_branch, "it has commits that are on no branch"),
    ],
    ids=lambda each: getattr(each, "__name__", ""),
)
def test_a_worktree_with_work_in_it_stays_and_is_told(up: Team, repo: Path, tree: Path, work: Any, why: str):
    work(tree)
    held = sorted((each.name, each.is_file() and each.read_bytes()) for each in tree.rglob("*"))

    assert left(up.run("rm", "ada"), up, tree, why)

    assert sorted((each.name, each.is_file() and each.read_bytes()) for each in tree.rglob("*")) == held
    assert "peerd/ada" in branches(repo)


def test_the_commands_that_are_told_remove_what_stays(up: Team, repo: Path, tree: Path):
    changed(tree)
    commit(tree)
    untracked(tree)

    gone = up.run("rm", "ada", "--json").json["worktree"]

    assert (gone["path"], gone["repository"], gone["branch"]) == (str(tree), str(repo), "peerd/ada")
    assert [command.split()[:3] for command in gone["commands"]] == [["git", "-C", str(repo)]] * 2
    for command in gone["commands"]:
        git(repo, *command.split()[3:])
    assert (worktrees(repo), tree.exists(), branches(repo)) == ([], False, ["main"])


def test_a_worktree_that_was_left_can_be_gone_on_with(up: Team, repo: Path, tree: Path):
    untracked(tree)
    up.run("rm", "ada")

    again = up.run("add", "ada", "--runtime", "actor", "--dir", str(tree))

    assert again.code == 0, again.err
    assert up.run("rm", "ada").out == "ada is removed.\n"
    assert (tree / "new.c").exists()


def test_a_branch_with_commits_of_its_own_stays_and_is_named(up: Team, repo: Path, tree: Path):
    commit(tree)

    ran = up.run("rm", "ada")

    assert f"Its worktree {tree} is gone; peerd/ada stays: git branch: " in ran.out
    assert f"To delete it: git -C {repo} branch -D peerd/ada\n" in ran.out
    assert (worktrees(repo), branches(repo)) == ([], ["main", "peerd/ada"])


def test_a_branch_that_was_merged_is_deleted(up: Team, repo: Path, tree: Path):
    commit(tree)
    git(repo, "merge", "-q", "peerd/ada")

    up.run("rm", "ada")

    assert branches(repo) == ["main"]


def test_another_branch_that_was_left_checked_out_keeps_its_commits(up: Team, repo: Path, tree: Path):
    git(tree, "checkout", "-q", "-b", "theirs")
    commit(tree)

    up.run("rm", "ada")

    assert (worktrees(repo), branches(repo)) == ([], ["main", "theirs"])


def test_a_worktree_whose_folder_is_gone_is_taken_off_the_list(up: Team, repo: Path, tree: Path):
    shutil.rmtree(tree)

    assert up.run("rm", "ada").code == 0

    assert (worktrees(repo), branches(repo)) == ([], ["main"])


def test_a_worktree_that_a_person_removed_is_no_hindrance(up: Team, repo: Path, tree: Path):
    git(repo, "worktree", "remove", str(tree))

    assert up.run("rm", "ada").out == f"ada is removed.\nIts worktree {tree} and peerd/ada are gone.\n"


def test_a_worktree_whose_repository_is_gone_stays_and_its_peer_goes(up: Team, repo: Path, tree: Path):
    repo.rename(up.root / "elsewhere")

    ran = up.run("rm", "ada")

    assert f"Its worktree {tree} stays: it is no longer a worktree of its repository. " in ran.out
    assert (f"rm -r {tree}\n" in ran.out, tree.is_dir(), up.call("peer.list")["peers"]) == (True, True, [])


def test_a_folder_that_is_no_worktree_any_more_is_left(up: Team, repo: Path, tree: Path):
    """Also where the home itself lies in a repository that git finds instead."""
    git(up.root, "init", "-q")
    (tree / ".git").unlink()

    ran = up.run("rm", "ada")

    assert (f"rm -r {tree}\n" in ran.out, (tree / "code" / "main.c").exists()) == (True, True)


def test_a_worktree_made_from_another_is_removed_though_that_one_is_gone(up: Team, repo: Path):
    git(repo, "worktree", "add", "-q", "-b", "feature", str(up.root / "feature"))
    up.call("peer.add", name="ada", runtime="actor", dir=str(up.root / "feature"), worktree=True)
    git(repo, "worktree", "remove", str(up.root / "feature"))

    assert "are gone" in up.run("rm", "ada").out

    assert (worktrees(repo), branches(repo)) == ([], ["feature", "main"])


def test_a_renamed_peer_keeps_its_worktree_and_takes_it_along_when_it_goes(up: Team, repo: Path, tree: Path):
    up.run("rename", "ada", "eve")

    refused = up.run("add", "ada", "--runtime", "actor", "--dir", str(repo), "--worktree")
    ran = up.run("rm", "eve")

    assert (refused.code, "is eve's worktree. Choose another name." in refused.err) == (2, True)
    assert "worktree remove" not in refused.err
    assert ran.out == f"eve is removed.\nIts worktree {tree} and peerd/ada are gone.\n"


def test_a_worktree_by_hand_is_nothing_that_rm_touches(up: Team, repo: Path):
    git(repo, "worktree", "add", "-q", str(up.root / "mine"))
    up.call("peer.add", name="ada", runtime="actor", dir=str(up.root / "mine"))
    up.run("edit", "ada", "--set", f"worktree={repo}")

    assert up.run("rm", "ada").out == "ada is removed.\n"

    assert worktrees(repo) == [str(up.root / "mine")]


def test_what_a_daemon_that_was_killed_while_git_removes_had_begun_is_finished_by_the_next(
    up: Team, repo: Path, tree: Path
):
    """git looks at each file that was touched by way of the filter, which waits."""
    smudged(repo, "cat")
    git(tree, "merge", "-q", "main")
    git(
        repo,
        "config",
        "filter.slow.clean",
        f"touch {up.root}/begun; until [ -e {up.root}/go ]; do sleep 0.02; done; cat",
    )
    (tree / "code" / "main.c").touch()
    removing = up.popen("rm", "ada")
    eventually(lambda: (up.root / "begun").exists())
    up.kill_daemon()
    up.start()
    (up.root / "go").touch()
    assert removing.wait(20) == 0

    eventually(lambda: (worktrees(repo), tree.exists(), branches(repo)) == ([], False, ["main"]), within_s=10)
    eventually(lambda: not Path(up.home.peers, "ada.toml").exists())
    assert up.call("peer.list")["peers"] == []
    assert up.run("add", "ada", "--runtime", "actor", "--dir", str(repo / "code"), "--worktree").code == 0


DIES_FORGETTING = f"""
import os, signal
from peerd.store import writer
from peerd.store.write import ForgetPeer
right = writer.apply
def die(connection, write):
    if isinstance(write, ForgetPeer):
        os.kill(os.getpid(), signal.SIGKILL)
    return right(connection, write)
writer.apply = die
{RUN_DAEMON}
"""


def test_a_peer_that_is_not_removed_after_all_has_its_worktree(team: Team):
    repo = repository(team.root / "repo")
    team.start(sys.executable, "-c", DIES_FORGETTING)
    team.call("peer.add", name="ada", runtime="actor", dir=str(repo / "code"), worktree=True)
    with contextlib.suppress(PeerdError):
        team.call("peer.remove", peer="ada", timeout_s=10)
    eventually(lambda: team.died, within_s=10)
    team.start()

    assert team.run("wake", "ada").code == 0


def test_one_that_lost_its_worktree_says_how_to_go_on(up: Team, repo: Path, tree: Path):
    shutil.rmtree(tree)

    refused = up.run("wake", "ada")

    how = f"peerd add ada --runtime actor --dir {repo}/code --worktree"
    assert f"its worktree was removed: `peerd rm ada` removes the peer too, `{how}` then makes both" in refused.err
    assert (up.run("rm", "ada").code, up.run(*how.split()[1:]).code) == (0, 0)
    assert up.run("wake", "ada").code == 0


def test_a_worktree_that_another_peer_goes_on_in_is_not_taken_away_by_a_later_daemon(team: Team):
    repo, tree = repository(team.root / "repo"), Path(team.home.worktrees, "ada")
    start(team)
    team.call("peer.add", name="ada", runtime="actor", dir=str(repo), worktree=True)
    untracked(tree)
    held(team).touch()
    removed_by_halves(team)
    team.call("peer.add", name="bob", runtime="actor", dir=str(tree))
    (tree / "new.c").unlink()

    held(team).unlink()
    again(team)

    eventually(lambda: not Path(team.home.peers, "ada.toml").exists())
    assert tree.is_dir()
