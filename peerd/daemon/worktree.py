"""A git worktree of a peer's own: planned, made as its peer is declared, taken away with it. Nothing is ever forced,
but what an add that was cut short left."""

import asyncio
import contextlib
import os
import shlex
from collections.abc import Iterator
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from peerd.daemon import path_checks, worktree_repair
from peerd.daemon.context import Daemon
from peerd.daemon.environment import allowed
from peerd.daemon.stale_specs import file_of, left_over
from peerd.edges.git import Git, Place, Worktree
from peerd.errors import ConfigError, GitError, TryAgain, UsageError
from peerd.model.peer import PeerName, Spec
from peerd.paths import Home, below
from peerd.rpc import results as r
from peerd.specwrite import write_spec

BRANCHES = "peerd"
"""A branch is called after its peer, below this."""

NOTHING = "Nothing was added."
GONE = "its folder is gone"
UNDONE_WITHIN_S = 60.0


class Planned(Struct, frozen=True):
    """A worktree that can be had: on a new branch, on one that was there, or one that was left over, nobody's."""

    peer: PeerName
    place: Place
    path: str
    how: Literal["new branch", "its branch", "left over"]

    @property
    def branch(self) -> str:
        return branch_at(self.path)

    def applied(self, spec: Spec) -> Spec:
        """The peer's spec, in the same folder of the worktree."""
        return replace(spec, dir=os.path.join(self.path, self.place.prefix).rstrip("/"), worktree=self.place.top)

    def told(self) -> r.Worktree:
        return r.Worktree(path=self.path, repository=self.place.top, branch=self.branch)


def branch_at(path: str) -> str:
    return f"{BRANCHES}/{os.path.basename(path)}"


def path_of(home: Home, spec: Spec) -> str | None:
    """The worktree that was made for a peer; None where its spec says of none of ours."""
    inside = None if spec.worktree is None else below(spec.dir, home.worktrees)
    return None if inside in (None, os.curdir) else os.path.join(home.worktrees, inside.split(os.sep)[0])


async def planned(daemon: Daemon, name: PeerName, folder: str) -> Planned:
    """A worktree of the repository that a folder lies in, all of it checked. Raises UsageError, GitError or TryAgain;
    nothing is made."""
    await _refuse_taken(daemon, name)
    git, path = its_git(daemon), os.path.join(daemon.home.worktrees, name)
    try:
        place = await git.place(folder)
    except GitError as error:
        raise UsageError(
            f"{folder} is not a folder of a git repository: {error}. Leave the worktree out. {NOTHING}"
        ) from None
    how = await _how(daemon, git, place, path)
    await _refuse_absent(git, place, "HEAD" if how == "new branch" else f"refs/heads/{branch_at(path)}")
    return Planned(name, place, path, how)


def its_git(daemon: Daemon) -> Git:
    return Git(allowed(os.environ), daemon.folders)


async def _refuse_taken(daemon: Daemon, name: PeerName) -> None:
    """The file of an earlier peer that could not be removed is in nobody's way: it goes before anything is made. That
    nobody else is at it is so still once this returns."""
    file, was = file_of(daemon.home.peers, name), daemon.store.reader.removals().get(name, "")
    try:
        taken = await daemon.with_specs(_is_taken, file, was)
    except OSError as error:
        raise TryAgain(f"{file}: {error.strerror}. {NOTHING}") from error
    if taken:
        raise UsageError(f"peer {name!r} exists already: {file}. Choose another name, or edit that file.")
    if name in daemon.worktrees_begun or name in daemon.leaving:
        raise TryAgain(f"{name} is just being added, removed or renamed. Nothing was added by this.")


def _is_taken(file: str, was: str) -> bool:
    return os.path.lexists(file) and not left_over(file, was)


async def _how(daemon: Daemon, git: Git, place: Place, path: str) -> Literal["new branch", "its branch", "left over"]:
    await worktree_repair.refuse_at_work(path)  # before git is asked: it may be done by then
    listed, branch = await git.worktrees(place.shared), branch_at(path)
    there = next((each for each in listed if each.path == os.path.realpath(path)), None)
    if (there is not None or os.path.lexists(path)) and not await _cut_short(daemon, git, place, path, there):
        await _refuse_unless_left_over(daemon, git, place, path, there)
        return "left over"
    branches = await git.branches(place.shared, BRANCHES)
    elsewhere = next((each.path for each in listed if each.branch == branch and each is not there), None)
    in_the_way = next((each for each in branches if each == BRANCHES or each.startswith(f"{branch}/")), None)
    if elsewhere is not None:
        raise UsageError(f"branch {branch} is checked out in {elsewhere}. Take it off there first. {NOTHING}")
    if in_the_way is not None:
        raise UsageError(f"branch {in_the_way} leaves no room for {branch}. Rename it first. {NOTHING}")
    return "its branch" if branch in branches else "new branch"


async def _cut_short(daemon: Daemon, git: Git, place: Place, path: str, there: Worktree | None) -> bool:
    """Of what is there: whether it may go before the worktree is made. Raises UsageError where something of somebody's
    is in it."""
    if owner(daemon, path) is not None or not worktree_repair.is_one(place, path, branch_at(path), there):
        return False
    await worktree_repair.refuse_foreign(daemon, git, place, path, branch_at(path))
    return True


async def _refuse_unless_left_over(daemon: Daemon, git: Git, place: Place, path: str, there: Worktree | None) -> None:
    """What a daemon left that was killed before it had written whose it is, is taken up again; no work of anybody's."""
    if there is None:
        raise UsageError(f"{path} exists and is not a worktree of {place.top}. Move it away. {NOTHING}")
    whose = owner(daemon, path)
    if whose is not None:
        raise UsageError(f"{path} is {whose}'s worktree. Choose another name. {NOTHING}")
    if worktree_repair.in_use(daemon, path):
        raise UsageError(f"{path} is a worktree already, and a peer works in it. Choose another name. {NOTHING}")
    why = _not_ours(path, there) or await git.unsaved(path)
    take_away = command(place.top, "worktree", "remove", path)
    if why == GONE:
        raise UsageError(
            f"git still lists {path} as a worktree, and {GONE}. Have git forget it: `{take_away}`. {NOTHING}"
        )
    if why is not None:
        raise UsageError(
            f"{path} is a worktree already, and {why}. Go on in it by --dir without --worktree, or take it away: "
            f"`{take_away}`. {NOTHING}"
        )


def owner(daemon: Daemon, path: str) -> PeerName | None:
    specs = (peer.spec for peer in daemon.loop.peers.values())
    return next((spec.name for spec in specs if path_of(daemon.home, spec) == path), None)


def _not_ours(path: str, there: Worktree) -> str | None:
    if there.locked is not None:
        return f"it is locked: {there.locked}"
    if not os.path.isdir(path):
        return GONE
    return None if there.branch == branch_at(path) else f"it is not on branch {branch_at(path)}"


async def _refuse_absent(git: Git, place: Place, begin: str) -> None:
    if await git.kind(place.git_dir, f"{begin}^{{commit}}") is None:
        raise UsageError(f"{place.top} has no commit yet. Make one first. {NOTHING}")
    if place.prefix and await git.kind(place.git_dir, f"{begin}:{place.prefix}") != "tree":
        raise UsageError(f"{place.prefix} is not a folder in {begin} of {place.top}. Commit it first. {NOTHING}")


async def declared(daemon: Daemon, spec: Spec, plan: Planned | None, timeout_s: float) -> str:
    """Writes a new peer's spec, the worktree planned for it made before: both are there once this returns, or neither.
    Returns the spec's path."""
    if plan is None:
        return await _written(daemon, spec)
    await _refuse_taken(daemon, plan.peer)
    with _begun(daemon, plan.peer):
        await _make(daemon, plan, timeout_s)
        try:
            _refuse_left_out(plan)
            return await _written(daemon, plan.applied(spec))
        except Exception:  # of one that is cancelled the spec may be written still
            await _unmake(daemon, plan)
            raise


async def _written(daemon: Daemon, spec: Spec) -> str:
    async with daemon.at_specs:
        if spec.name in daemon.leaving:
            raise TryAgain(f"{spec.name} is just being removed or renamed. {NOTHING}")
        return await asyncio.to_thread(write_spec, daemon.home.peers, spec)


def _refuse_left_out(plan: Planned) -> None:
    if not os.path.isdir(os.path.join(plan.path, plan.place.prefix)):
        put_in = command(plan.place.top, "sparse-checkout", "add", plan.place.prefix)
        raise UsageError(
            f"{plan.place.prefix} is left out of the sparse checkout of {plan.place.top}, and so of its worktrees. Put "
            f"it in by `{put_in}`. {plan.peer} was not added."
        )


@contextlib.contextmanager
def _begun(daemon: Daemon, name: PeerName) -> Iterator[None]:
    """Nobody else takes up meanwhile what might be taken away again."""
    daemon.worktrees_begun.add(name)
    try:
        yield
    finally:
        daemon.worktrees_begun.discard(name)


async def _make(daemon: Daemon, plan: Planned, timeout_s: float) -> None:
    if plan.how == "left over":
        return
    git, new = its_git(daemon), plan.how == "new branch"
    try:
        os.makedirs(daemon.home.worktrees, mode=0o700, exist_ok=True)
        await worktree_repair.take_away(daemon, git, plan.place, plan.path, plan.branch)
        await git.add_worktree(plan.place.git_dir, plan.path, plan.branch, new=new, within_s=timeout_s)
    except OSError as error:
        raise TryAgain(f"{daemon.home.worktrees}: {error.strerror}. {NOTHING}") from error
    except BaseException as error:
        if new:
            with contextlib.suppress(GitError):  # where it is not there either
                await git.delete_branch(plan.place.git_dir, plan.branch)
        if isinstance(error, GitError) and os.path.lexists(plan.path):
            raise GitError(f"{error} {plan.path} {worktree_repair.STAYS}") from error
        raise
    daemon.log.write("worktree-made", peer=plan.peer, folder=plan.path, branch=plan.branch)


async def _unmake(daemon: Daemon, plan: Planned) -> None:
    """One that git will not take away is left for the next try to take up."""
    if plan.how == "left over":
        return
    git = its_git(daemon)
    try:
        await git.remove_worktree(plan.place.git_dir, plan.path, within_s=UNDONE_WITHIN_S)
        if plan.how == "new branch":
            await git.delete_branch(plan.place.git_dir, plan.branch)
    except GitError as error:
        daemon.log.write("action-failed", peer=plan.peer, action=f"take {plan.path} away again", why=str(error))


async def kept_dir(daemon: Daemon, spec: Spec, wanted: str, asked: bool | None) -> str:
    """The `dir` of a peer that is there, where a team's file wants it in this folder: its worktree stands for its
    repository. Raises ConfigError where the peer would have to move into a worktree or out of one."""
    path = path_of(daemon.home, spec)
    if asked is not None and asked is not (path is not None):
        has = "with a worktree" if path else "without one"
        raise ConfigError(f"worktree = {str(asked).lower()}, but it is there already, {has}. {_anew(spec)}")
    if path is None or wanted == spec.dir:
        return wanted
    if not await path_checks.is_the_same(daemon.folders, wanted, origin(spec, path)):
        raise ConfigError(f"dir {wanted}, but it has a worktree of {spec.worktree}. {_anew(spec)}")
    return spec.dir


def origin(spec: Spec, path: str) -> str:
    """The folder of the repository that a peer's `dir` in its worktree stands for."""
    return os.path.normpath(os.path.join(spec.worktree or "", below(spec.dir, path) or ""))


def _anew(spec: Spec) -> str:
    return f"Correct the file, or remove it first: `peerd rm {spec.name}`. Nothing was done."


def command(repository: str, *words: str) -> str:
    return shlex.join(("git", "-C", repository, *words))
