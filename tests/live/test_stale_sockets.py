"""Files of tmux sockets that nobody listens on any more, and no session needs: a daemon takes them away, no others."""

import os
import socket
import time
from pathlib import Path

import pytest

from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_apart import a_stranger

pytestmark = pytest.mark.tmux

OLD_S = 3600.0


def left(team: Team, name: str, *, age_s: float = OLD_S) -> Path:
    """As a server that was killed leaves it."""
    path = Path(team.home.run, "tmux", name)
    for folder in (path.parent.parent, path.parent):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(path))
    aged(path, age_s)
    return path


def aged(path: Path, age_s: float) -> None:
    at = time.time() - age_s
    os.utime(path, (at, at))


def test_that_of_a_session_whose_peer_has_another_name_by_now_is_taken_away(team: Team):
    """Its daemon was killed before it could."""
    socket = left(team, "actor-ada.sock")

    team.start()

    assert not socket.exists()


def test_it_is_so_at_a_census_too(team: Team):
    Path(team.home.config).mkdir(parents=True)
    Path(team.home.settings_file).write_text("census_s = 1\n")
    team.start()
    team.add("ada", "actor")

    socket = left(team, "actor-ada.sock")

    eventually(lambda: not socket.exists())
    assert team.call("peer.wake", peer="ada")["woke"]


def test_what_somebody_listens_on_or_may_in_a_moment_stays(team: Team):
    strange = Path(a_stranger(team))
    aged(strange, OLD_S)
    young, ahead = left(team, "actor-ada.sock", age_s=0), left(team, "actor-bob.sock", age_s=-1)
    file = strange.with_name("actor-dan.sock")
    file.write_text("precious")
    aged(file, OLD_S)

    team.start()

    assert [path.exists() for path in (strange, young, ahead, file)] == [True] * 4
    assert f"ev=stray-session socket={strange}" in team.log()


def test_that_of_a_session_that_lives_stays_and_it_is_spoken_to_over_it(team: Team):
    team.start()
    team.add("ada", "actor")
    team.call("peer.wake", peer="ada")
    aged(Path(team.session("ada").host.socket), OLD_S)
    team.kill_daemon()

    team.start()

    assert Path(team.session("ada").host.socket).exists()
    assert team.send("ada", "hello", wait="ended", timeout_s=20)["task"] == "answered"


def test_one_of_a_peer_that_starts_stays_for_as_long_as_that_takes(team: Team):
    """Its server may be just about to listen."""
    Path(team.home.config).mkdir(parents=True)
    Path(team.home.settings_file).write_text("census_s = 1\nlog_verbose = true\n")
    team.start()
    team.add("ada", "actor", "--boot-s", "3")
    waking = team.popen("wake", "ada")
    eventually(lambda: team.show("ada")["phase"] == "starting")

    socket = left(team, "shell-ada.sock")
    looks = team.log().count("ev=census")
    eventually(lambda: team.log().count("ev=census") > looks)

    assert (team.show("ada")["phase"], socket.exists()) == ("starting", True)
    eventually(lambda: not socket.exists(), within_s=20)
    assert waking.wait(20) == 0
