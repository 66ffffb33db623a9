"""git as peerd drives it: real repositories, nothing of the caller's environment, a deadline, and never by force."""

import asyncio
import os
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

import pytest

from peerd.edges.git import Git, Place, Worktree
from peerd.errors import GitError
from tests.eventually import eventually
from tests.repository import (
    ENV,
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

pytestmark = pytest.mark.git

T = TypeVar("T")
PLAIN = {"PATH": ENV.get("PATH", os.defpath), "HOME": "/nonexistent"}


def run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    return repository(tmp_path / "repo")


@pytest.fixture
def tree(repo: Path, tmp_path: Path) -> Path:
    """A worktree of it on branch peerd/ada."""
    add(repo, tmp_path / "ada", new=True)
    return tmp_path / "ada"


def add(repo: Path, path: Path, *, new: bool, within_s: float = 20.0, env: dict[str, str] = PLAIN) -> None:
    run(Git(env).add_worktree(str(repo / ".git"), str(path), "peerd/ada", new=new, within_s=within_s))


def remove(repo: Path, path: Path) -> None:
    run(Git(PLAIN).remove_worktree(str(repo / ".git"), str(path), within_s=20.0))


def unsaved(tree: Path) -> str | None:
    return run(Git(PLAIN).unsaved(str(tree)))


def works(pid: int) -> bool:
    """Not dead, reaped or not."""
    try:
        return bool(Path(f"/proc/{pid}/cmdline").read_bytes())
    except OSError:
        return False


def test_a_folder_is_placed_in_its_repository(repo: Path, tree: Path):
    ours, admin = str(repo / ".git"), str(repo / ".git" / "worktrees" / "ada")

    assert run(Git(PLAIN).place(str(repo))) == Place(str(repo), "", ours, ours)
    assert run(Git(PLAIN).place(str(tree / "code"))) == Place(str(tree), "code", admin, ours)


def test_a_bare_repository_is_its_own_top(tmp_path: Path):
    bare = repository(tmp_path / "bare.git", "--bare")

    assert run(Git(PLAIN).place(str(bare))) == Place(str(bare), "", str(bare), str(bare))


def test_a_folder_of_no_repository_has_no_place(tmp_path: Path):
    with pytest.raises(GitError, match="git rev-parse: .*not a git repository"):
        run(Git(PLAIN).place(str(tmp_path)))


def test_without_git_it_is_said_what_to_install(tmp_path: Path):
    with pytest.raises(GitError, match="there is no git on the PATH; install git"):
        Git({"PATH": str(tmp_path)})


def test_a_worktree_is_made_on_a_branch_that_begins_at_head(repo: Path, tree: Path):
    assert (tree / "code" / "main.c").read_text() == "int main;\n"
    assert git(tree, "rev-parse", "HEAD", "--abbrev-ref", "HEAD") == f"{git(repo, 'rev-parse', 'HEAD')}\npeerd/ada"
    assert run(Git(PLAIN).worktrees(str(repo / ".git"))) == [
        Worktree(str(repo), "main"),
        Worktree(str(tree), "peerd/ada"),
    ]


def test_worktrees_are_told_apart_by_lock_and_branch(repo: Path, tree: Path):
    git(tree, "checkout", "-q", "--detach")
    git(repo, "worktree", "lock", "--reason", "on a stick", str(tree))

    assert run(Git(PLAIN).worktrees(str(repo / ".git")))[1] == Worktree(str(tree), None, "on a stick")


def test_branches_are_named_below_one(repo: Path, tree: Path):
    git(repo, "branch", "peerdom")

    assert run(Git(PLAIN).branches(str(repo / ".git"), "peerd")) == {"peerd/ada"}


def test_a_name_stands_for_a_commit_a_folder_a_file_or_nothing(repo: Path):
    of = Git(PLAIN).kind
    names = ("HEAD^{commit}", "HEAD:code", "HEAD:code/main.c", "HEAD:none", "refs/heads/none^{commit}")

    assert [run(of(str(repo / ".git"), name)) for name in names] == ["commit", "tree", "blob", None, None]


def test_the_callers_variables_do_not_lead_git_elsewhere(repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    other = repository(tmp_path / "other")
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))

    for env in (PLAIN, PLAIN | {"GIT_DIR": str(other / ".git")}):
        assert run(Git(env).place(str(repo))).shared == str(repo / ".git")


def test_no_hook_of_the_repository_runs(repo: Path, tmp_path: Path):
    hook = repo / ".git" / "hooks" / "post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    hook.chmod(0o755)

    add(repo, tmp_path / "ada", new=True)

    assert not (tmp_path / "ran").exists()


def test_git_makes_a_worktree_in_english_whatever_else_it_speaks(repo: Path, tmp_path: Path):
    """Its lock is known by its word, which git would translate. Only in the locale C it does not."""
    smudged(repo, f"git worktree list --porcelain >{tmp_path}/listed; printf %s $LANGUAGE >{tmp_path}/spoken; cat")
    german = PLAIN | {"LC_ALL": "C.UTF-8", "LANGUAGE": "de"}

    add(repo, tmp_path / "ada", new=True, env=german)

    assert "locked initializing\n" in (tmp_path / "listed").read_text()
    assert (tmp_path / "spoken").read_text() == "en"


def test_a_worktree_that_cannot_be_checked_out_is_not_left(repo: Path, tmp_path: Path):
    smudged(repo, "false")

    with pytest.raises(GitError, match="git worktree add: .*smudge filter"):
        add(repo, tmp_path / "ada", new=True)

    assert (worktrees(repo), (tmp_path / "ada").exists()) == ([], False)


def test_git_is_ended_at_its_deadline_and_takes_away_what_it_began(repo: Path, tmp_path: Path):
    smudged(repo, f"echo $$ > {tmp_path}/pid; exec sleep 50")

    with pytest.raises(GitError, match=r"git worktree add: it had not ended after 0.5 s"):
        add(repo, tmp_path / "ada", new=True, within_s=0.5)

    assert (worktrees(repo), (tmp_path / "ada").exists()) == ([], False)
    eventually(lambda: not works(int((tmp_path / "pid").read_text())))


def merging(tree: Path) -> None:
    """Nothing is changed by it, but it is not over."""
    git(tree, "branch", "other")
    commit(tree)
    git(tree, "checkout", "-q", "-b", "third", "other")
    commit(tree, "as empty")
    git(tree, "merge", "--no-commit", "--no-ff", "-q", "peerd/ada")


def rebasing(tree: Path) -> None:
    commit(tree)
    git(tree, "-c", "sequence.editor=sed -i s/^pick/edit/", "rebase", "-q", "-i", "--keep-empty", "main")


UNSAVED = [
    (changed, "it has changed or untracked files"),
    (staged, "it has changed or untracked files"),
    (untracked, "it has changed or untracked files"),
    (hidden, "it has changed or untracked files"),
    (on_no_branch, "it has commits that are on no branch"),
    (merging, "a merge is under way in it"),
    (rebasing, "a rebase is under way in it"),
]


@pytest.mark.parametrize(("work", "told"), UNSAVED, ids=lambda each: getattr(each, "__name__", ""))
def test_what_would_be_lost_with_a_worktree_is_told(tree: Path, work: Any, told: str):
    assert unsaved(tree) is None
    work(tree)

    assert unsaved(tree) == told


@pytest.mark.parametrize("work", [changed, staged, untracked, hidden], ids=lambda each: each.__name__)
def test_git_itself_does_not_remove_what_is_not_clean(repo: Path, tree: Path, work: Any):
    work(tree)

    with pytest.raises(GitError, match="git worktree remove: .*contains modified or untracked files"):
        remove(repo, tree)

    assert worktrees(repo) == [str(tree)]


def test_a_detached_head_that_a_branch_holds_is_nothing_unsaved(tree: Path):
    git(tree, "checkout", "-q", "--detach")

    assert unsaved(tree) is None


def test_a_worktree_goes_with_its_ignored_files(repo: Path, tree: Path):
    (tree / "main.o").touch()

    assert unsaved(tree) is None
    remove(repo, tree)

    assert (worktrees(repo), tree.exists()) == ([], False)


def test_a_branch_is_deleted_only_when_its_commits_are_elsewhere(repo: Path, tree: Path):
    commit(tree)
    remove(repo, tree)
    shared = str(repo / ".git")

    with pytest.raises(GitError, match="git branch: .*not fully merged"):
        run(Git(PLAIN).delete_branch(shared, "peerd/ada"))
    git(repo, "merge", "-q", "peerd/ada")
    run(Git(PLAIN).delete_branch(shared, "peerd/ada"))

    assert branches(repo) == ["main"]
