"""A daemon that is killed while the login of a peer is removed, or moved: the next one finishes it, and nobody is given
another's."""

import contextlib
import os
import sys
from pathlib import Path

import pytest

from peerd.errors import PeerdError
from tests.eventually import eventually
from tests.live.conftest import RUN_DAEMON, Team
from tests.live.test_logins_left import again, begin, goes_on_with, logged_in, login_of, logins
from tests.live.test_rename import rename
from tests.live.test_repeated import names
from tests.live.test_roster import file_of
from tests.live.test_vanished_specs import notices

pytestmark = pytest.mark.tmux

DYING = f"""
import os, shutil, signal
right = os.rename, shutil.rmtree
def die(point):
    if point == "POINT":
        os.kill(os.getpid(), signal.SIGKILL)
def rename(path, to, *args, **options):
    login = "/logins/ada" in str(path)
    if login: die("before its login")
    right[0](path, to, *args, **options)
    if login: die("after its login")
def rmtree(path, *args, **options):
    if "/logins/" in str(path):
        os.unlink(path + "/credentials")
        die("in its login")
    right[1](path, *args, **options)
    if "/logins/" in str(path): die("after all of its login")
os.rename, shutil.rmtree = rename, rmtree
{RUN_DAEMON}
"""
"""A daemon that ends itself with SIGKILL at a point of ada's login."""

MOVED = ["before its login", "after its login"]
REMOVED = [*MOVED, "in its login", "after all of its login"]


def dies(team: Team, point: int | str) -> None:
    if isinstance(point, int) or " " not in point:
        team.start_dying(point)
    else:
        team.start(sys.executable, "-c", DYING.replace("POINT", point))


@pytest.mark.parametrize("point", [*range(1, 10), "ForgetPeer", "FinishRemoval", *REMOVED])
def test_a_removal_is_whole_wherever_the_daemon_was_killed(team: Team, point: int | str):
    team.start()
    logged_in(team)
    team.call("peer.stop", peer="ada")
    team.kill_daemon()
    dies(team, point)
    with contextlib.suppress(PeerdError):
        team.call("peer.remove", peer="ada", timeout_s=10.0)
        assert isinstance(point, int)  # so many touches there are not
    team.kill_daemon()

    team.start()

    if names(team):
        assert (isinstance(point, int), (login_of(team, "ada") / "credentials").read_text()) == (True, "of ada")
        team.call("peer.remove", peer="ada")
    eventually(lambda: logins(team) == [], within_s=10)
    team.add("ada", "actor", "--remember")
    team.call("peer.wake", peer="ada", timeout_s=20)
    assert not (login_of(team, "ada") / "credentials").exists()
    assert notices(team) == []


@pytest.mark.parametrize("point", ["RenamePeer", "FinishRename", *MOVED])
def test_so_is_a_rename(team: Team, point: str):
    team.start()
    logged_in(team)
    conversation = team.session("ada").conversation
    team.kill_daemon()
    dies(team, point)
    with pytest.raises(PeerdError):
        rename(team, new="bob", timeout_s=10.0)

    team.start()

    assert (names(team), logins(team)) == (["bob"], ["bob"])
    goes_on_with(team, "bob", conversation)


@pytest.mark.parametrize("point", [*REMOVED, "FinishRemoval"])
def test_a_spec_written_before_the_next_daemon_is_another_peers_without_its_login(team: Team, point: str):
    team.start()
    logged_in(team)
    team.kill_daemon()
    dies(team, point)
    with contextlib.suppress(PeerdError):
        team.call("peer.remove", peer="ada", timeout_s=10.0)
    eventually(lambda: team.died, within_s=10)
    file_of(team, "ada").unlink(missing_ok=True)
    team.declare("ada", "actor", "--remember")

    team.start()

    team.call("peer.wake", peer="ada", timeout_s=20)
    assert not (login_of(team, "ada") / "credentials").exists()
    eventually(lambda: logins(team) == ["ada"], within_s=10)


HELD = f"""
import os, shutil
right = shutil.rmtree
def rmtree(path, *args, **options):
    if "/logins/" in str(path) and os.path.exists(os.environ["PEERD_HOME"] + "/held"):
        raise PermissionError(1, "Operation not permitted", path + "/actor")
    return right(path, *args, **options)
shutil.rmtree = rmtree
{RUN_DAEMON}
"""
"""A daemon that can set a login aside, and not remove it, for as long as that is held."""


@pytest.mark.parametrize("killed", [False, True], ids=["one daemon", "the next daemon"])
def test_what_of_a_login_cannot_be_removed_is_told_and_nobodys_meanwhile(team: Team, killed: bool):
    begin(team, HELD)
    logged_in(team)
    held = Path(team.env["PEERD_HOME"], "held")
    held.touch()
    with pytest.raises(PeerdError, match="ada is removed, but not all of its login: .*Operation not permitted"):
        team.call("peer.remove", peer="ada")
    if killed:
        again(team, HELD)
    (told,) = eventually(lambda: notices(team))
    assert told.startswith("ada is removed, but not all of its login: ")
    team.add("ada", "actor", "--remember")
    team.call("peer.wake", peer="ada", timeout_s=20)
    assert not (login_of(team, "ada") / "credentials").exists()

    held.unlink()

    eventually(lambda: logins(team) == ["ada"], within_s=10)
    assert notices(team) == []


def test_what_lies_beside_logins_and_looks_like_none_is_left_alone(team: Team):
    team.start()
    logged_in(team)
    team.kill_daemon()
    for name in (".ada.removed", "..0a1b2c3d.removed", ".Ada.0a1b2c3d.removed", "x.ada.0a1b2c3d.removed"):
        Path(team.home.logins, name).mkdir()
    Path(team.home.logins, ".eve.0a1b2c3d.removed").mkdir()

    team.start()

    eventually(lambda: not os.path.exists(os.path.join(team.home.logins, ".eve.0a1b2c3d.removed")))
    assert len(logins(team)) == 5
