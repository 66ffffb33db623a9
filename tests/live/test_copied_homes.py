"""A home that is a copy of another one: what the other one's sessions do, and what waits there, is left to it."""

import copy
import os
import subprocess
from pathlib import Path

import pytest

from peerd.edges.process import alive, with_variable
from peerd.paths import home
from tests.eventually import eventually
from tests.live.conftest import Team

pytestmark = pytest.mark.tmux


def at(team: Team, folder: Path) -> Team:
    """Who works with the home in this folder; no daemon of it yet."""
    found = copy.copy(team)
    found.env = team.env | {"PEERD_HOME": str(folder)}
    found.home, found.daemon = home(found.env), None
    return found


def copied(team: Team, name: str = "copy") -> Team:
    subprocess.run(("cp", "-a", team.env["PEERD_HOME"], str(team.root / name)), check=True)
    return at(team, team.root / name)


def taken(team: Team) -> list[str]:
    path = team.work / "taken"
    return path.read_text().split() if path.exists() else []


def test_a_copy_does_nothing_a_second_time_of_what_is_under_way_or_waits(up: Team):
    for name in ("sh", "idle"):
        up.add(name, "shell")
    up.send("sh", "echo one >> taken; until [ -e go ]; do :; done", id="m-1", wait="submitted")
    up.send("sh", "echo two >> taken", id="m-2", wait="accepted")
    up.call("queue.pause", peer="idle")
    up.send("idle", "echo three >> taken", id="m-3", wait="accepted")
    session = up.session("sh")
    other = copied(up)

    other.start()
    other.call("queue.resume", peer="idle")

    assert {row["peer"]: (row["want"], row["phase"]) for row in other.call("peer.list")["peers"]} == {
        "sh": ("down", "asleep"),
        "idle": ("down", "asleep"),
    }
    (up.work / "go").touch()
    up.call("message.wait", id="m-2", until="ended", timeout_s=20)
    assert (taken(up), up.session("sh").id) == (["one", "two"], session.id)
    assert (other.call("message.show", id="m-2")["state"], "ev=wake" in other.log().split("home-copied")[1]) == (
        "accepted",
        False,
    )


def test_what_is_stopped_removed_or_ended_in_a_copy_lives_on_in_the_original(up: Team):
    for name in ("ada", "bob"):
        up.add(name, "actor")
        up.call("peer.wake", peer=name)
    ada, bob = up.session("ada"), up.session("bob")
    other = copied(up)

    other.start()
    stopped, removed = other.run("stop", "ada"), other.run("rm", "bob", "--now")
    other.kill_daemon()
    other.start()

    assert (stopped.code, removed.code) == (0, 0)
    assert [alive(each.host.runtime) and alive(each.host.server) for each in (ada, bob)] == [True, True]
    assert "children-killed" not in other.log()
    for name, session in (("ada", ada), ("bob", bob)):
        assert up.send(name, "hello", wait="ended", timeout_s=20)["session"] == session.id


def test_a_copy_says_what_it_is_and_a_start_lets_a_peer_run_there_beside_the_original(up: Team):
    for name in ("ada", "eve"):
        up.add(name, "actor", "--remember")
    up.send("ada", "hello", topic="t", wait="ended", timeout_s=20)
    session = up.session("ada")
    other = copied(up)
    other.start()

    told = f"this home is a copy of the one in {up.home.state}"
    assert (
        told in other.run("daemon", "status").err,
        "Stopped here: ada, eve." in other.run("daemon", "status").err,
    ) == (True, True)
    assert [told in each["says"] for each in other.show("ada")["evidence"] if each["source"] == "record"] == [True]
    assert other.run("send", "ada", "hello").code == 1
    assert other.show("ada")["last_end"]["why"] == f"left to the home in {up.home.state}, of which this one is a copy"

    other.call("peer.start", peer="ada")
    done = other.send("ada", "hello", topic="t", wait="ended", timeout_s=20)

    assert (done["task"], done["session"] != session.id, alive(session.host.runtime)) == ("answered", True, True)
    assert other.show("ada")["woken"]["mode"] == "fresh"
    assert "Stopped here: eve." in other.run("daemon", "status").err
    other.kill_daemon()
    other.start()
    assert (other.session("ada").id, "Stopped here: eve." in other.run("daemon", "status").err) == (
        done["session"],
        True,
    )
    assert up.send("ada", "hello", wait="ended", timeout_s=20)["session"] == session.id


def test_a_copy_of_a_start_that_is_under_way_ends_nothing_of_it(up: Team):
    up.add("ada", "actor", "--boot-s", "3")
    waking = up.popen("wake", "ada")
    eventually(lambda: up.show("ada")["session"])
    other = copied(up)

    other.start()

    assert (waking.wait(30), other.show("ada")["session"]) == (0, None)
    assert with_variable("PEERD_SESSION", up.session("ada").id) != ()


def test_a_copy_starts_no_permanent_peer_by_itself(up: Team):
    up.add("ada", "actor", restart="permanent")
    eventually(lambda: up.show("ada")["phase"] == "running", within_s=20)
    other = copied(up)

    other.start()

    assert (other.show("ada")["phase"], other.show("ada")["want"]) == ("asleep", "down")
    other.call("peer.start", peer="ada")
    eventually(lambda: other.show("ada")["phase"] == "running", within_s=20)


def test_a_home_that_is_reached_by_a_link_is_the_same_home(up: Team):
    up.add("ada", "actor")
    up.call("peer.wake", peer="ada")
    session = up.session("ada")
    up.kill_daemon()
    (up.root / "link").symlink_to(up.env["PEERD_HOME"])
    linked = at(up, up.root / "link")

    linked.start()

    assert linked.send("ada", "hello", wait="ended", timeout_s=20)["session"] == session.id
    assert "copy" not in linked.run("daemon", "status").err


WITH_MV = ("moved", "moved, another one made there")


@pytest.mark.parametrize(
    "moved",
    [
        "moved",
        "copied, and the original removed",
        "moved to another disk, a link left",
        "moved, another one made there",
        "moved to another disk, another one made there",
    ],
)
def test_a_home_that_was_moved_keeps_its_sessions(up: Team, moved: str):
    up.add("ada", "actor")
    up.call("peer.wake", peer="ada")
    session, was = up.session("ada"), Path(up.env["PEERD_HOME"])
    up.kill_daemon()
    there = at(up, up.root / "copy") if moved in WITH_MV else copied(up)
    was.rename(there.env["PEERD_HOME"] if moved in WITH_MV else up.root / "gone")
    if moved.endswith("link left"):
        was.symlink_to(there.env["PEERD_HOME"])
    if moved.endswith("made there"):
        assert not was.exists()
        up.start()
        up.kill_daemon()

    there.start()

    assert (there.session("ada").id, alive(session.host.runtime)) == (session.id, True)
    assert (there.show("ada")["want"], "copy of" in there.run("daemon", "status").err) == ("on_demand", False)


def test_a_home_that_was_put_back_from_a_copy_in_its_place_is_itself(up: Team):
    up.add("ada", "actor")
    up.call("peer.wake", peer="ada")
    session = up.session("ada")
    up.kill_daemon()
    copied(up)
    os.rename(up.env["PEERD_HOME"], up.root / "aside")
    os.rename(up.root / "copy", up.env["PEERD_HOME"])

    up.start()

    assert (up.session("ada").id, up.show("ada")["want"]) == (session.id, "on_demand")


@pytest.mark.parametrize("aside_first", [True, False])
def test_of_a_home_that_was_put_aside_and_its_copy_in_its_place_one_has_the_sessions(up: Team, aside_first: bool):
    """A backup that was made by a new name and a copy. tmux's sockets are in neither: what lives is left alone."""
    up.add("ada", "actor")
    up.call("peer.wake", peer="ada")
    session = up.session("ada")
    up.kill_daemon()
    aside = at(up, up.root / "aside")
    os.rename(up.env["PEERD_HOME"], up.root / "aside")
    subprocess.run(("cp", "-a", up.root / "aside", up.env["PEERD_HOME"]), check=True)

    for each in (aside, up) if aside_first else (up, aside):
        each.start()
    aside.call("peer.stop", peer="ada")

    assert f"ev=home-copied folder={up.home.state} count=1" in aside.log()
    assert (up.session("ada").id, alive(session.host.runtime)) == (session.id, True)


def test_one_that_is_moved_under_its_daemon_is_a_notice_until_that_is_stopped(up: Team):
    up.add("ada", "actor")
    assert "notices" not in up.call("daemon.status")
    there = at(up, up.root / "aside")

    os.rename(up.env["PEERD_HOME"], up.root / "aside")

    (notice,) = there.call("daemon.status")["notices"]
    assert notice.startswith(f"this home is no longer in {up.home.state}")
    there.call("daemon.stop")
    eventually(lambda: not there.answers(), within_s=10)
    there.start()
    assert "notices" not in there.call("daemon.status")


def test_a_copy_of_a_copy_leaves_alone_what_the_copy_began(up: Team):
    up.add("ada", "actor")
    other = copied(up)
    other.start()
    other.call("peer.start", peer="ada")
    other.call("peer.wake", peer="ada")
    session = other.session("ada")

    third = copied(other, "third")
    third.start()
    third.call("peer.stop", peer="ada")

    assert f"ev=home-copied folder={other.home.state} count=1" in third.log()
    assert alive(session.host.runtime)
    assert other.send("ada", "hello", wait="ended", timeout_s=20)["session"] == session.id
