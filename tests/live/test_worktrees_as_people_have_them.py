"""Worktrees of repositories as people have them: what git does not tell of, what is within, where they lie."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from peerd.errors import UsageError
from tests.live.conftest import Team
from tests.repository import ENV, branches, changed, commit, git, repository, untracked, worktrees

pytestmark = [pytest.mark.tmux, pytest.mark.git]


@pytest.fixture
def repo(up: Team) -> Path:
    return repository(up.root / "repo")


def added(up: Team, folder: Path, name: str = "ada") -> Path:
    up.call("peer.add", name=name, runtime="actor", dir=str(folder), worktree=True)
    return Path(up.home.worktrees, name)


def sparse(repo: Path) -> None:
    (repo / "docs").mkdir()
    (repo / "docs" / "a").write_text("a")
    commit(repo)
    git(repo, "sparse-checkout", "set", "code")


def assumed_unchanged(tree: Path) -> None:
    git(tree, "update-index", "--assume-unchanged", "code/main.c")
    changed(tree)


def skipped(tree: Path) -> None:
    git(tree, "update-index", "--skip-worktree", "code/main.c")
    changed(tree)


def with_an_ignored_repository(tree: Path) -> None:
    repository(tree / "vendor.o" / "inner")


def with_an_ignored_worktree(tree: Path) -> None:
    git(tree, "worktree", "add", "-q", str(tree / "other.o"))
    untracked(tree / "other.o")


def with_a_submodule_that_has_commits_of_its_own(tree: Path) -> None:
    lib = repository(tree.parent / "lib")
    git(tree, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(lib), "sub")
    commit(tree)
    git(tree / "sub", "checkout", "-q", "-b", "theirs")
    commit(tree / "sub")
    git(tree / "sub", "checkout", "-q", "main")


@pytest.mark.parametrize(
    ("work", "why"),
    [
        (assumed_unchanged, "git is set to see no change of code/main.c in it"),
        (skipped, "git is set to see no change of code/main.c in it"),
        (with_an_ignored_repository, "vendor.o/inner in it is a repository or worktree of its own"),
        (with_an_ignored_worktree, "other.o in it is a repository or worktree of its own"),
        (with_a_submodule_that_has_commits_of_its_own, "sub in it is a repository or worktree of its own"),
    ],
    ids=lambda each: getattr(each, "__name__", ""),
)
def test_work_of_which_git_says_nothing_stays(up: Team, repo: Path, work: Callable[[Path], None], why: str):
    tree = added(up, repo)
    work(tree)
    held = {each: each.read_bytes() for each in tree.rglob("*") if each.is_file()}

    removed = up.run("rm", "ada")

    assert f"Its worktree {tree} stays, with peerd/ada: {why}. " in removed.out
    assert {each: each.read_bytes() for each in tree.rglob("*") if each.is_file()} == held


def test_a_worktree_that_is_sparse_goes_with_its_peer(up: Team, repo: Path):
    sparse(repo)
    tree = added(up, repo)
    assert not (tree / "docs").exists()

    assert "are gone" in up.run("rm", "ada").out


def test_a_folder_that_is_left_out_of_a_sparse_checkout_is_refused_until_it_is_put_in(up: Team, repo: Path):
    sparse(repo)
    (repo / "docs").mkdir()
    with pytest.raises(UsageError, match="docs is left out of the sparse checkout of .* ada was not added") as refused:
        added(up, repo / "docs")
    assert (worktrees(repo), branches(repo), up.call("peer.list")["peers"]) == ([], ["main"], [])

    obeyed(str(refused.value).split("`")[1])

    assert (added(up, repo / "docs") / "docs" / "a").exists()


def obeyed(command: str) -> None:
    """As a person types it."""
    subprocess.run(("sh", "-c", command), env=ENV, check=True, capture_output=True, timeout=20)


def told(up: Team, name: str = "ada") -> str:
    """The command by which what `rm` left is removed."""
    return up.run("rm", name).out.split("To delete it")[1].split(": ", 1)[1]


@pytest.mark.parametrize("there", [True, False], ids=["there", "on a stick that is not in"])
def test_a_worktree_that_is_locked_stays_and_goes_by_the_command_that_is_told(up: Team, repo: Path, there: bool):
    tree = added(up, repo)
    git(repo, "worktree", "lock", "--reason", "on a stick", str(tree))
    if not there:
        tree.rename(up.root / "out")

    obeyed(told(up))

    assert (worktrees(repo), branches(repo)) == ([], ["main"])


def test_a_peer_that_was_moved_out_of_its_worktree_takes_it_along_all_the_same(up: Team, repo: Path):
    tree = added(up, repo)
    up.run("edit", "ada", "--set", f"dir={repo}")

    assert up.run("rm", "ada").out == f"ada is removed.\nIts worktree {tree} and peerd/ada are gone.\n"


def test_a_namesake_leaves_the_worktree_of_one_that_was_renamed(up: Team, repo: Path):
    tree = added(up, repo)
    up.run("rename", "ada", "eve")
    up.call("peer.add", name="ada", runtime="actor", dir=str(repo))
    up.run("edit", "ada", "--set", f"worktree={repo}")

    assert up.run("rm", "ada").out == "ada is removed.\n"

    assert (tree / "code").is_dir()


def moved(repo: Path, tree: Path) -> Path:
    git(repo, "worktree", "move", str(tree), str(repo.parent / "moved"))
    return repo.parent / "moved"


def in_the_repository(repo: Path, tree: Path) -> Path:
    git(tree, "checkout", "-q", "--detach")
    git(repo, "checkout", "-q", "peerd/ada")
    return repo


@pytest.mark.parametrize("done", [moved, in_the_repository], ids=lambda each: each.__name__)
def test_a_branch_that_is_checked_out_elsewhere_stays_and_goes_by_the_command_that_is_told(
    up: Team, repo: Path, done: Callable[[Path, Path], Path]
):
    tree = added(up, repo)
    elsewhere = done(repo, tree)

    removed = up.run("rm", "ada").out

    assert f"Its worktree {tree} is gone; peerd/ada stays: it is checked out in {elsewhere}. To delete it" in removed
    obeyed(removed.split("To delete it: ")[1])
    assert (elsewhere.is_dir(), branches(repo)) == (True, ["main"])


def test_what_a_peer_left_that_was_made_from_anothers_worktree_goes_by_the_command_that_is_told(up: Team, repo: Path):
    tree = added(up, added(up, repo) / "code", "bob")
    assert "are gone" in up.run("rm", "ada").out
    untracked(tree)

    obeyed(told(up, "bob"))

    assert (worktrees(repo), branches(repo)) == ([], ["main"])


@pytest.mark.parametrize("name", ["a b", "ünï ☃", "a\nb", "c\n", "a'b\"c", "$(touch x)", "a\\b", "-x"])
def test_a_repository_may_be_called_whatever_a_folder_may(up: Team, name: str):
    repo = repository(up.root / name)
    tree = added(up, repo / "code")
    assert up.show("ada")["spec"]["worktree"] == str(repo)
    untracked(tree)

    obeyed(told(up))

    assert (tree.exists(), branches(repo)) == (False, ["main"])
    added(up, repo)
    assert "are gone" in up.run("rm", "ada").out
