"""Who is in the team, for real: folders made peers, specs edited, peers removed."""

import contextlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from peerd.errors import PeerdError, StoreError, TryAgain, UnknownPeer
from tests.eventually import eventually
from tests.live.conftest import RUN_DAEMON, Team

pytestmark = pytest.mark.tmux


def file_of(team: Team, name: str) -> Path:
    return Path(team.home.peers, f"{name}.toml")


def is_idle(team: Team, name: str) -> None:
    """An answer comes before the end of its turn."""
    eventually(lambda: team.show(name)["verdict"] == "idle")


def test_a_folder_becomes_a_peers_named_after_it(up: Team):
    folder = up.root / "My Thing 2"
    folder.mkdir()

    ran = up.run("init", "--runtime", "actor", cwd=folder)

    assert ran.code == 0, ran.err
    assert up.show("my-thing-2")["spec"]["dir"] == str(folder)
    assert up.run("init", "--runtime", "actor", cwd=folder).code == 2


def test_an_edit_keeps_comments_and_holds_for_the_next_session(up: Team):
    up.add("ada", "actor")
    path = file_of(up, "ada")
    path.write_text(f"# ours\n{path.read_text()}")
    up.call("peer.wake", peer="ada")

    ran = up.run("edit", "ada", "--set", "idle_s=600", "--set", "front=person")

    assert "Its session goes on as it is" in ran.out
    assert path.read_text().startswith("# ours\n")
    assert up.show("ada")["spec"]["idle_s"] == 600.0
    assert up.run("edit", "ada", "--unset", "idle_s").code == 0
    assert "idle_s" not in path.read_text()


def test_a_value_that_makes_no_sense_is_an_error_of_the_command_and_not_of_the_file(up: Team):
    up.add("ada")

    ran = up.run("edit", "ada", "--set", "idle_s=soon")

    assert (ran.code, "idle_s" in ran.err, "Correct the file" in ran.err) == (2, True, False)
    assert ran.err.endswith("Nothing was changed.\n")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("--set idle_s=0", "give a number above 0"),
        ("--set colour=red", "no such field"),
        ("--set runtime=nosuch", "no runtime 'nosuch'"),
        ("--set name=bob", "`peerd rename` gives a peer another name"),
        ("--set front=cat", "is not known here"),
        ("--unset idle_s", "the spec does not say it"),
    ],
)
def test_an_edit_that_is_wrong_changes_nothing(up: Team, words: str, told: str):
    up.add("ada", "actor")
    before = file_of(up, "ada").read_bytes()

    ran = up.run("edit", "ada", *words.split())

    assert (ran.code, told in ran.err) == (ran.code or 99, True)
    assert file_of(up, "ada").read_bytes() == before


def test_a_field_of_a_newer_peerd_keeps_nobody_from_editing_the_others(up: Team):
    up.add("ada", "actor")
    path = file_of(up, "ada")
    path.write_text(f"colour = 'red'\n{path.read_text()}")

    assert up.run("edit", "ada", "--set", "idle_s=600").code == 0
    assert "colour = 'red'" in path.read_text()
    eventually(lambda: up.show("ada")["spec"]["idle_s"] == 600.0)
    team = up.root / "team.toml"
    team.write_text(f"[peers.ada]\ndir = '{up.work}'\nidle_s = 700\n")
    assert up.run("up", str(team), "--yes").code == 0

    refused = up.run("edit", "ada", "--set", "front=cat")
    assert (refused.code, "colour" in refused.err) == (2, False)


def test_a_removed_peer_leaves_nothing_for_a_namesake_but_what_was_said(up: Team):
    up.add("ada", "actor", "--remember")
    said = up.send("ada", "what about tax?", topic="tax", wait="ended", timeout_s=20)
    session = said["session"]
    is_idle(up, "ada")
    up.call("queue.pause", peer="ada")
    waits = up.send("ada", "more", wait="accepted")["id"]

    told = f"Cancelled 1 message that waited for it. Its login {up.home.login('ada')} is gone."
    assert up.run("rm", "ada").out == f"ada is removed. {told}\n"

    assert not file_of(up, "ada").exists()
    assert not os.path.exists(up.home.session(session))
    assert up.call("message.show", id=waits)["state"] == "cancelled"
    assert up.call("message.show", id=said["id"])["task"] == "answered"
    with pytest.raises(UnknownPeer):
        up.show("ada")
    up.add("ada", "actor", "--remember")
    again = up.send("ada", "hello", topic="tax", wait="ended", timeout_s=20)
    assert (again["task"], up.show("ada")["woken"]["mode"]) == ("answered", "fresh")


def test_a_peer_at_work_is_removed_only_when_told_so(up: Team):
    up.add("ada", "actor", "--busy-s", "30")
    sent = up.send("ada", "work", timeout_s=20)
    with pytest.raises(PeerdError, match="`peerd rm ada --now` ends it"):
        up.call("peer.remove", peer="ada")

    up.call("peer.remove", peer="ada", now=True)

    assert up.call("message.show", id=sent["id"])["task"] == "dead"


def test_nothing_is_taken_for_a_peer_that_is_being_removed(up: Team):
    up.add("ada", "actor", "--ignore-hup", stop_grace_s=2.0)
    up.call("peer.wake", peer="ada")
    asked = subprocess.Popen((sys.executable, "-m", "peerd", "rm", "ada"), env=up.env)
    eventually(lambda: phase(up, "ada") == "stopping", within_s=10)

    for method in ("peer.start", "peer.wake"):
        with pytest.raises(TryAgain, match="ada is just being removed"):
            up.call(method, peer="ada")

    assert asked.wait(20) == 0


@pytest.mark.parametrize("point", [*range(1, 16), "EndSession", "ForgetPeer"])
def test_a_daemon_killed_at_any_point_of_a_removal_leaves_the_peer_as_it_was_or_none(team: Team, point: int | str):
    """The daemon ends itself with SIGKILL at its Nth touch of store or pane, or once such a write is on disk."""
    team.start()
    team.add("ada", "actor", "--remember")
    team.send("ada", "hello", wait="ended", timeout_s=20)
    is_idle(team, "ada")
    team.call("queue.pause", peer="ada")
    team.send("ada", "later", wait="accepted")
    team.kill_daemon()

    team.start_dying(point)
    with contextlib.suppress(PeerdError):
        team.call("peer.remove", peer="ada", timeout_s=10.0)
    team.kill_daemon()
    team.start()

    if team.call("peer.list")["peers"]:
        shown = team.show("ada")
        assert (shown["want"], len(shown["queue"])) == ("on_demand", 1)
        team.call("peer.remove", peer="ada")
    assert os.listdir(team.home.peers) == []
    team.add("ada", "actor", "--remember")
    shown = team.show("ada")
    assert (shown["want"], shown["queue"]) == ("on_demand", [])


def test_a_spec_that_is_written_after_a_removal_was_cut_short_is_another_peers(team: Team):
    team.start()
    team.add("ada", "actor", idle_s=77)
    team.kill_daemon()
    team.start_dying("ForgetPeer")
    with contextlib.suppress(PeerdError):
        team.call("peer.remove", peer="ada", timeout_s=10.0)
    eventually(lambda: team.died, within_s=10)
    file_of(team, "ada").write_text(file_of(team, "ada").read_text().replace("77", "78"))

    for _ in range(2):
        team.start()
        assert team.show("ada")["spec"]["idle_s"] == 78
        team.kill_daemon()


def phase(team: Team, name: str) -> str:
    return next(str(row["phase"]) for row in team.call("peer.list")["peers"] if row["peer"] == name)


def test_a_removal_holds_over_a_restart(team: Team):
    team.start()
    team.add("ada", "actor")
    team.send("ada", "hello", wait="ended", timeout_s=20)
    is_idle(team, "ada")
    team.call("peer.remove", peer="ada")
    team.kill_daemon()
    team.start()

    assert team.call("peer.list")["peers"] == []


UNWANTED = f"""
from peerd.errors import StoreError
from peerd.store import writer
from peerd.store.write import SetWant
right = writer.apply
def refuse(connection, write):
    if isinstance(write, SetWant):
        raise StoreError("the disk is full")
    return right(connection, write)
writer.apply = refuse
{RUN_DAEMON}
"""
"""A daemon that finds no room for what is wanted of a peer."""


def test_one_that_is_not_added_has_no_spec(team: Team):
    team.start(sys.executable, "-c", UNWANTED)

    with pytest.raises(StoreError, match="the disk is full"):
        team.add("ada")

    assert (os.listdir(team.home.peers), team.call("peer.list")["peers"]) == ([], [])


def test_a_spec_that_is_no_toml_is_not_edited_field_by_field(up: Team):
    up.add("ada", "actor")
    file_of(up, "ada").write_text("[[[")

    ran = up.run("edit", "ada", "--set", "idle_s=5")

    assert (ran.code, "is not valid TOML" in ran.err) == (78, True)


def test_a_peer_that_is_added_is_taken_up_once_though_its_file_is_seen_too(up: Team):
    for n in range(40):
        up.add(f"p{n}", "actor")

    assert up.log().count("ev=peer-added") == 40


@pytest.mark.parametrize(
    "words", [("edit", "ada", "--set", "idle_s=9"), ("rename", "ada", "eve")], ids=lambda each: each[0]
)
def test_what_is_wrong_with_a_spec_is_told_in_the_same_words_by_who_reads_it_and_who_changes_it(
    up: Team, words: tuple[str, ...]
):
    up.add("ada", "actor")
    file_of(up, "ada").write_text("x = [")
    eventually(lambda: up.call("daemon.status").get("notices"))
    why = "Invalid value (at end of document)"
    assert why in up.call("daemon.status")["notices"][0]

    assert f"the spec is not valid TOML: {why}." in up.run(*words).err
