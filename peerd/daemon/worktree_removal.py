"""What becomes of a removed peer's git worktree: taken away where nothing is lost by it, else left, and told."""

import asyncio
import os
import shlex

from msgspec.structs import replace

from peerd.daemon import path_checks
from peerd.daemon.context import Daemon
from peerd.daemon.worktree import branch_at, command, its_git, owner, path_of
from peerd.daemon.worktree_repair import in_use as worked_in
from peerd.daemon.worktree_repair import repository_in
from peerd.edges.git import Git, Place
from peerd.errors import GitError, NoAnswer
from peerd.model.peer import PeerName, Spec
from peerd.rpc.team import WorktreeRemoved

UNKNOWN = "it is no longer a worktree of its repository"
LOCKED = "it is locked: "


def _made_for(daemon: Daemon, spec: Spec) -> str | None:
    """Also where `dir` was edited, and leads out of it by now."""
    path, own = path_of(daemon.home, spec), os.path.join(daemon.home.worktrees, spec.name)
    if path is None and spec.worktree is not None and os.path.isdir(own) and owner(daemon, own) is None:
        return own
    return path


def in_use(daemon: Daemon, spec: Spec) -> bool:
    """Whether a peer works in the worktree that was made for one that is no more."""
    path = _made_for(daemon, spec)
    return path is not None and worked_in(daemon, path)


async def removed(daemon: Daemon, spec: Spec, timeout_s: float) -> WorktreeRemoved | None:
    """What became of a removed peer's worktree: it goes where nothing but ignored files goes with it, and its branch
    where its commits are in the repository's HEAD or its upstream. None where it has none. Goes on when the caller
    does not wait."""
    path = _made_for(daemon, spec)
    if path is None or spec.worktree is None:
        return None
    told = WorktreeRemoved(path=path, repository=spec.worktree, branch=branch_at(path))
    if in_use(daemon, spec):
        return _left(told, "another peer works in it")
    return await asyncio.shield(daemon.task(_removed(daemon, spec.name, told, timeout_s), f"remove {path}"))


async def _removed(daemon: Daemon, name: PeerName, found: WorktreeRemoved, timeout_s: float) -> WorktreeRemoved:
    try:
        git = its_git(daemon)
        place = await git.place(found.path if os.path.isdir(found.path) else found.repository)
        if not await _is_there(daemon, found.repository):  # a worktree itself, that went since
            found = replace(found, repository=place.shared)
        why = await _take_away(git, place, found.path, timeout_s)
        if why is None:
            daemon.log.write("worktree-removed", peer=name, folder=found.path)
            return await _without_branch(git, place, found)
    except GitError as error:
        why = str(error) if await _is_there(daemon, found.repository) else UNKNOWN
    daemon.log.write("worktree-left", peer=name, folder=found.path, why=why)
    return _left(found, why)


async def _is_there(daemon: Daemon, repository: str) -> bool:
    """As long as nothing tells that it is not."""
    try:
        return await path_checks.is_folder(daemon.folders, repository)
    except NoAnswer:
        return True


async def _take_away(git: Git, place: Place, path: str, timeout_s: float) -> str | None:
    """Why it stays; None where it is gone."""
    real = os.path.realpath(path)
    there = next((each for each in await git.worktrees(place.shared) if each.path == real), None)
    if there is not None and there.locked is not None:
        return f"{LOCKED}{there.locked}"
    if os.path.lexists(path):
        why = await _kept_by(git, path) if there is not None else UNKNOWN
        if why is not None:
            return why
    if there is not None:
        await git.remove_worktree(place.shared, path, within_s=timeout_s)
    return None


async def _kept_by(git: Git, path: str) -> str | None:
    why = await git.unsaved(path)
    inner = await asyncio.to_thread(repository_in, path) if why is None else None
    return why if inner is None else f"{inner} in it is a repository or worktree of its own"


def _left(found: WorktreeRemoved, why: str) -> WorktreeRemoved:
    if why == UNKNOWN:
        return replace(found, stays=why, commands=[shlex.join(("rm", "-r", found.path))])
    force = ["--force"] * (2 if why.startswith(LOCKED) else 1)
    remove = command(found.repository, "worktree", "remove", *force, found.path)
    return replace(found, stays=why, branch_stays="its worktree has it", commands=[remove, _delete_branch(found)])


async def _without_branch(git: Git, place: Place, found: WorktreeRemoved) -> WorktreeRemoved:
    try:
        elsewhere = [each.path for each in await git.worktrees(place.shared) if each.branch == found.branch]
        if elsewhere:
            commands = [command(elsewhere[0], "checkout", "--detach"), _delete_branch(found)]
            return replace(found, branch_stays=f"it is checked out in {elsewhere[0]}.", commands=commands)
        if found.branch in await git.branches(place.shared, found.branch):
            await git.delete_branch(place.shared, found.branch)
    except GitError as error:
        return replace(found, branch_stays=str(error), commands=[_delete_branch(found)])
    return found


def _delete_branch(found: WorktreeRemoved) -> str:
    return command(found.repository, "branch", "-D", found.branch)
