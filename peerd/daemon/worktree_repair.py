"""What an add of a worktree left that was cut short, its git killed too: taken away before the next one, where it holds
nothing but what git had checked out."""

import asyncio
import os
import shutil

from peerd.daemon.context import Daemon
from peerd.edges import process
from peerd.edges.atwork import at_work
from peerd.edges.git import MAKING, Git, Place, Worktree
from peerd.errors import GitError, TryAgain, UsageError
from peerd.model.peer import PeerName
from peerd.paths import below

INITIALIZING = "initializing"
"""git's own lock, for as long as it makes a worktree."""

NAMED_MAX = 3
STAYS = "is left of it: add the peer again, which takes it away, or says what in it git did not check out."
MOVE = "Move it away, then add the peer again. Nothing was added."


async def refuse_at_work(path: str) -> None:
    """Raises TryAgain where git still makes it, having outlived its daemon: that is never taken away.
    What it began, and is no git, holds nobody up once that git is gone: see `at_work`."""
    found = await asyncio.to_thread(lambda: at_work([each.pid for each in process.with_variable(MAKING, path)], path))
    if found:
        named = "; ".join(f"pid {each.pid}: {each.command}" for each in found)
        pids = " ".join(str(each.pid) for each in found)
        raise TryAgain(
            f"git is still at work in {path} ({named}), begun by an add that was cut short. Try again in a moment; "
            f"where it hangs, `kill {pids}` ends it. Nothing was added."
        )


def is_one(place: Place, path: str, branch: str, there: Worktree | None) -> bool:
    """Whether it looks like what a killed git leaves; not what is in it."""
    if there is not None:
        return there.locked == INITIALIZING and there.branch in (branch, None)
    return os.path.isdir(path) and not os.path.islink(path) and not _has_git_folder(path, place)


def _has_git_folder(path: str, place: Place) -> bool:
    """Also of another repository; not one of this repository's that git does not list, killed while it undid it."""
    file = os.path.join(path, ".git")
    try:
        with open(file, encoding="utf-8", errors="surrogateescape") as opened:
            named = opened.read().removeprefix("gitdir:").strip()
    except OSError:
        return os.path.lexists(file)
    folder = os.path.join(path, named)
    ours = below(folder, os.path.join(place.shared, "worktrees")) is not None
    return bool(named) and os.path.lexists(os.path.join(folder, "gitdir") if ours else folder)


def in_use(daemon: Daemon, path: str) -> bool:
    """Whether a peer works in it, also by way of a link."""
    return any(below(peer.spec.dir, path) is not None for peer in daemon.loop.peers.values())


async def refuse_foreign(daemon: Daemon, git: Git, place: Place, path: str, branch: str) -> None:
    """Raises UsageError where something of somebody's may be in it."""
    if in_use(daemon, path):
        raise UsageError(f"{path} was left by an add that was cut short, and a peer works in it. {MOVE}")
    found = await _foreign(git, place, path, branch)
    if found:
        named = ", ".join(found[:NAMED_MAX]) + (" and more" if len(found) > NAMED_MAX else "")
        raise UsageError(
            f"{path} exists and is not a worktree of {place.top}: an add that was cut short may have left it, and it "
            f"holds what git did not check out: {named}. {MOVE}"
        )


async def _foreign(git: Git, place: Place, path: str, branch: str) -> list[str]:
    if not os.path.isdir(path):
        return []
    files = [each for each in os.listdir(path) if each != ".git"]
    repository = await asyncio.to_thread(repository_in, path)
    if repository is not None:
        return [os.path.join(repository, ".git")]
    known = branch in await git.branches(place.shared, branch)
    try:
        return files and await git.foreign(place.shared, path, f"refs/heads/{branch}" if known else "HEAD")
    except (GitError, OSError):
        return files


def repository_in(path: str) -> str | None:
    """The folder of another one, deeper in it: git says nothing of what is in such a folder, or in an ignored one."""
    found = (root for root, folders, files in os.walk(path) if ".git" in (*folders, *files) and root != path)
    return next((os.path.relpath(root, path) for root in found), None)


async def take_away(daemon: Daemon, git: Git, place: Place, path: str, branch: str) -> None:
    """Nothing where there is none. Raises as the refusals do, for it may have changed since it was looked at."""
    await refuse_at_work(path)  # before git is asked: it may be done by then
    real = os.path.realpath(path)
    there = next((each for each in await git.worktrees(place.shared) if each.path == real), None)
    if (there is None and not os.path.lexists(path)) or not is_one(place, path, branch, there):
        return
    await refuse_foreign(daemon, git, place, path, branch)
    try:
        if os.path.lexists(path):
            await asyncio.to_thread(shutil.rmtree, path)
    except OSError as error:
        raise TryAgain(f"{path} is left by an add that was cut short: {error}. {MOVE}") from error
    if there is not None:
        await git.forget_worktree(place.shared, path)
    daemon.log.write("worktree-removed", peer=PeerName(os.path.basename(path)), folder=path)
