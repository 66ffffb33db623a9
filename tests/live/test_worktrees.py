"""Peers with a git worktree of their own, for real: made with them, refused with nothing made, taken up again."""

import os
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from peerd.errors import GitError, TryAgain, UsageError
from tests.eventually import eventually
from tests.live.conftest import Team
from tests.repository import branches, commit, git, repository, smudged, worktrees

pytestmark = [pytest.mark.tmux, pytest.mark.git]


@pytest.fixture
def repo(team: Team) -> Path:
    return repository(team.root / "repo")


def add(team: Team, repo: Path, name: str = "ada", **params: Any) -> dict[str, Any]:
    return team.call("peer.add", name=name, dir=str(repo), worktree=True, **({"runtime": "actor"} | params))


def path_of(team: Team, name: str = "ada") -> Path:
    return Path(team.home.worktrees, name)


def nothing_made(team: Team, repo: Path) -> bool:
    made = (worktrees(repo), os.listdir(team.home.peers), path_of(team).exists())
    return made == ([], [], False) and "peerd/ada" not in branches(repo)


def test_a_peer_works_in_a_worktree_on_a_branch_of_its_own(repo: Path, up: Team):
    ran = up.run("add", "sh", "--runtime", "shell", "--dir", str(repo / "code"), "--worktree")

    path = path_of(up, "sh")
    assert f"It works in {path}, a git worktree of {repo} on peerd/sh.\n" in ran.out
    said = up.run("ask", "sh", "pwd; git rev-parse --abbrev-ref HEAD").out
    assert said.splitlines() == [str(path / "code"), "peerd/sh"]
    assert git(repo, "rev-parse", "--abbrev-ref", "HEAD") == "main"
    shown = up.run("show", "sh")
    assert f"in {path}/code, a git worktree of {repo}\n" in shown.out
    spec = up.run("show", "sh", "--json").json["spec"]
    assert (spec["dir"], spec["worktree"]) == (str(path / "code"), str(repo))


def test_a_detached_repository_and_a_bare_one_are_fine(repo: Path, up: Team):
    git(repo, "checkout", "-q", "--detach")
    git(repo, "clone", "-q", "--bare", ".", str(up.root / "bare"))

    add(up, repo)
    add(up, up.root / "bare", "bob")

    assert (worktrees(repo), worktrees(up.root / "bare")) == ([str(path_of(up))], [str(path_of(up, "bob"))])
    assert up.show("bob")["spec"]["worktree"] == str(up.root / "bare")


def test_a_branch_that_is_there_is_gone_on_with(repo: Path, up: Team):
    git(repo, "checkout", "-q", "-b", "peerd/ada")
    earlier = commit(repo)
    git(repo, "checkout", "-q", "main")

    add(up, repo)

    assert git(path_of(up), "rev-parse", "HEAD") == earlier


def in_no_repository(team: Team, repo: Path) -> Path:
    return team.work


def in_an_empty_one(team: Team, repo: Path) -> Path:
    git(team.work, "init", "-q")
    return team.work


def in_an_empty_bare_one(team: Team, repo: Path) -> Path:
    git(team.work, "init", "-q", "--bare")
    return team.work


def in_a_folder_not_committed(team: Team, repo: Path) -> Path:
    (repo / "new").mkdir()
    return repo / "new"


def where_the_branch_is_taken(team: Team, repo: Path) -> Path:
    git(repo, "checkout", "-q", "-b", "peerd/ada")
    return repo


def where_a_branch_is_in_the_way(team: Team, repo: Path) -> Path:
    git(repo, "branch", "peerd")
    return repo


def where_the_path_is_taken(team: Team, repo: Path) -> Path:
    path_of(team).mkdir(parents=True)
    (path_of(team) / "new.c").touch()
    return repo


def where_work_was_left(team: Team, repo: Path) -> Path:
    left_over(team, repo)
    (path_of(team) / "new.c").touch()
    return repo


def where_another_branch_is_checked_out(team: Team, repo: Path) -> Path:
    left_over(team, repo)
    git(path_of(team), "checkout", "-q", "-b", "theirs")
    return repo


def where_the_folder_is_gone(team: Team, repo: Path) -> Path:
    left_over(team, repo)
    path_of(team).rename(team.root / "moved")
    return repo


def where_it_is_locked(team: Team, repo: Path) -> Path:
    left_over(team, repo)
    git(repo, "worktree", "lock", str(path_of(team)))
    return repo


def where_it_is_anothers(team: Team, repo: Path) -> Path:
    left_over(team, repo)
    fields = {"name": "bob", "runtime": "actor", "dir": str(path_of(team)), "worktree": str(repo)}
    Path(team.home.peers, "bob.toml").write_text("".join(f'{key} = "{value}"\n' for key, value in fields.items()))
    eventually(lambda: any(row["peer"] == "bob" for row in team.call("peer.list")["peers"]))
    return repo


def left_over(team: Team, repo: Path) -> None:
    """As a daemon leaves it that is killed before it has written the spec."""
    git(repo, "worktree", "add", "-b", "peerd/ada", str(path_of(team)))


@pytest.mark.parametrize(
    ("where", "told"),
    [
        (in_no_repository, "is not a folder of a git repository"),
        (in_an_empty_one, "has no commit yet"),
        (in_an_empty_bare_one, "has no commit yet"),
        (in_a_folder_not_committed, "new is not a folder in HEAD of"),
        (where_the_branch_is_taken, "branch peerd/ada is checked out in"),
        (where_a_branch_is_in_the_way, "branch peerd leaves no room for peerd/ada"),
        (where_the_path_is_taken, "exists and is not a worktree of"),
        (where_work_was_left, "it has changed or untracked files"),
        (where_another_branch_is_checked_out, "it is not on branch peerd/ada"),
        (where_the_folder_is_gone, "its folder is gone"),
        (where_it_is_locked, "it is locked"),
        (where_it_is_anothers, "is bob's worktree. Choose another name. Nothing was added.$"),
    ],
    ids=lambda each: getattr(each, "__name__", ""),
)
def test_what_cannot_be_is_refused_and_nothing_is_made(repo: Path, up: Team, where: Any, told: str):
    folder = where(up, repo)
    before = (worktrees(repo), branches(repo), os.listdir(up.home.peers))

    with pytest.raises(UsageError, match=told):
        add(up, folder)

    assert (worktrees(repo), branches(repo), os.listdir(up.home.peers)) == before


def test_a_worktree_whose_folder_is_gone_is_forgotten_by_the_command_that_is_named(repo: Path, up: Team):
    where_the_folder_is_gone(up, repo)
    with pytest.raises(UsageError, match="Have git forget it: `.+`. Nothing was added.") as refused:
        add(up, repo)

    subprocess.run(shlex.split(str(refused.value).split("`")[1]), check=True, timeout=20)

    assert add(up, repo)["worktree"]["path"] == str(path_of(up))


@pytest.mark.parametrize(
    "wrong", [{"runtime": "nosuch"}, {"bin": "nosuch"}, {"set": {"idle_s": "0"}}, {"set": {"worktree": "/x"}}], ids=str
)
def test_a_peer_that_is_refused_gets_no_worktree(repo: Path, up: Team, wrong: dict[str, Any]):
    with pytest.raises(UsageError):
        add(up, repo, **wrong)

    assert nothing_made(up, repo)


def test_a_name_that_is_taken_by_a_broken_spec_gets_no_worktree(repo: Path, up: Team):
    Path(up.home.peers, "ada.toml").write_text("[[[")

    with pytest.raises(UsageError, match="exists already"):
        add(up, repo)

    assert (worktrees(repo), branches(repo), "worktree-made" in up.log()) == ([], ["main"], False)


def test_a_spec_that_cannot_be_written_takes_the_worktree_away_again(repo: Path, up: Team):
    assert up.daemon is not None
    Path(up.home.peers, f".ada.toml.{up.daemon.pid}.new").mkdir()

    with pytest.raises(TryAgain):
        add(up, repo)

    assert (worktrees(repo), branches(repo), path_of(up).exists()) == ([], ["main"], False)


def test_a_checkout_that_fails_or_takes_too_long_leaves_nothing(repo: Path, up: Team):
    smudged(repo, "exec sleep 50")
    with pytest.raises(GitError, match="had not ended after 0.5 s"):
        add(up, repo, timeout_s=0.5)
    assert nothing_made(up, repo)

    git(repo, "config", "filter.slow.smudge", "false")
    with pytest.raises(GitError, match="smudge filter"):
        add(up, repo)

    assert nothing_made(up, repo)


def slowly(team: Team, repo: Path) -> None:
    """Files are checked out once there is a file `go`."""
    smudged(repo, f"touch {team.root}/begun; until [ -e {team.root}/go ]; do sleep 0.02; done; cat")


def test_a_daemon_killed_before_the_spec_is_written_does_not_block_the_next_try(repo: Path, team: Team):
    slowly(team, repo)
    team.start()
    adding = team.popen("add", "ada", "--runtime", "actor", "--dir", str(repo), "--worktree")
    eventually(lambda: (team.root / "begun").exists())
    team.kill_daemon()
    adding.wait(10)
    team.start()
    with pytest.raises(TryAgain, match=r"git is still at work in .+/ada \(pid .+\), .* Try again in a moment"):
        add(team, repo)
    (team.root / "go").touch()

    def added() -> bool:
        try:
            return bool(add(team, repo))
        except TryAgain:
            return False

    eventually(added)

    assert team.show("ada")["spec"]["dir"] == str(path_of(team))
    assert worktrees(repo) == [str(path_of(team))]


def test_a_name_that_is_being_added_is_not_added_twice(repo: Path, up: Team):
    slowly(up, repo)
    adding = up.popen("add", "ada", "--runtime", "actor", "--dir", str(repo), "--worktree")
    eventually(lambda: (up.root / "begun").exists())

    with pytest.raises(TryAgain, match="ada is just being added"):
        add(up, repo)
    (up.root / "go").touch()

    assert adding.wait(20) == 0


def test_a_daemon_without_git_says_so_only_to_who_asks_for_a_worktree(repo: Path, team: Team):
    (team.root / "bin").mkdir()
    for program in ("tmux", "bash"):
        (team.root / "bin" / program).symlink_to(shutil.which(program) or "")
    team.env["PATH"] = str(team.root / "bin")
    team.start()
    team.add("bob", "actor")

    with pytest.raises(GitError, match="there is no git on the PATH; install git"):
        add(team, repo)

    assert [row["peer"] for row in team.call("peer.list")["peers"]] == ["bob"]


def test_a_daemon_started_from_a_git_hook_knows_its_own_repository(repo: Path, team: Team):
    other = repository(team.root / "other")
    team.env |= {"GIT_DIR": str(other / ".git"), "GIT_WORK_TREE": str(other)}
    team.start()

    add(team, repo)

    assert (worktrees(repo), worktrees(other)) == ([str(path_of(team))], [])
