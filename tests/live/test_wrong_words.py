"""What a person gets wrong, told with its file and what to do."""

import os
from pathlib import Path

import pytest

from peerd.errors import UsageError
from tests.eventually import eventually
from tests.live.conftest import Team

pytestmark = pytest.mark.tmux


def test_an_edit_to_a_folder_that_is_not_there_is_refused(up: Team):
    up.add("ada")

    ran = up.run("edit", "ada", "--set", 'dir="/nowhere"')

    assert (ran.code, "/nowhere: no such folder" in ran.err) == (2, True)


def test_a_runtime_whose_file_is_wrong_is_named_with_its_file(up: Team):
    os.makedirs(up.home.runtimes, exist_ok=True)
    Path(up.home.runtimes, "bad.toml").write_text("name = ")

    def named() -> bool:
        ran = up.run("add", "eve", "--runtime", "bad")
        return ran.code == 2 and "runtimes/bad.toml" in ran.err

    eventually(named, within_s=10)


def test_settings_that_the_next_daemon_could_not_read_are_told_of(up: Team):
    Path(up.home.settings_file).write_text("census_s = ")

    (told,) = up.call("daemon.status")["notices"]

    assert told.startswith(up.home.settings_file)
    assert "the next one will not start" in told


def test_a_spec_that_is_no_toml_is_named_once_by_rename(up: Team):
    up.add("ada")
    Path(up.home.peers, "ada.toml").write_text("name = ")

    ran = up.run("rename", "ada", "eve")

    assert (ran.code, ran.err.lower().count("nothing was changed"), "ada.toml" in ran.err) == (78, 1, True)


def test_a_spec_of_a_runtime_that_is_not_known_is_told_of(up: Team):
    up.add("ada")
    Path(up.home.peers, "ada.toml").write_text(f'name = "ada"\nruntime = "nope"\ndir = "{up.work}"\n')

    told = eventually(lambda: up.call("daemon.status").get("notices", []), within_s=10)

    assert told[0].startswith("ada is of runtime 'nope', which is not known: ")


def test_a_name_that_cannot_be_is_told_so_whatever_waits_for_who_has_it(up: Team):
    up.add("ada")
    up.call("peer.wake", peer="ada")
    up.run("send", "operator", "may I?", env=up.caller("ada"))

    with pytest.raises(UsageError, match="'operator' is taken"):
        up.call("peer.rename", peer="ada", name="operator")
