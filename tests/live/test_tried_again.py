"""A removal, or another name, whose files cannot be done yet: told of meanwhile, and done once that can be, by the same
daemon."""

import sys
from pathlib import Path

import pytest

from peerd.errors import ConfigError, PeerdError, WasRemoved
from tests.eventually import eventually
from tests.live.conftest import RUN_DAEMON, Team
from tests.live.test_removed_in_trouble import HELD, held, removed_by_halves
from tests.live.test_rename import rename
from tests.live.test_repeated import begun, names, over
from tests.live.test_roster import file_of, phase
from tests.live.test_vanished_specs import notices

pytestmark = pytest.mark.tmux


@pytest.fixture
def holding(team: Team) -> Team:
    """It looks around every second, and cannot remove ada's file."""
    Path(team.home.settings_file).parent.mkdir(parents=True, exist_ok=True)
    Path(team.home.settings_file).write_text("census_s = 1\n")
    team.start(sys.executable, "-c", HELD)
    team.add("ada", "actor", idle_s=77)
    held(team).touch()
    return team


def test_a_file_that_cannot_be_removed_is_a_notice_until_it_is(holding: Team):
    removed_by_halves(holding)
    (told,) = notices(holding)
    assert told.startswith(f"ada is removed, but not its file {file_of(holding, 'ada')}: Operation not permitted")

    held(holding).unlink()

    eventually(lambda: not file_of(holding, "ada").exists(), within_s=10)
    eventually(lambda: notices(holding) == [])


def test_a_file_that_cannot_be_moved_is_a_notice_until_it_is(holding: Team):
    with pytest.raises(PeerdError, match="ada is bob now, but its file could not be moved: Operation not permitted"):
        rename(holding, new="bob")
    (told,) = notices(holding)
    assert told.startswith(f"bob is renamed, but its file {file_of(holding, 'ada')} is not: Operation not permitted")

    held(holding).unlink()

    eventually(lambda: not file_of(holding, "ada").exists(), within_s=10)
    eventually(lambda: notices(holding) == [])
    assert (names(holding), holding.show("bob")["spec"]["idle_s"]) == (["bob"], 77)


def test_who_edits_such_a_peer_is_not_told_to_give_it_up(team: Team):
    """Its new file cannot be written either."""
    in_the_way = f"""
import os
os.makedirs(os.path.join(os.environ["PEERD_HOME"], "config", "peers", f".bob.toml.{{os.getpid()}}.new"))
{RUN_DAEMON}
"""
    team.start(sys.executable, "-c", in_the_way)
    team.add("ada", "actor")
    with pytest.raises(PeerdError, match="ada is bob now, but"):
        rename(team, new="bob")

    with pytest.raises(ConfigError, match=r"bob is renamed, but its file .*ada\.toml is not: .* Leave it there"):
        team.call("peer.edit", peer="bob", set={"idle_s": "78"})

    (told,) = notices(team)
    assert "peerd rm" not in told


UNTOLD = f"""
import os
right = os.lstat
def lstat(path, *args, **options):
    if str(path).endswith("/ada.toml"):
        raise OSError(5, "Input/output error", path)
    return right(path, *args, **options)
os.lstat = lstat
{RUN_DAEMON}
"""
"""A daemon that nobody tells whether ada's file is there."""


def test_a_removal_is_not_over_where_nobody_can_tell_whether_the_file_is_there(holding: Team):
    removed_by_halves(holding)

    holding.kill_daemon()
    holding.start(sys.executable, "-c", UNTOLD)
    assert (names(holding), "Input/output error" in notices(holding)[0]) == ([], True)

    holding.kill_daemon()
    holding.start()
    assert (names(holding), file_of(holding, "ada").exists()) == ([], False)


def test_nor_is_a_rename(holding: Team):
    with pytest.raises(PeerdError, match="ada is bob now, but"):
        rename(holding, new="bob")

    holding.kill_daemon()
    holding.start(sys.executable, "-c", UNTOLD)
    assert names(holding) == ["bob"]

    holding.kill_daemon()
    holding.start()
    assert (names(holding), file_of(holding, "ada").exists()) == (["bob"], False)


def test_nothing_is_removed_where_nobody_can_tell_which_file_it_is(team: Team):
    team.start(sys.executable, "-c", UNTOLD)
    team.add("ada", "actor")

    for method, params in (("peer.remove", {}), ("peer.rename", {"name": "bob"})):
        with pytest.raises(PeerdError, match=r"ada\.toml: Input/output error.* Nothing was changed"):
            team.call(method, peer="ada", **params)
    assert names(team) == ["ada"]


@pytest.fixture
def slow(up: Team) -> Team:
    """ada, whose session takes its time to end, is being removed."""
    up.add("ada", "actor", "--ignore-hup", stop_grace_s=2.0)
    up.call("peer.wake", peer="ada")
    return up


def test_of_two_who_remove_a_peer_at_once_the_second_is_told_that_it_was_removed(slow: Team):
    removing = begun(slow, "rm", "ada")
    eventually(lambda: phase(slow, "ada") == "stopping", within_s=10)

    with pytest.raises(WasRemoved, match="no peer 'ada': it was removed"):
        slow.call("peer.remove", peer="ada", timeout_s=20)

    assert over(removing).code == 0


def test_a_spec_that_is_written_while_its_namesake_leaves_is_a_peer_once_that_has(slow: Team):
    removing = begun(slow, "rm", "ada")
    eventually(lambda: phase(slow, "ada") == "stopping", within_s=10)
    draft = slow.root / "draft"
    draft.write_text(file_of(slow, "ada").read_text() + "idle_s = 78\n")
    draft.rename(file_of(slow, "ada"))

    assert over(removing).code == 0

    assert (names(slow), slow.show("ada")["spec"]["idle_s"]) == (["ada"], 78)
    assert slow.show("ada")["phase"] == "asleep"


@pytest.mark.parametrize("removed", [True, False], ids=["removed since", "renamed"])
def test_a_spec_that_is_written_where_one_could_not_be_moved_is_another_peers(team: Team, removed: bool):
    """It is neither taken for the renamed peer's nor removed with it, though that is tried again."""
    Path(team.home.settings_file).parent.mkdir(parents=True, exist_ok=True)
    Path(team.home.settings_file).write_text("census_s = 1\n")
    team.start(sys.executable, "-c", UNMOVABLE)
    team.add("ada", "actor", description="the first one")
    with pytest.raises(PeerdError, match="ada is bob now, but"):
        rename(team, new="bob")
    if removed:
        with pytest.raises(PeerdError, match="bob is removed, but its file could not be"):
            team.call("peer.remove", peer="bob")

    file_of(team, "ada").write_text(file_of(team, "ada").read_text().replace("the first one", "another one"))
    held(team).touch()
    eventually(lambda: "ada" in names(team), within_s=10)
    eventually(lambda: not any("Operation not permitted" in each for each in notices(team)), within_s=10)

    told = {name: team.show(name)["spec"]["description"] for name in names(team)}
    assert told == {"ada": "another one"} | ({} if removed else {"bob": "the first one"})
    assert "another one" in file_of(team, "ada").read_text()


UNMOVABLE = f"""
import os
right = os.replace, os.unlink
def refuse(of, path, *args):
    if not os.path.exists(os.environ["PEERD_HOME"] + "/held") and str(args[0] if args else path).endswith((
        "/bob.toml", "/ada.toml")) and "ada" not in str(args[:1]):
        raise PermissionError(1, "Operation not permitted", path)
    return right[of](path, *args)
os.replace = lambda path, to: refuse(0, path, to)
os.unlink = lambda path: refuse(1, path)
{RUN_DAEMON}
"""
"""A daemon that can write no bob.toml and remove neither, until that is held."""


def test_one_that_could_not_be_moved_is_given_no_other_name_before_that(holding: Team):
    with pytest.raises(PeerdError, match="ada is bob now, but"):
        rename(holding, new="bob")

    with pytest.raises(PeerdError, match="bob has no other name before that"):
        holding.call("peer.rename", peer="bob", name="eve")

    held(holding).unlink()
    eventually(lambda: notices(holding) == [], within_s=10)
    assert names(holding) == ["bob"]


def test_a_spec_that_is_a_dangling_link_goes_with_its_peer(up: Team):
    up.add("ada", "actor")
    target = up.root / "target.toml"
    file_of(up, "ada").rename(target)
    file_of(up, "ada").symlink_to(target)
    eventually(lambda: notices(up) == [])
    target.rename(up.root / "elsewhere")

    up.call("peer.remove", peer="ada")

    assert not file_of(up, "ada").is_symlink()
    up.add("ada", "actor")
