"""What a killed git leaves of a worktree that an add was making: taken away by the next add, unless somebody's work is
in it."""

import os
import shlex
import signal
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from peerd.edges.git import MAKING
from peerd.edges.process import with_variable
from peerd.errors import GitError, TryAgain, UsageError
from tests.eventually import eventually
from tests.live.conftest import Team
from tests.repository import git, repository, smudged, worktrees

pytestmark = [pytest.mark.tmux, pytest.mark.git]

PARTS = {"a.c": "int a;\n" * 40, "b.c": "int b;\n" * 40}


@pytest.fixture
def repo(team: Team) -> Path:
    repo = repository(team.root / "repo")
    for name, text in PARTS.items():
        (repo / name).write_text(text)
    smudged(repo, f"touch {team.root}/begun; until [ -e {team.root}/go ]; do sleep 0.02; done; cat")
    return repo


def path_of(team: Team) -> Path:
    return Path(team.home.worktrees, "ada")


def add(team: Team, repo: Path) -> None:
    team.call("peer.add", name="ada", dir=str(repo), worktree=True, runtime="actor")


def killed(team: Team, repo: Path) -> Path:
    """A daemon and its git, in the middle of an add; the next daemon is there."""
    team.start()
    adding = team.popen("add", "ada", "--runtime", "actor", "--dir", str(repo), "--worktree")
    eventually(lambda: (team.root / "begun").exists())
    team.kill_daemon()
    kill_git(team)
    adding.wait(10)
    (team.root / "go").touch()
    team.start()
    return path_of(team)


def kill_git(team: Team, spared: int | None = None) -> None:
    def left() -> list[int]:
        return [each.pid for each in with_variable(MAKING, str(path_of(team))) if each.pid != spared]

    for pid in left():
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    eventually(lambda: not left())


def whole(team: Team, repo: Path) -> bool:
    path = path_of(team)
    made = (git(path, "status", "--porcelain"), git(path, "rev-parse", "--abbrev-ref", "HEAD"), worktrees(repo))
    return made == ("", "peerd/ada", [str(path)]) and {name: (path / name).read_text() for name in PARTS} == PARTS


def locked(path: Path, repo: Path) -> None:
    """As it is."""


def with_a_file_half_written(path: Path, repo: Path) -> None:
    (path / "a.c").write_text(PARTS["a.c"][:100])


def with_no_git_file(path: Path, repo: Path) -> None:
    (path / ".git").unlink()


def with_no_folder(path: Path, repo: Path) -> None:
    path.rename(repo.parent / "moved")


def with_no_head(path: Path, repo: Path) -> None:
    folder = repo / ".git" / "worktrees" / "ada"
    (folder / "HEAD").write_text("0" * 40 + "\n")
    (folder / "commondir").unlink()


def half_undone(path: Path, repo: Path) -> None:
    """As by a git that was killed while it took away what it had begun."""
    for name in ("gitdir", "HEAD", "locked"):
        (repo / ".git" / "worktrees" / "ada" / name).unlink()


def forgotten_by_git(path: Path, repo: Path) -> None:
    git(repo, "worktree", "unlock", str(path))
    (repo / ".git" / "worktrees" / "ada").rename(repo.parent / "undone")


def empty(path: Path, repo: Path) -> None:
    forgotten_by_git(path, repo)
    path.rename(repo.parent / "moved")
    path.mkdir()


@pytest.mark.parametrize(
    "left",
    [
        locked,
        with_a_file_half_written,
        with_no_git_file,
        with_no_folder,
        with_no_head,
        half_undone,
        forgotten_by_git,
        empty,
    ],
    ids=lambda each: each.__name__,
)
def test_what_a_killed_daemon_and_its_killed_git_left_is_made_anew(
    repo: Path, team: Team, left: Callable[[Path, Path], None]
):
    left(killed(team, repo), repo)

    add(team, repo)

    assert whole(team, repo)
    assert team.show("ada")["spec"]["dir"] == str(path_of(team))


def a_new_file(path: Path) -> None:
    (path / "new.c").write_text("mine")


def an_ignored_file(path: Path) -> None:
    (path / ".gitignore").write_text("*.o\n")
    (path / "new.o").write_text("mine")


def a_changed_file(path: Path) -> None:
    (path / "a.c").write_text("mine")


def more_of_a_file(path: Path) -> None:
    (path / "a.c").write_text(PARTS["a.c"] + "mine")


@pytest.mark.parametrize("unlisted", [False, True])
@pytest.mark.parametrize(
    "work", [a_new_file, an_ignored_file, a_changed_file, more_of_a_file], ids=lambda each: each.__name__
)
def test_what_may_be_somebodys_work_stays_and_is_named(
    repo: Path, team: Team, work: Callable[[Path], None], unlisted: bool
):
    path = killed(team, repo)
    work(path)
    if unlisted:
        forgotten_by_git(path, repo)
    before = {file: file.read_bytes() for file in path.iterdir()}

    with pytest.raises(UsageError, match=r"holds what git did not check out: .*(new|a)\.\w.* Move it away"):
        add(team, repo)

    assert {file: file.read_bytes() for file in path.iterdir()} == before
    path.rename(team.root / "moved")
    add(team, repo)
    assert whole(team, repo)


def test_a_folder_that_a_peer_works_in_stays(repo: Path, team: Team):
    path = killed(team, repo)
    team.call("peer.add", name="bob", dir=str(path), runtime="actor")

    with pytest.raises(UsageError, match="a peer works in it. Move it away"):
        add(team, repo)

    assert path.exists()


def test_a_worktree_of_another_repository_stays(repo: Path, team: Team):
    path = killed(team, repo)
    git(repo, "clone", "-q", ".", str(team.root / "other"))

    with pytest.raises(UsageError, match="exists and is not a worktree of"):
        add(team, team.root / "other")

    assert path.exists()


def test_what_outlived_its_git_holds_no_add_up(repo: Path, team: Team):
    """As a filter's helper does that became a daemon: in the folder, with the environment that git gave it."""
    helper = f"setsid sleep 600 >/dev/null 2>&1 & echo $! >{team.root}/helper"
    git(repo, "config", "filter.slow.smudge", f"[ -e {team.root}/helper ] || {{ {helper}; sleep 600; }}; cat")
    team.start()
    adding = team.popen("add", "ada", "--runtime", "actor", "--dir", str(repo), "--worktree")
    eventually(lambda: (team.root / "helper").exists() and (team.root / "helper").read_text().strip())
    outlived = int((team.root / "helper").read_text())
    team.kill_daemon()
    kill_git(team, spared=outlived)
    adding.wait(10)
    team.start()

    add(team, repo)

    assert whole(team, repo)
    assert [each.pid for each in with_variable(MAKING, str(path_of(team)))] == [outlived]


def test_a_git_that_hangs_is_named_and_ended_as_it_is_told(repo: Path, team: Team):
    team.start()
    adding = team.popen("add", "ada", "--runtime", "actor", "--dir", str(repo), "--worktree")
    eventually(lambda: (team.root / "begun").exists())
    team.kill_daemon()
    adding.wait(10)
    team.start()
    with pytest.raises(TryAgain, match=r"pid \d+: git .*worktree add .*`kill [\d ]+` ends it") as refused:
        add(team, repo)

    subprocess.run(shlex.split(str(refused.value).split("`")[1]), check=True, timeout=20)

    (team.root / "go").touch()
    eventually(lambda: added(team, repo))
    assert whole(team, repo)


def added(team: Team, repo: Path) -> bool:
    with suppress(TryAgain):
        add(team, repo)
        return True
    return False


def test_an_add_whose_git_had_to_be_killed_says_what_is_left_and_the_next_one_is_whole(repo: Path, team: Team):
    team.start()
    with ThreadPoolExecutor() as pool:
        adding = pool.submit(add, team, repo)
        eventually(lambda: (team.root / "begun").exists())
        kill_git(team)
        with pytest.raises(GitError, match=r"ada is left of it: add the peer again"):
            adding.result(20)
    (team.root / "go").touch()
    assert path_of(team).exists()

    add(team, repo)

    assert whole(team, repo)
