"""What is removed, or moved, with a peer is its own login, and nothing that is another's, or may be."""

import os
import sqlite3
import sys
from pathlib import Path

import pytest

from peerd.errors import PeerdError
from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_logins_left import HELD, again, begin, logged_in, login_of, logins
from tests.live.test_removed_in_trouble import held
from tests.live.test_rename import rename
from tests.live.test_repeated import names
from tests.live.test_roster import file_of
from tests.live.test_vanished_specs import notices

pytestmark = pytest.mark.tmux


def looks_around(team: Team) -> None:
    """Twice: what it would do has begun, and is over."""
    before = team.log().count("ev=census")
    eventually(lambda: team.log().count("ev=census") > before + 1, within_s=10)


def looking(team: Team) -> None:
    Path(team.home.settings_file).parent.mkdir(parents=True, exist_ok=True)
    Path(team.home.settings_file).write_text("census_s = 1\nlog_verbose = true\n")
    team.start(sys.executable, "-c", HELD)


def half_renamed(team: Team) -> None:
    logged_in(team)
    held(team).touch()
    with pytest.raises(PeerdError, match="ada is bob now, but its login could not be moved"):
        rename(team, new="bob")


def test_of_two_logins_of_one_that_was_renamed_neither_is_touched_until_there_is_one(team: Team):
    looking(team)
    half_renamed(team)
    login_of(team, "bob").symlink_to(team.work)
    held(team).unlink()

    (told,) = eventually(lambda: [each for each in notices(team) if "it is there too" in each])
    assert f"login {login_of(team, 'ada')} is not: it is there too, remove one of them: {login_of(team, 'bob')}" in told
    assert login_of(team, "bob").is_symlink()

    login_of(team, "bob").unlink()
    eventually(lambda: logins(team) == ["bob"] and notices(team) == [], within_s=10)
    assert (login_of(team, "bob") / "credentials").read_text() == "of ada"


def test_who_removes_one_of_its_old_name_does_not_take_its_login_away(team: Team):
    team.start(sys.executable, "-c", HELD)
    half_renamed(team)
    team.declare("ada", "shell")
    eventually(lambda: "ada" in names(team), within_s=10)
    held(team).unlink()

    team.call("peer.remove", peer="ada")

    assert (logins(team), (login_of(team, "bob") / "credentials").read_text()) == (["bob"], "of ada")


def test_a_login_that_another_peer_has_in_its_environment_is_left_to_it_by_the_next_daemon_too(team: Team):
    looking(team)
    logged_in(team)
    team.add("bob", env={"CLAUDE_CONFIG_DIR": str(login_of(team, "ada") / "actor")})
    with pytest.raises(PeerdError, match="its login could not be: bob works in it"):
        team.call("peer.remove", peer="ada")

    again(team)
    looks_around(team)
    assert (login_of(team, "ada") / "credentials").exists()

    team.call("peer.edit", peer="bob", unset=["env"])
    eventually(lambda: logins(team) == [], within_s=10)


def test_a_namesake_that_lives_and_has_none_keeps_no_removed_peers_login(team: Team):
    begin(team)
    logged_in(team)
    held(team).touch()
    with pytest.raises(PeerdError, match="ada is removed, but its login could not be"):
        team.call("peer.remove", peer="ada")
    team.declare("ada", "shell")
    eventually(lambda: names(team) == ["ada"], within_s=10)
    team.call("peer.wake", peer="ada", timeout_s=20)

    held(team).unlink()

    eventually(lambda: logins(team) == [] and notices(team) == [], within_s=10)
    assert team.show("ada")["phase"] == "running"


def test_one_of_a_removed_peer_whose_start_is_asked_for_is_not_waited_for_longer_than_it_must(team: Team):
    """The next look around is a minute away."""
    team.start(sys.executable, "-c", HELD)
    logged_in(team)
    held(team).touch()
    with pytest.raises(PeerdError, match="ada is removed, but its login could not be"):
        team.call("peer.remove", peer="ada")
    team.declare("ada", "actor", "--remember")
    eventually(lambda: names(team) == ["ada"], within_s=10)
    held(team).unlink()

    team.call("peer.wake", peer="ada", timeout_s=20)

    eventually(lambda: logins(team) == ["ada"])
    assert not (login_of(team, "ada") / "credentials").exists()


def test_nothing_is_emptied_behind_a_link_in_the_place_of_all_logins(team: Team):
    elsewhere = team.root / "elsewhere"
    (elsewhere / ".eve.0a1b2c3d.removed").mkdir(parents=True)
    Path(team.home.logins).parent.mkdir(parents=True)
    Path(team.home.logins).symlink_to(elsewhere)

    looking(team)
    looks_around(team)

    assert os.listdir(elsewhere) == [".eve.0a1b2c3d.removed"]


def test_a_record_that_makes_no_sense_costs_nobody_a_folder(team: Team):
    looking(team)
    logged_in(team)
    team.kill_daemon()
    Path(team.home.state, "kept").mkdir()
    with sqlite3.connect(team.home.store) as store:
        store.execute("INSERT INTO removal (peer, at, spec, done) VALUES ('../kept', 0, '', 0)")
        store.execute("INSERT INTO rename (old, new, at, spec, done, n) VALUES ('../kept', 'eve', 0, '', 0, 1)")
    store.close()

    team.start()
    looks_around(team)

    assert (Path(team.home.state, "kept").is_dir(), logins(team)) == (True, ["ada"])
    assert file_of(team, "ada").exists()


def test_a_login_that_another_peers_leads_to_is_left_to_it(team: Team):
    looking(team)
    logged_in(team)
    team.add("bob")
    login_of(team, "bob").symlink_to(login_of(team, "ada"))

    with pytest.raises(PeerdError, match="its login could not be: the login of bob leads there"):
        team.call("peer.remove", peer="ada")

    assert (login_of(team, "bob") / "credentials").read_text() == "of ada"


def test_a_login_that_is_a_link_goes_whoever_has_what_it_leads_to(team: Team):
    looking(team)
    account = team.work / "account"
    account.mkdir()
    team.add("ada")
    team.add("bob", env={"ACCOUNT": str(account)})
    login_of(team, "ada").parent.mkdir(parents=True, exist_ok=True)
    login_of(team, "ada").symlink_to(account)

    team.call("peer.remove", peer="ada")

    eventually(lambda: logins(team) == [])
    assert account.is_dir()


def test_one_whose_login_another_peer_names_keeps_its_name(team: Team):
    looking(team)
    logged_in(team)
    team.add("bob", env={"CLAUDE_CONFIG_DIR": str(login_of(team, "ada") / "actor")})

    with pytest.raises(PeerdError, match=r"bob works in it, or has it in its `env`.* Nothing was changed"):
        rename(team, new="eve")

    assert (login_of(team, "ada") / "credentials").exists()
