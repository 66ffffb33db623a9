"""A disk that takes its time over the reading of a spec: it holds up who asked for that, and nobody else."""

from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from peerd.errors import UnknownPeer
from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_removed_in_trouble import HELD, held, removed_by_halves
from tests.live.test_roster import file_of
from tests.live.test_slow_disks import Disk, begun, written_by

pytestmark = pytest.mark.tmux

SLOW_READS = """
import os, time
def wait(path, is_slow):
    if is_slow and str(path).startswith({folder!r}) and os.path.exists({held!r}):
        open({waits!r}, "w").close()
        while os.path.exists({held!r}):
            time.sleep(0.01)
def slow(name, is_slow):
    fast = getattr(os, name)
    def at(path, *args, **named):
        wait(path, is_slow(path, *args))
        return fast(path, *args, **named)
    setattr(os, name, at)
slow("open", lambda path, *args: str(path).endswith(".toml") and args[0] & os.O_ACCMODE == os.O_RDONLY)
"""
SLOW_LOOKS = """
for name in ("stat", "lstat", "listdir", "readlink"):
    slow(name, lambda path, *args: True)
"""


@pytest.fixture(params=[SLOW_READS, SLOW_READS + SLOW_LOOKS], ids=["over its text", "over every look"])
def disk(team: Team, request: pytest.FixtureRequest) -> Iterator[Disk]:
    disk = Disk(team, slow=request.param)
    try:
        yield disk
    finally:
        disk.let_go()


def somebody_edits(team: Team) -> None:
    file = file_of(team, "ada")
    file.write_text(f'{file.read_text()}description = "slow"\n')


def asked(team: Team, command: str) -> Future[dict[str, Any]]:
    return begun(team, "peer.spec", peer="ada") if command == "spec" else written_by(team, command)


def others_are_served(team: Team) -> None:
    """Also who asks for what a spec tells, and for one that is none."""
    assert {each["peer"] for each in team.call("peer.list")["peers"]} >= {"ada", "bob"}
    assert team.show("ada")["peer"] == "ada"
    assert team.call("daemon.status").get("notices", []) == []
    assert [each["peer"] for each in team.call("queue.list")["queues"]] == ["ada", "bob"]
    with pytest.raises(UnknownPeer):
        team.send("nobody", "hello")
    team.send("bob", "hello", wait="accepted")
    assert team.call("peer.wake", peer="bob", timeout_s=20)["session"]
    assert team.call("peer.stop", peer="bob", timeout_s=10)["want"] == "down"


def test_an_edit_is_taken_up_once_the_disk_has_told_it_and_others_are_served_meanwhile(team: Team, disk: Disk):
    team.add("ada", "shell")
    team.add("bob", "actor")
    disk.hold()
    somebody_edits(team)
    disk.is_waited_for()

    others_are_served(team)

    assert "description" not in team.show("ada")["spec"]
    disk.let_go()
    eventually(lambda: team.show("ada")["spec"].get("description") == "slow")


@pytest.mark.parametrize(
    ("command", "slow"),
    [
        *((each, SLOW_READS) for each in ("spec", "add", "edit", "rename", "up")),
        *((each, SLOW_READS + SLOW_LOOKS) for each in ("rename", "rm", "up")),
    ],
    ids=["spec", "add", "edit", "rename", "up", "look of rename", "look of rm", "look of up"],
)
def test_others_are_served_while_who_asks_for_a_spec_waits_for_the_disk(team: Team, command: str, slow: str):
    disk = Disk(team, slow=slow)
    team.add("ada", "shell")
    team.add("bob", "actor")
    disk.hold()
    waits = asked(team, command)
    disk.is_waited_for()
    try:
        team.call("peer.list")
        assert team.call("peer.stop", peer="bob", timeout_s=10)["want"] == "down"
        assert not waits.done()
    finally:
        disk.let_go()

    waits.result(timeout=20)


def test_sessions_are_looked_after_while_a_removal_is_tried_again_on_such_a_disk(team: Team):
    Path(team.home.config).mkdir(parents=True)
    Path(team.home.settings_file).write_text("census_s = 1\nlog_verbose = true\n")
    disk = Disk(team, HELD, SLOW_READS + SLOW_LOOKS)
    for name in ("ada", "bob"):
        team.add(name, "shell")
    held(team).touch()
    removed_by_halves(team)
    disk.hold()
    held(team).unlink()
    try:
        before = team.log().count("ev=census")
        eventually(lambda: team.log().count("ev=census") >= before + 2, within_s=10)
        assert team.call("peer.stop", peer="bob", timeout_s=10)["want"] == "down"
    finally:
        disk.let_go()

    eventually(lambda: not team.call("daemon.status").get("notices"))
