"""A peer that is given another name, for real: what is its goes with it, whenever the daemon dies."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from peerd.daemon.stale_specs import stamp
from peerd.errors import PeerdError, StoreError, TryAgain, UnknownPeer, UsageError
from tests.eventually import eventually
from tests.live.conftest import RUN_DAEMON, Team
from tests.live.test_roster import file_of, is_idle, phase

pytestmark = pytest.mark.tmux


REFUSED = f"""
from peerd.errors import StoreError
from peerd.store import writer
from peerd.store.write import RenamePeer
right = writer.apply
def refuse(connection, write):
    if isinstance(write, RenamePeer):
        raise StoreError("the disk is full")
    return right(connection, write)
writer.apply = refuse
{RUN_DAEMON}
"""
"""A daemon that finds no room for a new name."""


def rename(team: Team, old: str = "ada", new: str = "eve", **params: Any) -> dict[str, Any]:
    return team.call("peer.rename", peer=old, name=new, **params)


def being_renamed(team: Team) -> "subprocess.Popen[str]":
    """Ada, whose session takes its time to end."""
    team.call("peer.wake", peer="ada")
    command = (sys.executable, "-m", "peerd", "rename", "ada", "eve")
    asked = subprocess.Popen(command, env=team.env, stderr=subprocess.PIPE, text=True)
    eventually(lambda: phase(team, "ada") == "stopping", within_s=10)
    return asked


def remembers(team: Team) -> None:
    """A peer in the middle of a conversation, with a login of its own."""
    team.add("ada", "actor", "--remember")
    assert team.send("ada", "one", topic="T", wait="ended")["task"] == "answered"
    is_idle(team, "ada")


def test_its_spec_is_moved_with_its_comments(up: Team):
    up.add("ada", idle_s=77)
    path = file_of(up, "ada")
    path.write_text(f"# ours\n{path.read_text()}")

    ran = up.run("rename", "ada", "eve")

    assert (ran.code, ran.err) == (0, "")
    assert ran.out == f"ada is eve now: {file_of(up, 'eve')}\n"
    assert not path.exists()
    assert file_of(up, "eve").read_text().startswith("# ours\n")
    assert up.show("eve")["spec"]["idle_s"] == 77
    assert "ev=peer-renamed peer=eve was=ada by=operator" in up.log()


def test_its_conversation_is_gone_on_with_under_the_new_name(up: Team):
    remembers(up)
    before = up.session("ada").conversation

    rename(up)
    up.send("eve", "two", topic="T", wait="ended")

    session = up.session("eve")
    assert (session.mode, session.conversation) == ("resume", before)
    assert not Path(up.home.logins, "ada").exists()
    assert {row["to"] for row in up.call("message.list")["messages"] if row["to"] != "operator"} == {"eve"}


def test_what_waits_for_it_waits_on(up: Team):
    up.add("ada")
    up.call("peer.stop", peer="ada")
    ids = [up.send("ada", f"{n}", queue=True, wait="accepted")["id"] for n in range(3)]

    rename(up)
    assert up.show("eve")["want"] == "down"
    up.call("peer.start", peer="eve")

    over = [up.call("message.wait", id=id, until="ended", timeout_s=20) for id in ids]
    assert [(each["to"], each["task"], each["attempt"]) for each in over] == [("eve", "answered", 1)] * 3


def test_whoever_asks_for_the_old_name_is_told_the_new_one(up: Team):
    up.add("ada")
    rename(up)

    with pytest.raises(UnknownPeer, match="no peer 'ada'. It is called eve now"):
        up.send("ada", "hello")


def test_a_namesake_of_the_old_one_inherits_nothing(up: Team):
    remembers(up)
    rename(up)
    up.add("ada", "actor", "--remember")

    with pytest.raises(PeerdError, match="ada has no conversation to resume"):
        up.call("peer.wake", peer="ada", mode="resume")
    assert up.send("eve", "two", topic="T", wait="ended")["task"] == "answered"


def test_one_that_is_at_work_is_left_alone_unless_told_otherwise(up: Team):
    up.add("ada", "actor", "--busy-s", "30")
    sent = up.send("ada", "hello")

    with pytest.raises(PeerdError, match="ada is at work"):
        rename(up)
    assert up.show("ada")["activity"] == "busy"

    rename(up, now=True)
    again = eventually(lambda: (seen := up.call("message.show", id=sent["id"]))["attempt"] == 2 and seen, within_s=20)
    assert again["to"] == "eve"


@pytest.mark.parametrize(
    ("new", "told"),
    [
        ("bob", "there is a bob already"),
        ("Bob", "use a-z"),
        ("operator", "is taken"),
        ("ada", "there is a ada already"),
    ],
)
def test_a_name_that_cannot_be_is_refused_and_nothing_changed(up: Team, new: str, told: str):
    up.add("ada")
    up.add("bob")
    up.call("peer.wake", peer="ada")
    session = up.session("ada").id

    with pytest.raises(UsageError, match=told):
        rename(up, "ada", new)

    assert up.session("ada").id == session


def test_whose_spec_names_the_old_one_is_told(up: Team):
    up.add("ada")
    up.add("bob", accepts_from=["ada"], may_send_to=["@all", "ada"])

    ran = up.run("rename", "ada", "eve")

    assert "bob still names ada: `peerd edit bob` corrects accepts_from and may_send_to." in ran.err


@pytest.mark.parametrize("point", [*range(1, 20), "EndSession", "RenamePeer"])
def test_a_daemon_killed_at_any_point_leaves_one_peer_of_one_name(team: Team, point: int | str):
    """The daemon ends itself with SIGKILL at its Nth touch of store or pane, or once such a write is on disk. Nobody
    has stopped the peer, so it is not stopped."""
    team.start()
    remembers(team)
    conversation = team.session("ada").conversation
    team.call("queue.pause", peer="ada")
    waits = team.send("ada", "two", topic="T", wait="accepted")["id"]
    team.kill_daemon()

    team.start_dying(point)
    try:
        rename(team, timeout_s=10.0)
    except PeerdError:
        eventually(lambda: team.died, within_s=10)
    team.kill_daemon()
    team.start()

    ((name, want),) = ((row["peer"], row["want"]) for row in team.call("peer.list")["peers"])
    assert want == "on_demand"
    assert sorted(os.listdir(team.home.peers)) == [f"{name}.toml"]
    assert os.listdir(team.home.logins) == [name]
    team.call("queue.resume", peer=name)
    over = team.call("message.wait", id=waits, until="ended", timeout_s=20)
    assert (over["to"], over["task"]) == (name, "answered")
    assert isinstance(point, int) or team.session(name).conversation == conversation  # signalled just then, it has died


def test_files_left_half_moved_are_finished_by_the_next_daemon(team: Team):
    team.start()
    remembers(team)
    rename(team)
    team.kill_daemon()
    file_of(team, "ada").write_text(file_of(team, "eve").read_text().replace("eve", "ada"))
    os.rename(Path(team.home.logins, "eve"), Path(team.home.logins, "ada"))
    undo_last_step(team, stamp(str(file_of(team, "ada"))))

    team.start()

    assert [row["peer"] for row in team.call("peer.list")["peers"]] == ["eve"]
    assert not file_of(team, "ada").exists()
    assert os.listdir(team.home.logins) == ["eve"]


def test_files_that_cannot_be_moved_are_told_and_the_peer_has_its_name(up: Team):
    up.add("ada")
    assert up.daemon is not None
    in_the_way = Path(up.home.peers, f".eve.toml.{up.daemon.pid}.new")
    in_the_way.mkdir()

    with pytest.raises(PeerdError, match="but its file could not be moved: Is a directory: .*tries again"):
        rename(up)
    assert [row["peer"] for row in up.call("peer.list")["peers"]] == ["eve"]
    up.declare("bob", "actor")
    eventually(lambda: len(up.call("peer.list")["peers"]) == 2, within_s=10)
    assert [row["peer"] for row in up.call("peer.list")["peers"]] == ["bob", "eve"]

    in_the_way.rmdir()
    up.kill_daemon()
    up.start()
    assert sorted(os.listdir(up.home.peers)) == ["bob.toml", "eve.toml"]


def undo_last_step(team: Team, was: str) -> None:
    with sqlite3.connect(team.home.store) as store:
        store.execute("UPDATE rename SET done = 0, spec = ?", (was,))
    store.close()


def test_nothing_is_taken_for_a_name_that_is_being_given_up(up: Team):
    up.add("ada", "actor", "--ignore-hup", stop_grace_s=2.0)
    asked = being_renamed(up)

    with pytest.raises(TryAgain, match="ada is just being removed or renamed"):
        up.send("ada", "hello")

    assert asked.wait(20) == 0


@pytest.mark.parametrize(("words", "what"), [(("rename", "ada", "eve"), "renamed"), (("rm", "ada"), "removed")])
def test_one_whose_session_does_not_end_in_time_keeps_its_name_and_runs_on(up: Team, words: tuple[str, ...], what: str):
    up.add("ada", "actor", "--ignore-hup", stop_grace_s=2.0)
    up.call("peer.wake", peer="ada")

    ran = up.run(*words, "--timeout", "0.3")

    assert (ran.code, f"so it was not {what}; its session is ended all the same" in ran.err) == (75, True)
    assert up.show("ada")["want"] == "on_demand"
    assert up.send("ada", "hello", wait="ended", timeout_s=30)["task"] == "answered"


def test_the_new_name_is_kept_free_meanwhile(up: Team):
    up.add("ada", "actor", "--ignore-hup", stop_grace_s=2.0, idle_s=77)
    asked = being_renamed(up)

    with pytest.raises(TryAgain, match="eve is just being removed or renamed"):
        up.add("eve", "shell")

    assert asked.wait(20) == 0
    assert (up.show("eve")["spec"]["idle_s"], file_of(up, "eve").read_text().count("77")) == (77, 1)


def test_a_file_of_the_new_name_that_appears_meanwhile_costs_neither_peer_its_spec(up: Team):
    up.add("ada", "actor", "--ignore-hup", stop_grace_s=2.0, idle_s=77)
    asked = being_renamed(up)
    file_of(up, "eve").write_text(f'name = "eve"\nruntime = "shell"\ndir = "{up.work}"\n')

    _, told = asked.communicate(timeout=20)

    assert (asked.returncode, "there is a eve already" in told) == (2, True)
    assert told.endswith("ada keeps its name; its session was ended, and the next one comes when there is a reason.\n")
    assert "77" in file_of(up, "ada").read_text()
    assert "shell" in file_of(up, "eve").read_text()
    assert up.send("ada", "hello", wait="ended", timeout_s=20)["task"] == "answered"


def test_one_whose_new_name_cannot_be_put_on_record_keeps_its_name_and_runs_on(team: Team):
    team.start(sys.executable, "-c", REFUSED)
    team.add("ada", "actor")
    team.call("peer.wake", peer="ada")

    with pytest.raises(StoreError, match="the disk is full. ada keeps its name; its session was ended"):
        rename(team)

    assert (team.show("ada")["want"], file_of(team, "ada").exists()) == ("on_demand", True)
    assert team.send("ada", "hello", wait="ended", timeout_s=20)["task"] == "answered"


def test_a_rename_goes_on_when_its_caller_hangs_up(up: Team):
    up.add("ada", "actor", "--ignore-hup", stop_grace_s=1.0)
    asked = being_renamed(up)

    asked.kill()
    asked.wait()

    eventually(lambda: [row["peer"] for row in up.call("peer.list")["peers"]] == ["eve"], within_s=15)
    assert os.listdir(up.home.peers) == ["eve.toml"]
