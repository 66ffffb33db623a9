"""A folder that somebody has something in is not taken away, however little git says of it."""

import contextlib
from collections.abc import Callable
from pathlib import Path

import pytest

from peerd.errors import PeerdError, UsageError
from peerd.paths import home
from tests.eventually import eventually
from tests.live.conftest import Team
from tests.repository import git, repository

pytestmark = [pytest.mark.tmux, pytest.mark.git]

MANY = 8000  # what is missing of so many fills what is read of git's answer
LONG = "of-a-name-that-takes-its-room-" * 5


def left(team: Team, repo: Path) -> Path:
    """As by an add that was cut short: git knows nothing of it."""
    folder = Path(team.home.worktrees, "ada")
    folder.mkdir(parents=True)
    return folder


def added(team: Team, repo: Path) -> None:
    team.call("peer.add", name="ada", dir=str(repo), worktree=True, runtime="actor", timeout_s=60)


def committed(repo: Path) -> None:
    git(repo, "add", "--all")
    git(repo, "commit", "--quiet", "--message", "more")


def test_a_file_of_somebodys_is_seen_beside_however_many_that_are_missing(team: Team):
    repo = repository(team.root / "repo")
    for n in range(MANY):
        (repo / f"{LONG}{n}").touch()
    committed(repo)
    notes = left(team, repo) / "notes.txt"
    notes.write_text("mine")
    team.start()

    with pytest.raises(UsageError, match=r"notes\.txt"):
        added(team, repo)

    assert notes.read_text() == "mine"


def test_a_repository_of_somebodys_in_a_folder_that_git_tracks_is_seen(team: Team):
    repo = repository(team.root / "repo")
    (repo / "sub").mkdir()
    (repo / "sub" / "f").write_text("f")
    committed(repo)
    own = left(team, repo) / "sub"
    own.mkdir()
    (own / "f").write_text("f")
    git(own, "init", "--quiet")
    team.start()

    with pytest.raises(UsageError, match=r"sub/\.git"):
        added(team, repo)

    assert (own / ".git").is_dir()


def test_a_worktree_in_which_another_peer_works_stays_when_its_peer_is_removed(team: Team):
    repo = repository(team.root / "repo")
    team.start()
    added(team, repo)
    path = Path(team.home.worktrees, "ada")
    team.call("peer.add", name="bob", dir=str(path), runtime="actor", env={}, set={})

    removed = team.run("rm", "ada")

    assert (removed.code, path.is_dir(), "another peer works in it" in removed.out) == (0, True, True)
    with pytest.raises(UsageError, match="a peer works in it. Choose another name"):
        added(team, repo)


def by_a_link_to_it(team: Team, path: Path) -> Path:
    (team.root / "link").symlink_to(path / "code")
    return team.root / "link"


def by_a_link_to_where_it_is(team: Team, path: Path) -> Path:
    (team.root / "link").symlink_to(path.parent)
    return team.root / "link" / "ada" / "code"


def by_a_link_in_it(team: Team, path: Path) -> Path:
    (path / "main.o").symlink_to(team.work)
    return path / "main.o"


@pytest.mark.parametrize("way", [by_a_link_to_it, by_a_link_to_where_it_is, by_a_link_in_it], ids=lambda e: e.__name__)
def test_a_worktree_that_a_peer_works_in_by_way_of_a_link_stays(team: Team, way: Callable[[Team, Path], Path]):
    repo = repository(team.root / "repo")
    team.start()
    added(team, repo)
    path = Path(team.home.worktrees, "ada")
    team.call("peer.add", name="bob", dir=str(way(team, path)), runtime="actor", env={}, set={})

    removed = team.run("rm", "ada")

    assert (removed.code, path.is_dir(), "another peer works in it" in removed.out) == (0, True, True)


def test_what_an_add_left_that_a_peer_works_in_by_way_of_a_link_stays(team: Team):
    repo = repository(team.root / "repo")
    folder = left(team, repo)
    team.start()
    (team.root / "link").symlink_to(folder)
    team.call("peer.add", name="bob", dir=str(team.root / "link"), runtime="actor", env={}, set={})

    with pytest.raises(UsageError, match="a peer works in it"):
        added(team, repo)

    assert folder.is_dir()


def test_a_folder_of_which_the_name_only_begins_alike_keeps_no_worktree(team: Team):
    repo = repository(team.root / "repo")
    team.start()
    added(team, repo)
    path = Path(team.home.worktrees, "ada")
    path.with_name("ada2").mkdir()
    team.call("peer.add", name="bob", dir=str(path.with_name("ada2")), runtime="actor", env={}, set={})

    assert "are gone" in team.run("rm", "ada").out


def test_a_peer_that_worked_in_anothers_worktree_leaves_it_there(team: Team):
    repo = repository(team.root / "repo")
    team.start()
    added(team, repo)
    path = Path(team.home.worktrees, "ada")
    team.call("peer.add", name="bob", dir=str(path / "code"), runtime="actor", env={}, set={})

    assert team.run("rm", "bob").out == "bob is removed.\n"

    assert (path / "code").is_dir()
    assert "are gone" in team.run("rm", "ada").out


def test_a_worktree_is_its_peers_by_whichever_path_the_home_is_named(team: Team):
    repo = repository(team.root / "repo")
    Path(team.env["PEERD_HOME"]).mkdir()
    (team.root / "link").symlink_to(team.env["PEERD_HOME"])
    right, team.env["PEERD_HOME"] = team.env["PEERD_HOME"], str(team.root / "link")
    team.home = home(team.env)
    team.start()
    added(team, repo)
    team.kill_daemon()
    team.env["PEERD_HOME"] = right
    team.home = home(team.env)
    team.start()

    assert "are gone" in team.run("rm", "ada").out

    assert not Path(team.home.worktrees, "ada").exists()


def test_a_peers_folder_that_is_not_there_yet_finishes_no_removal(team: Team):
    team.declare("ada", "actor")
    team.start()
    team.kill_daemon()
    team.start_dying("ForgetPeer")
    with contextlib.suppress(PeerdError):
        team.call("peer.remove", peer="ada", now=True, timeout_s=10)
    eventually(lambda: team.died, within_s=10)
    peers = Path(team.home.peers)
    peers.rename(peers.with_name("away"))
    team.start()
    team.kill_daemon()
    if peers.exists():
        peers.rmdir()
    peers.with_name("away").rename(peers)

    team.start()

    assert team.call("peer.list")["peers"] == []
