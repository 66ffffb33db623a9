"""A real git repository, untouched by the settings of whoever runs the tests."""

import os
import subprocess
from pathlib import Path

NOBODYS = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
WHO = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "init.defaultBranch=main")
ENV = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")} | NOBODYS


def git(folder: Path, *words: str) -> str:
    """What it prints, whatever its end."""
    command = ("git", *WHO, "-C", str(folder), *words)
    return subprocess.run(command, env=ENV, capture_output=True, text=True, timeout=30, check=False).stdout.strip()


def repository(folder: Path, *init: str) -> Path:
    """One commit on main: `code/main.c`, and `*.o` ignored."""
    folder.mkdir(parents=True)
    git(folder, "init", "-q", *init)
    (folder / "code").mkdir()
    (folder / "code" / "main.c").write_text("int main;\n")
    (folder / ".gitignore").write_text("*.o\n")
    commit(folder)
    return folder


def commit(folder: Path, message: str = "more") -> str:
    """All that is there, on the branch that is checked out; the commit's id."""
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "--allow-empty", "-m", message)
    return git(folder, "rev-parse", "HEAD")


def branches(folder: Path) -> list[str]:
    return git(folder, "for-each-ref", "--format=%(refname:short)", "refs/heads").splitlines()


def worktrees(folder: Path) -> list[str]:
    """Those beside the main one."""
    listed = git(folder, "worktree", "list", "--porcelain").splitlines()
    return [line.removeprefix("worktree ") for line in listed if line.startswith("worktree ")][1:]


def smudged(repo: Path, command: str) -> None:
    """Files that are checked out go through this program first."""
    git(repo, "config", "filter.slow.smudge", command)
    git(repo, "config", "filter.slow.clean", "cat")
    git(repo, "config", "filter.slow.required", "true")
    (repo / ".gitattributes").write_text("*.c filter=slow\n")
    commit(repo)


def changed(tree: Path) -> None:
    (tree / "code" / "main.c").write_text("int other;\n")


def staged(tree: Path) -> None:
    changed(tree)
    git(tree, "add", "-A")


def untracked(tree: Path) -> None:
    (tree / "new.c").touch()


def hidden(tree: Path) -> None:
    """Untracked, and the repository is set not to tell of such."""
    git(tree, "config", "status.showUntrackedFiles", "no")
    untracked(tree)


def on_no_branch(tree: Path) -> None:
    git(tree, "checkout", "-q", "--detach")
    commit(tree)
