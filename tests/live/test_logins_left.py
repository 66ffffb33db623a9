"""A login of its own goes with its peer: away when it is removed, along when it is renamed, whatever stands in the way;
and nobody is given another's."""

import os
import sys
from pathlib import Path

import pytest

from peerd.errors import PeerdError, TryAgain, UsageError
from tests.eventually import eventually
from tests.live.conftest import RUN_DAEMON, Team
from tests.live.test_removed_in_trouble import held
from tests.live.test_rename import rename
from tests.live.test_repeated import names
from tests.live.test_roster import file_of, is_idle
from tests.live.test_vanished_specs import notices

pytestmark = pytest.mark.tmux

HELD = f"""
import os
right = os.rename
def rename(path, to, *args, **options):
    if str(path).endswith("/logins/ada") and os.path.exists(os.environ["PEERD_HOME"] + "/held"):
        raise PermissionError(1, "Operation not permitted", path)
    return right(path, to, *args, **options)
os.rename = rename
{RUN_DAEMON}
"""
"""A daemon that cannot touch ada's login for as long as that is held."""


def begin(team: Team, code: str = HELD) -> None:
    Path(team.home.settings_file).parent.mkdir(parents=True, exist_ok=True)
    Path(team.home.settings_file).write_text("census_s = 1\n")
    team.start(sys.executable, "-c", code)


def again(team: Team, code: str = HELD) -> None:
    team.kill_daemon()
    team.start(sys.executable, "-c", code)


def login_of(team: Team, name: str) -> Path:
    return Path(team.home.login(name))


def logged_in(team: Team, name: str = "ada") -> None:
    """A peer in the middle of a conversation, with credentials of its own."""
    team.add(name, "actor", "--remember")
    assert team.send(name, "one", topic="T", wait="ended")["task"] == "answered"
    is_idle(team, name)
    (login_of(team, name) / "credentials").write_text(f"of {name}")


def logins(team: Team) -> list[str]:
    return sorted(os.listdir(team.home.logins))


def goes_on_with(team: Team, name: str, conversation: str) -> None:
    assert team.send(name, "two", topic="T", wait="ended", timeout_s=20)["task"] == "answered"
    session = team.session(name)
    assert (session.mode, session.conversation) == ("resume", conversation)


def test_a_login_goes_with_its_peer_which_rm_says_and_no_namesake_is_given_it(up: Team):
    logged_in(up)

    assert up.run("rm", "ada").out == f"ada is removed. Its login {login_of(up, 'ada')} is gone.\n"

    assert logins(up) == []
    assert f"ev=login-removed peer=ada folder={login_of(up, 'ada')}" in up.log()
    up.add("ada", "actor", "--remember")
    up.call("peer.wake", peer="ada", timeout_s=20)
    assert not (login_of(up, "ada") / "credentials").exists()


def test_one_that_takes_the_name_of_a_removed_peer_keeps_its_own_login_and_conversation(up: Team):
    logged_in(up, "ada")
    logged_in(up, "eve")
    conversation = up.session("ada").conversation
    up.call("peer.remove", peer="eve")

    rename(up, "ada", "eve")

    assert (login_of(up, "eve") / "credentials").read_text() == "of ada"
    goes_on_with(up, "eve", conversation)


def test_what_links_of_a_login_lead_to_stays(up: Team):
    logged_in(up, "ada")
    logged_in(up, "bob")
    shared = up.root / "shared"
    shared.mkdir()
    (shared / "kept").touch()
    (login_of(up, "ada") / "skills").symlink_to(shared)
    login_of(up, "bob").rename(shared / "bob")
    login_of(up, "bob").symlink_to(shared / "bob")

    assert (up.run("rm", "ada").code, up.run("rm", "bob").code) == (0, 0)

    assert (logins(up), sorted(os.listdir(shared))) == ([], ["bob", "kept"])
    assert (shared / "bob" / "credentials").exists()


def test_nor_is_anything_removed_behind_a_link_in_the_place_of_all_logins(up: Team):
    logged_in(up)
    Path(up.home.logins).rename(up.root / "elsewhere")
    Path(up.home.logins).symlink_to(up.root / "elsewhere")

    with pytest.raises(PeerdError, match=r"ada is removed, but its login could not be: .* is a link, what it leads to"):
        up.call("peer.remove", peer="ada")

    assert (up.root / "elsewhere" / "ada" / "credentials").exists()


def test_a_login_that_nobody_has_any_more_is_given_to_none_that_is_renamed(up: Team):
    logged_in(up)
    login_of(up, "eve").mkdir()

    with pytest.raises(UsageError, match=r"a login of an earlier eve is there: .*/logins/eve\. Remove it or move it"):
        rename(up)

    assert (names(up), logins(up)) == (["ada"], ["ada", "eve"])


@pytest.fixture
def half_removed(team: Team) -> Team:
    begin(team)
    logged_in(team)
    held(team).touch()
    ran = team.run("rm", "ada")
    assert (
        ran.code,
        "ada is removed, but its login could not be: Operation not permitted. peerd tries" in ran.err,
    ) == (
        1,
        True,
    )
    return team


@pytest.mark.parametrize("killed", [False, True], ids=["one daemon", "the next daemon"])
def test_a_login_that_cannot_be_removed_is_told_and_removed_once_that_can_be(half_removed: Team, killed: bool):
    if killed:
        again(half_removed)
    login = login_of(half_removed, "ada")
    (told,) = notices(half_removed)
    assert told.startswith(f"ada is removed, but its login {login} still exists: Operation not permitted. peerd tries")
    with pytest.raises(TryAgain, match=r"the login of the removed peer ada still exists: .*Nothing was added"):
        half_removed.add("ada")

    held(half_removed).unlink()

    eventually(lambda: logins(half_removed) == [], within_s=10)
    eventually(lambda: notices(half_removed) == [])
    half_removed.add("ada")


def test_whom_a_person_declares_meanwhile_is_not_started_with_it(half_removed: Team):
    half_removed.declare("ada", "actor", "--remember")
    eventually(lambda: names(half_removed) == ["ada"], within_s=10)

    with pytest.raises(PeerdError, match="the login of the removed peer ada still exists"):
        half_removed.call("peer.wake", peer="ada", timeout_s=20)
    with pytest.raises(TryAgain, match="the login of the removed peer ada still exists: .* Nothing was changed"):
        rename(half_removed)

    held(half_removed).unlink()
    half_removed.call("peer.start", peer="ada")
    half_removed.call("peer.wake", peer="ada", timeout_s=20)
    assert not (login_of(half_removed, "ada") / "credentials").exists()
    again(half_removed)
    assert (names(half_removed), logins(half_removed)) == (["ada"], ["ada"])


def test_nor_is_its_own_taken_for_the_one_of_the_removed_peer_by_the_next_daemon(half_removed: Team):
    """Its login begins only once the removal is over on record."""
    held(half_removed).unlink()
    logged_in(half_removed)

    again(half_removed)

    assert (login_of(half_removed, "ada") / "credentials").exists()


@pytest.fixture
def half_renamed(team: Team) -> Team:
    """Ada is bob by now, and resumable once its login can be moved."""
    begin(team)
    logged_in(team)
    held(team).touch()
    with pytest.raises(PeerdError, match="ada is bob now, but its login could not be moved: Operation not permitted"):
        rename(team, new="bob")
    return team


@pytest.mark.parametrize("killed", [False, True], ids=["one daemon", "the next daemon"])
def test_one_whose_login_cannot_be_moved_is_not_begun_without_it(half_renamed: Team, killed: bool):
    if killed:
        again(half_renamed)
    assert names(half_renamed) == ["bob"]
    (told,) = notices(half_renamed)
    assert told.startswith(f"bob is renamed, but its login {login_of(half_renamed, 'ada')} is not: Operation not")
    with pytest.raises(PeerdError, match=r"its login could not be moved: it is still .*/logins/ada"):
        half_renamed.call("peer.wake", peer="bob", mode="resume", timeout_s=20)
    with pytest.raises(PeerdError, match="bob has no other name before that"):
        rename(half_renamed, "bob", "eve")

    held(half_renamed).unlink()

    eventually(lambda: logins(half_renamed) == ["bob"], within_s=10)
    half_renamed.call("peer.start", peer="bob")
    half_renamed.call("peer.wake", peer="bob", mode="resume", timeout_s=20)
    assert (login_of(half_renamed, "bob") / "credentials").read_text() == "of ada"


def test_nor_is_it_given_to_whom_a_person_declares_by_the_old_name(half_renamed: Team):
    half_renamed.declare("ada", "actor", "--remember")
    eventually(lambda: names(half_renamed) == ["ada", "bob"], within_s=10)
    with pytest.raises(PeerdError, match=r"not everything of bob \(formerly ada\) is moved"):
        half_renamed.call("peer.wake", peer="ada", timeout_s=20)
    with pytest.raises(PeerdError, match="ada is removed, but its login could not be"):
        half_renamed.call("peer.remove", peer="ada")

    held(half_renamed).unlink()

    eventually(lambda: logins(half_renamed) == ["bob"], within_s=10)
    assert (login_of(half_renamed, "bob") / "credentials").read_text() == "of ada"
    eventually(lambda: notices(half_renamed) == [], within_s=10)


def test_it_goes_with_one_that_was_renamed_by_halves_and_then_removed(half_renamed: Team):
    with pytest.raises(PeerdError, match="bob is removed, but its login could not be"):
        half_renamed.call("peer.remove", peer="bob")
    again(half_renamed)
    assert (names(half_renamed), logins(half_renamed)) == ([], ["ada"])

    held(half_renamed).unlink()

    eventually(lambda: (logins(half_renamed), notices(half_renamed)) == ([], []), within_s=10)


def test_a_login_that_another_peer_has_in_its_environment_is_left_to_it(up: Team):
    logged_in(up)
    up.add("bob", env={"CLAUDE_CONFIG_DIR": str(login_of(up, "ada") / "actor")})

    with pytest.raises(PeerdError, match="its login could not be: bob works in it, or has it in its `env`"):
        up.call("peer.remove", peer="ada")

    assert (login_of(up, "ada") / "credentials").exists()
    up.call("peer.remove", peer="bob")
    up.add("ada")
    assert logins(up) == []


def test_a_login_moves_though_its_spec_cannot(team: Team):
    team.start()
    logged_in(team)
    conversation = team.session("ada").conversation
    assert team.daemon is not None
    Path(team.home.peers, f".bob.toml.{team.daemon.pid}.new").mkdir()

    with pytest.raises(PeerdError, match="ada is bob now, but its file could not be moved"):
        rename(team, new="bob")

    assert (file_of(team, "ada").exists(), logins(team)) == (True, ["bob"])
    goes_on_with(team, "bob", conversation)


UNFINISHED = f"""
import os
from peerd.errors import StoreError
from peerd.store import writer
from peerd.store.write import FinishRename
right = writer.apply
def refuse(connection, write):
    if isinstance(write, FinishRename):
        raise StoreError("the disk is full")
    return right(connection, write)
writer.apply = refuse
{RUN_DAEMON}
"""
"""A daemon that cannot put on record that a rename is done."""


def test_a_spec_like_that_of_one_that_was_renamed_is_another_peers_where_it_was_written_since(team: Team):
    team.start(sys.executable, "-c", UNFINISHED)
    team.add("ada")
    said = file_of(team, "ada").read_text()
    rename(team, new="bob")

    file_of(team, "ada").write_text(said)

    eventually(lambda: names(team) == ["ada", "bob"], within_s=10)
    for _ in range(2):
        team.kill_daemon()
        team.start()
        assert names(team) == ["ada", "bob"]
