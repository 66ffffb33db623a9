"""The spec of one that was renamed while its file could not be, and whose file is another's by then, or gone: written
anew, in the words it had."""

import sqlite3
from pathlib import Path

import pytest

from peerd.errors import PeerdError
from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_rename import rename
from tests.live.test_repeated import names
from tests.live.test_roster import file_of
from tests.live.test_vanished_specs import notices

pytestmark = pytest.mark.tmux


@pytest.fixture
def unmoved(team: Team) -> Path:
    """Ada, who is bob by now; what is in the way of its file."""
    Path(team.home.settings_file).parent.mkdir(parents=True, exist_ok=True)
    Path(team.home.settings_file).write_text("census_s = 1\n[peers]\nidle_s = 99\ncrash_max = 7\n")
    team.start()
    team.add("ada", "actor", crash_max=7)
    file_of(team, "ada").write_text(f"# ours\n{file_of(team, 'ada').read_text()}")
    eventually(lambda: team.show("ada")["spec"]["idle_s"] == 99)
    assert team.daemon is not None
    in_the_way = Path(team.home.peers, f".bob.toml.{team.daemon.pid}.new")
    in_the_way.mkdir()
    with pytest.raises(PeerdError, match="ada is bob now, but its file could not be moved"):
        rename(team, new="bob")
    return in_the_way


def replaced(team: Team) -> str:
    """By another peer's. What it said, as bob's."""
    said = file_of(team, "ada").read_text()
    file_of(team, "ada").write_text(said + "idle_s = 78\n")
    eventually(lambda: names(team) == ["ada", "bob"], within_s=10)
    return said.replace('"ada"', '"bob"')


@pytest.mark.parametrize("killed", [False, True], ids=["one daemon", "the next daemon"])
def test_it_says_what_it_said_with_its_comments_and_nothing_of_the_settings(team: Team, unmoved: Path, killed: bool):
    said = replaced(team)
    unmoved.rmdir()
    if killed:
        team.kill_daemon()
        team.start()

    eventually(file_of(team, "bob").exists, within_s=10)

    assert file_of(team, "bob").read_text() == said
    assert (said.startswith("# ours\n"), "idle_s" in said) == (True, False)
    assert {name: team.show(name)["spec"]["idle_s"] for name in names(team)} == {"ada": 78, "bob": 99}
    eventually(lambda: notices(team) == [])


def test_of_one_whose_words_are_not_on_record_the_settings_are_left_out_all_the_same(team: Team, unmoved: Path):
    """As of one that a peerd before renamed."""
    replaced(team)
    team.kill_daemon()
    unmoved.rmdir()
    with sqlite3.connect(team.home.store) as store:
        store.execute("UPDATE rename SET text = NULL")
    store.close()

    team.start()

    said = file_of(team, "bob").read_text()
    assert ("idle_s" in said, "crash_max" in said, names(team)) == (False, False, ["ada", "bob"])


def test_it_is_written_too_where_another_that_had_the_name_is_removed_before_that(team: Team, unmoved: Path):
    said = replaced(team)
    with pytest.raises(PeerdError, match="ada is removed, but"):
        team.call("peer.remove", peer="ada")

    unmoved.rmdir()

    eventually(file_of(team, "bob").exists, within_s=10)
    assert (file_of(team, "bob").read_text(), names(team)) == (said, ["bob"])
    eventually(lambda: notices(team) == [], within_s=10)
    assert not file_of(team, "ada").exists()
