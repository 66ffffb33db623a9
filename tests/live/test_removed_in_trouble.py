"""A peer that was removed or renamed while its file could not be: it is gone all the same, and only it."""

import contextlib
import os
import sys
import time
from pathlib import Path

import pytest

from peerd.errors import PeerdError, TryAgain, WasRemoved
from tests.eventually import eventually
from tests.live.conftest import RUN_DAEMON, Team
from tests.live.test_rename import rename
from tests.live.test_repeated import lost, names
from tests.live.test_roster import file_of

pytestmark = pytest.mark.tmux

HELD = f"""
import os
right = os.unlink
def unlink(path, *args, **options):
    if str(path).endswith("/ada.toml") and os.path.exists(os.environ["PEERD_HOME"] + "/held"):
        raise PermissionError(1, "Operation not permitted", path)
    return right(path, *args, **options)
os.unlink = unlink
{RUN_DAEMON}
"""
"""A daemon that cannot remove ada's file for as long as that is held."""


def held(team: Team) -> Path:
    return Path(team.env["PEERD_HOME"], "held")


@pytest.fixture
def holding(team: Team) -> Team:
    start(team)
    team.add("ada", "actor", idle_s=77)
    held(team).touch()
    return team


def start(team: Team) -> None:
    team.start(sys.executable, "-c", HELD)


def again(team: Team) -> None:
    team.kill_daemon()
    start(team)


def removed_by_halves(team: Team) -> None:
    with pytest.raises(PeerdError, match="ada is removed, but .*Operation not permitted"):
        team.call("peer.remove", peer="ada")


def test_a_removed_peer_whose_file_cannot_be_removed_does_not_come_back(holding: Team):
    removed_by_halves(holding)

    again(holding)
    assert (names(holding), file_of(holding, "ada").exists()) == ([], True)
    assert listed_by_nobody(holding) == []
    start(holding)

    held(holding).unlink()
    again(holding)
    assert (names(holding), os.listdir(holding.home.peers)) == ([], [])


def test_a_peer_is_not_added_beside_such_a_file_and_is_once_it_can_be_removed(holding: Team):
    removed_by_halves(holding)
    team_file = holding.work / "team.toml"
    team_file.write_text("[peers.ada]\nruntime = 'actor'\nidle_s = 78\n")

    with pytest.raises(TryAgain, match="the spec of the removed peer ada still exists: .*Nothing was added"):
        holding.add("ada", "actor", idle_s=78)
    assert "still exists" in holding.run("up", "--yes", str(team_file)).err

    held(holding).unlink()
    assert holding.run("up", "--yes", str(team_file)).code == 0
    again(holding)
    assert holding.show("ada")["spec"]["idle_s"] == 78


def renamed_by_halves(team: Team) -> None:
    with pytest.raises(PeerdError, match="ada is bob now, but .*Operation not permitted"):
        rename(team, new="bob")


def test_nor_beside_the_file_of_one_that_was_renamed_and_is_once_that_can_be_moved(holding: Team):
    renamed_by_halves(holding)
    team_file = holding.work / "team.toml"
    team_file.write_text("[peers.ada]\nruntime = 'actor'\nidle_s = 78\n")

    with pytest.raises(TryAgain, match="the spec of bob \\(formerly ada\\) still exists: .*Nothing was added"):
        holding.add("ada", "actor", idle_s=78)
    assert "still exists" in holding.run("up", "--yes", str(team_file)).err

    held(holding).unlink()
    assert holding.run("up", "--yes", str(team_file)).code == 0
    for _ in range(2):
        assert {name: holding.show(name)["spec"]["idle_s"] for name in names(holding)} == {"ada": 78, "bob": 77}
        again(holding)


def test_nor_is_another_given_a_name_of_which_such_a_file_is_left_before_that(holding: Team):
    renamed_by_halves(holding)
    holding.add("eve", "actor", idle_s=78)

    with pytest.raises(TryAgain, match="the spec of bob \\(formerly ada\\) still exists: .*Nothing was changed"):
        rename(holding, "eve", "ada")

    held(holding).unlink()
    rename(holding, "eve", "ada")
    assert {name: holding.show(name)["spec"]["idle_s"] for name in names(holding)} == {"ada": 78, "bob": 77}


def test_who_removes_one_that_was_renamed_by_halves_is_told_of_the_file_that_stays(holding: Team):
    renamed_by_halves(holding)

    ran = holding.run("rm", "bob")

    file = file_of(holding, "ada")
    assert (ran.code, ran.err.startswith("peerd: bob is removed, but its file could not be: ")) == (1, True)
    assert (f"Operation not permitted: {file}. peerd tries again" in ran.err, names(holding)) == (True, [])
    (notice,) = holding.call("daemon.status")["notices"]
    assert notice.startswith(f"bob (formerly ada) is removed, but not its file {file}: ")
    held(holding).unlink()
    holding.add("ada", "actor")
    assert (names(holding), os.listdir(holding.home.peers)) == (["ada"], ["ada.toml"])


def test_a_spec_that_a_person_writes_over_such_a_file_is_another_peers(holding: Team):
    """Also with a clock that was set back meanwhile."""
    removed_by_halves(holding)

    file_of(holding, "ada").write_text(file_of(holding, "ada").read_text().replace("77", "78"))
    dated(holding, -3600)

    eventually(lambda: names(holding) == ["ada"], within_s=10)
    held(holding).unlink()
    for _ in range(2):
        again(holding)
        assert holding.show("ada")["spec"]["idle_s"] == 78


def test_a_renamed_peer_whose_file_cannot_be_moved_is_one_peer_under_its_new_name(holding: Team):
    renamed_by_halves(holding)

    again(holding)
    assert names(holding) == ["bob"]
    assert listed_by_nobody(holding) == ["bob"]
    assert holding.run("show", "ada").code == 1
    assert holding.run("show", "bob").code == 0
    start(holding)
    holding.run("edit", "bob", "--set", "idle_s=78")
    again(holding)
    assert (names(holding), holding.show("bob")["spec"]["idle_s"]) == (["bob"], 78)


def test_one_whose_file_cannot_be_written_under_its_new_name_is_there_by_its_old_one(team: Team):
    in_the_way = f"""
import os
os.makedirs(os.path.join(os.environ["PEERD_HOME"], "config", "peers", f".bob.toml.{{os.getpid()}}.new"))
{RUN_DAEMON}
"""
    team.start(sys.executable, "-c", in_the_way)
    team.add("ada", "actor", idle_s=77)
    with pytest.raises(PeerdError, match="ada is bob now, but"):
        rename(team, new="bob")

    team.kill_daemon()
    team.start(sys.executable, "-c", in_the_way)
    assert (names(team), team.show("bob")["spec"]["idle_s"]) == (["bob"], 77)

    team.call("peer.remove", peer="bob")
    team.kill_daemon()
    team.start()
    assert [each for each in os.listdir(team.home.peers) if each.endswith(".toml")] == []


def listed_by_nobody(team: Team) -> list[str]:
    """The peers, as of the store; no daemon runs after this."""
    team.kill_daemon()
    return [each["peer"] for each in team.run("ls", "--json").json]


@pytest.mark.parametrize("ahead_s", [3600, -3600])
def test_whatever_the_clock_said_a_removal_that_was_cut_short_is_finished(team: Team, ahead_s: float):
    team.start()
    team.add("ada", "actor")
    dated(team, ahead_s)
    team.kill_daemon()
    team.start_dying("ForgetPeer")
    with contextlib.suppress(PeerdError):
        team.call("peer.remove", peer="ada", timeout_s=10.0)
    eventually(lambda: team.died, within_s=10)

    team.start()

    assert (names(team), os.listdir(team.home.peers)) == ([], [])


def dated(team: Team, ahead_s: float) -> None:
    at = time.time() + ahead_s
    os.utime(file_of(team, "ada"), (at, at))


def test_nor_does_it_cost_a_namesake_its_spec(team: Team):
    """Added while the disk takes no word of that the removal is finished, with a clock that is set back."""
    team.start(sys.executable, "-c", REFUSED)
    team.add("ada", "actor")
    assert team.run("rm", "ada").out == "ada is removed.\n"
    Path(team.env["PEERD_HOME"], "room").touch()
    team.add("ada", "actor")
    dated(team, -3600)

    for _ in range(2):
        team.kill_daemon()
        team.start()
        assert names(team) == ["ada"]


REFUSED = f"""
import os
from peerd.errors import StoreError
from peerd.store import writer
from peerd.store.write import FinishRemoval
right = writer.apply
def refuse(connection, write):
    if isinstance(write, FinishRemoval) and not os.path.exists(os.environ["PEERD_HOME"] + "/room"):
        raise StoreError("the disk is full")
    return right(connection, write)
writer.apply = refuse
{RUN_DAEMON}
"""


def test_nobody_is_not_removed_though_the_daemon_dies_as_it_is_asked(up: Team):
    ran = lost(up, "rm", "nosuch")

    assert (ran.code, ran.out) == (1, "")
    assert "no peer 'nosuch'" in ran.err
    assert ran.err.endswith(" The daemon that was asked first ended before it answered.\n")


def test_one_that_was_removed_is_told_so_for_as_long_as_there_is_no_other(up: Team):
    up.add("ada")
    up.call("peer.remove", peer="ada")

    assert up.run("rm", "ada").code == 1
    assert lost(up, "rm", "ada").code == 0
    up.add("ada")
    rename(up, new="bob")
    with pytest.raises(PeerdError, match="It is called bob now") as told:
        up.call("peer.remove", peer="ada")
    assert not isinstance(told.value, WasRemoved)
