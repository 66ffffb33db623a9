"""A peer whose spec's place a folder has taken: it goes by the spec it had, and who asks for more is told of the
folder; that is nobody's spec, and is left alone."""

from pathlib import Path

import pytest

from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_roster import file_of

pytestmark = pytest.mark.tmux


@pytest.fixture
def folder(up: Team) -> Path:
    up.add("ada", "actor", idle_s=77)
    file_of(up, "ada").rename(up.root / "spec")
    file_of(up, "ada").mkdir()
    (file_of(up, "ada") / "precious").write_text("")
    return file_of(up, "ada")


def begun_anew(team: Team) -> None:
    team.kill_daemon()
    team.start()


@pytest.mark.parametrize("asked", [["edit", "ada", "--set", "idle_s=78"], ["rename", "ada", "bob"]], ids=" ".join)
def test_who_would_change_it_is_told_of_the_folder_and_changes_nothing(up: Team, folder: Path, asked: list[str]):
    ran = up.run(*asked)

    assert ran == (78, "", f"peerd: {folder} is a folder. Put a readable file there, or remove it.\n")
    assert (up.show("ada")["spec"]["idle_s"], up.show("ada")["phase"]) == (77, "asleep")


def test_it_goes_on_with_its_spec_once_that_is_put_back(up: Team, folder: Path):
    up.call("peer.wake", peer="ada")
    begun_anew(up)
    assert up.show("ada")["phase"] == "running"
    told = up.call("daemon.status")["notices"]

    folder.rename(up.root / "folder")
    (up.root / "spec").rename(folder)

    goes_by = "Until then the last spec of ada holds; `peerd show ada --json` shows it."
    assert told == [f"{folder} is a folder. Put a readable file there, or remove it. {goes_by}"]
    eventually(lambda: up.call("daemon.status").get("notices", []) == [])
    assert up.run("edit", "ada", "--set", "idle_s=78").code == 0


def test_it_can_be_removed_and_stays_so_and_the_folder_is_left_alone(up: Team, folder: Path):
    ran = up.run("rm", "ada")

    assert ran == (0, f"ada is removed. {folder} is a folder, and stays.\n", "")
    begun_anew(up)
    assert up.call("peer.list")["peers"] == []
    assert (folder / "precious").exists()
    assert "ev=action-failed" not in up.log()


def test_none_is_added_in_its_place_until_the_folder_is_moved_away(up: Team, folder: Path):
    up.run("rm", "ada")

    ran = up.run("add", "ada", "--runtime", "actor")
    assert ran.err == f"peerd: {folder} is a folder. Move it away, then add the peer again. Nothing was added.\n"

    folder.rename(up.root / "folder")
    assert up.run("add", "ada", "--runtime", "actor").code == 0
    begun_anew(up)
    assert [each["peer"] for each in up.call("peer.list")["peers"]] == ["ada"]
