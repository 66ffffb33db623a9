"""git: what it knows of a repository and its worktrees, one made, one taken away. Nothing is ever forced, but what
git itself left half made.

No hook of the repository runs, nothing is asked at a terminal, and every call ends by a deadline.
"""

import asyncio
import contextlib
import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import IO, TypeVar

import msgspec

from peerd.aside import Aside
from peerd.child import Child, begun
from peerd.errors import GitError, NoAnswer

T = TypeVar("T")

ASK_WITHIN_S = 10.0  # a question takes a few ms; `status` of a large tree, or on a cold disk, seconds
UNDONE_WITHIN_S = 5.0  # on SIGTERM git takes away the worktree that it had begun
COMPARED_WITHIN_S = 60.0  # every file is read, and goes through the repository's filters
KILLED_S = 1.0  # SIGKILL takes effect within ms
SAID_MAX_BYTES = 1 << 20
COMPLAINT_MAX_CHARS = 500
TO_INSTALL = "install git (Debian: apt install git; Fedora: dnf install git; macOS: brew install git)"

OURS = {"GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0"}
MAKING = "PEERD_WORKTREE"
"""What git is making, in the environment of all that it begins."""

NO_MORE: Mapping[str, str] = MappingProxyType({})
SETTINGS = ("core.hooksPath=/dev/null", "core.fsmonitor=false", "status.showUntrackedFiles=normal")
"""On every command line, so that they win: with untracked files hidden, git itself would delete them unasked."""

OPERATIONS = {
    "rebase-merge": "a rebase",
    "rebase-apply": "a rebase",
    "MERGE_HEAD": "a merge",
    "CHERRY_PICK_HEAD": "a cherry-pick",
    "REVERT_HEAD": "a revert",
    "sequencer": "a sequence of commits",
    "BISECT_LOG": "a bisection",
}
"""What a worktree's git folder holds while something is under way."""

UNTOUCHED = " D"
"""What `status` says of a worktree's file as it is in the index, or is not there."""

KEEPERS = ("refs/heads", "refs/remotes", "refs/tags")
"""Refs that outlive a worktree, and keep their commits."""


class Place(msgspec.Struct, frozen=True):
    """Where a folder lies: `prefix` below `top`, by real paths. `git_dir` is of the worktree it is in, `shared` of all
    the repository's worktrees. A bare repository is its own top."""

    top: str
    prefix: str
    git_dir: str
    shared: str


class Worktree(msgspec.Struct, frozen=True):
    """One on the repository's list, its folder there or not. `branch` is None where HEAD is on none; `locked` says why
    it must stay, or that it is still being made."""

    path: str
    branch: str | None = None
    locked: str | None = None


class Answer(msgspec.Struct, frozen=True):
    code: int
    out: str
    complaint: str


class Git:
    """git with all its environment: `env`, of which no GIT_ variable passes, and OURS. Every method raises GitError
    where git refuses, or has not ended in time."""

    def __init__(self, env: Mapping[str, str], looks: Aside | None = None) -> None:
        """`looks`: at what is in a repository. Raises GitError where there is no git."""
        self._looks = looks or Aside()
        found = shutil.which("git", path=env.get("PATH"))
        if found is None:
            raise GitError(f"there is no git on the PATH; {TO_INSTALL}.")
        self._program = os.path.abspath(found)
        self._env = {key: value for key, value in env.items() if not key.startswith("GIT_")} | OURS

    async def place(self, folder: str) -> Place:
        at = ("-C", folder)
        # One by one: the name of a folder may have lines.
        asked = ("--is-inside-work-tree", "--absolute-git-dir", "--git-common-dir")
        inside, git_dir, common = [await self._line(*at, "rev-parse", each) for each in asked]
        shared = await self._look(folder, os.path.realpath, os.path.join(folder, common))
        if inside != "true":
            return Place(top=git_dir, prefix="", git_dir=git_dir, shared=shared)
        top, prefix = [await self._line(*at, "rev-parse", each) for each in ("--show-toplevel", "--show-prefix")]
        return Place(top=top, prefix=prefix.rstrip("/"), git_dir=git_dir, shared=shared)

    async def branches(self, git_dir: str, under: str) -> set[str]:
        """Names of branches: the one called `under`, and those below it."""
        pattern = f"refs/heads/{under}"
        said = await self._ask("--git-dir", git_dir, "for-each-ref", "--format=%(refname)", pattern)
        return {line.removeprefix("refs/heads/") for line in said.splitlines()}

    async def worktrees(self, git_dir: str) -> list[Worktree]:
        """All of the repository, its main one first."""
        said = await self._ask("--git-dir", git_dir, "worktree", "list", "--porcelain")
        return [_worktree(block) for block in said.strip().split("\n\n")]

    async def kind(self, git_dir: str, name: str) -> str | None:
        """What a name such as `HEAD:docs` stands for: `commit`, `tree`, `blob`; None where it is nothing."""
        answer = await self._run("--git-dir", git_dir, "cat-file", "-t", name)
        return answer.out.strip() if answer.code == 0 else None

    async def add_worktree(self, git_dir: str, path: str, branch: str, *, new: bool, within_s: float) -> None:
        """A worktree on a branch that is there, or on a `new` one that begins at HEAD. Where it fails no folder is
        left; a new branch may be."""
        begin = ("--no-track", "-b", branch, path, "HEAD") if new else (path, branch)
        made = {
            MAKING: path,
            "LANGUAGE": "en",
        }  # its lock is known by its words; by this all that git begins is known, should it outlive the daemon
        await self._ask("--git-dir", git_dir, "worktree", "add", "--quiet", *begin, within_s=within_s, env=made)

    async def unsaved(self, worktree: str) -> str | None:
        """What would be lost with it, in words; ignored files do not count. None where nothing would."""
        under_way = await self._under_way(worktree)
        if under_way is not None:
            return f"{under_way} is under way in it"
        if await self._ask("-C", worktree, "status", "--porcelain", "--ignore-submodules=none"):
            return "it has changed or untracked files"
        unseen = await self._unseen(worktree)
        if unseen is not None:
            return f"git is set to see no change of {unseen} in it"
        if (await self._run("-C", worktree, "symbolic-ref", "--quiet", "HEAD")).code == 0:
            return None
        kept = await self._ask("-C", worktree, "for-each-ref", "--count=1", "--contains=HEAD", *KEEPERS)
        return None if kept else "it has commits that are on no branch"

    async def _unseen(self, worktree: str) -> str | None:
        """A file that is there, and is marked in the index as one that `status` is not to look at."""
        with tempfile.TemporaryFile() as listed, tempfile.TemporaryFile() as complaint:
            words = ("-C", worktree, "ls-files", "-v", "-z")
            if await self._to_its_end(words, listed, complaint, ASK_WITHIN_S, NO_MORE) != 0:
                raise GitError(f"git ls-files: {_said(complaint, 'replace').strip()}")
            return await asyncio.to_thread(_first_unseen, worktree, listed)

    async def _under_way(self, worktree: str) -> str | None:
        git_dir = await self._line("-C", worktree, "rev-parse", "--absolute-git-dir")
        return await self._look(git_dir, _operation_in, git_dir)

    async def foreign(self, git_dir: str, path: str, commit: str) -> list[str]:
        """Of a folder that was being checked out: the files in it, ignored ones too, that hold more than this commit,
        or the beginning of it, does. The folder need be no worktree, and git's own index is left out of it. Raises
        GitError also where that is too much to be told."""
        at = ("--git-dir", git_dir, "--work-tree", path)
        with tempfile.TemporaryDirectory() as folder:
            env = {"GIT_INDEX_FILE": os.path.join(folder, "index")}
            await self._ask(*at, "read-tree", commit, env=env)
            status = ("status", "--porcelain", "-z", "--no-renames", "--ignored", "--ignore-submodules=none")
            said = await self._ask(*at, *status, within_s=COMPARED_WITHIN_S, env=env)
            if len(said.encode("utf-8", "surrogateescape")) >= SAID_MAX_BYTES:
                raise GitError(f"git status of {path} says more than is read: what is in it is not known")
            changed = [(line[1], line[3:]) for line in said.split("\0") if line and line[1] not in UNTOUCHED]
            begun = [name for how, name in changed if how == "M" and await self._begins(at, path, commit, name, env)]
        return [name for _, name in changed if name not in begun]

    async def _begins(self, at: tuple[str, ...], path: str, commit: str, name: str, env: Mapping[str, str]) -> bool:
        """Whether a file, as git was writing it, is the beginning of what it was to be."""
        words = (*at, "cat-file", "--filters", f"{commit}:{name}")
        with tempfile.TemporaryFile() as whole, tempfile.TemporaryFile() as complaint:
            code = await self._to_its_end(words, whole, complaint, COMPARED_WITHIN_S, env)
            return code == 0 and await asyncio.to_thread(_is_beginning, os.path.join(path, name), whole)

    async def forget_worktree(self, git_dir: str, path: str) -> None:
        """One whose folder is gone, also where an add that was cut short left it locked."""
        await self._ask("--git-dir", git_dir, "worktree", "remove", "--force", "--force", path)

    async def remove_worktree(self, git_dir: str, path: str, *, within_s: float) -> None:
        """With its ignored files; git refuses where others would be lost, and where it is locked."""
        await self._ask("--git-dir", git_dir, "worktree", "remove", path, within_s=within_s)

    async def delete_branch(self, git_dir: str, branch: str) -> None:
        """git refuses where commits of it are not on its upstream, or else not at HEAD."""
        await self._ask("--git-dir", git_dir, "branch", "--quiet", "--delete", branch)

    async def _look(self, path: str, work: Callable[..., T], *args: str) -> T:
        try:
            return await self._looks.ask(path, work, *args)
        except NoAnswer as error:
            raise GitError(str(error)) from error

    async def _line(self, *words: str) -> str:
        return (await self._ask(*words)).removesuffix("\n")

    async def _ask(self, *words: str, within_s: float = ASK_WITHIN_S, env: Mapping[str, str] = NO_MORE) -> str:
        answer = await self._run(*words, within_s=within_s, env=env)
        if answer.code != 0:
            raise GitError(f"git {_op(words)}: {answer.complaint or f'it ended with {answer.code}'}")
        return answer.out

    async def _run(self, *words: str, within_s: float = ASK_WITHIN_S, env: Mapping[str, str] = NO_MORE) -> Answer:
        """To files, not pipes: what git left running may hold a pipe open."""
        try:
            with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as complaint:
                code = await self._to_its_end(words, out, complaint, within_s, env)
                return Answer(code, _said(out), " ".join(_said(complaint, "replace").split())[-COMPLAINT_MAX_CHARS:])
        except OSError as error:
            raise GitError(f"git {_op(words)}: {error}") from error

    async def _to_its_end(
        self, words: tuple[str, ...], out: IO[bytes], complaint: IO[bytes], within_s: float, env: Mapping[str, str]
    ) -> int:
        """Ended when this returns; where it raises, all that it began is ended too."""
        settings = (word for each in SETTINGS for word in ("-c", each))
        argv, whole, child = (self._program, *settings, *words), {**self._env, **env}, None
        try:
            async with asyncio.timeout(within_s):
                child = await begun(argv, env=whole, stdout=out.fileno(), stderr=complaint.fileno())
                return await child.wait()
        except TimeoutError:
            raise GitError(f"git {_op(words)}: it had not ended after {within_s:g} s") from None
        finally:
            if child is not None:
                await _end(child)


async def _end(child: Child) -> None:
    """Politely first: git then takes away what it had half made."""
    for number, patience_s in ((signal.SIGTERM, UNDONE_WITHIN_S), (signal.SIGKILL, KILLED_S)):
        if child.returncode is not None:
            return
        child.kill(number)
        with contextlib.suppress(TimeoutError):
            await child.wait(patience_s)


def _worktree(block: str) -> Worktree:
    said = dict(line.partition(" ")[::2] for line in block.splitlines())
    branch, locked = said.get("branch"), said.get("locked")
    return Worktree(
        path=said.get("worktree", ""),
        branch=branch.removeprefix("refs/heads/") if branch else None,
        locked=None if locked is None else locked or "it is locked",
    )


def _said(file: IO[bytes], strange: str = "surrogateescape") -> str:
    file.seek(0)
    return file.read(SAID_MAX_BYTES).decode("utf-8", strange)


def _operation_in(git_dir: str) -> str | None:
    return next((what for name, what in OPERATIONS.items() if os.path.lexists(os.path.join(git_dir, name))), None)


def _first_unseen(worktree: str, listed: IO[bytes]) -> str | None:
    """Of those with the tags of skip-worktree and assume-unchanged; a sparse checkout marks what is not there."""
    listed.seek(0)
    marked = (each for each in listed.read().split(b"\0") if each[:1] == b"S" or each[:1].islower())
    names = (os.fsdecode(each[2:]) for each in marked)
    return next((name for name in names if os.path.lexists(os.path.join(worktree, name))), None)


def _is_beginning(path: str, whole: IO[bytes]) -> bool:
    whole.seek(0)
    with open(path, "rb") as file:
        return all(whole.read(len(each)) == each for each in iter(lambda: file.read(SAID_MAX_BYTES), b""))


def _op(words: tuple[str, ...]) -> str:
    """Of `--git-dir D worktree add ...`: the command."""
    rest = words[4:] if words[2] == "--work-tree" else words[2:]
    return " ".join(rest[:2]) if rest[0] == "worktree" else rest[0]
