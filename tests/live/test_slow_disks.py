"""A disk that takes its time over a spec: it holds up who asked for that, and nobody else."""

import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from peerd.errors import TryAgain
from tests.eventually import eventually
from tests.live.conftest import RUN_DAEMON, Team
from tests.live.test_removed_in_trouble import HELD, held, removed_by_halves
from tests.live.test_roster import file_of

pytestmark = pytest.mark.tmux

SLOW = """
import os, time
synced = os.fsync
def slow(descriptor):
    path = os.readlink(f"/proc/self/fd/{{descriptor}}")
    if path.startswith({folder!r}) and os.path.exists({held!r}):
        open({waits!r}, "w").close()
        while os.path.exists({held!r}):
            time.sleep(0.01)
    synced(descriptor)
os.fsync = slow
"""


class Disk:
    """Under the folder of specs; as long as it is held nothing gets on it."""

    def __init__(self, team: Team, daemon: str = RUN_DAEMON, slow: str = SLOW) -> None:
        self.held, self.waits = team.root / "held", team.root / "waits"
        folder, held, waits = str(team.home.peers), str(self.held), str(self.waits)
        team.start(sys.executable, "-c", slow.format(folder=folder, held=held, waits=waits) + daemon)

    def hold(self) -> None:
        self.waits.unlink(missing_ok=True)
        self.held.touch()

    def is_waited_for(self) -> None:
        eventually(self.waits.exists)

    def let_go(self) -> None:
        self.held.unlink(missing_ok=True)


@pytest.fixture
def disk(team: Team) -> Iterator[Disk]:
    disk = Disk(team)
    try:
        yield disk
    finally:
        disk.let_go()


def begun(team: Team, method: str, **params: Any) -> Future[dict[str, Any]]:
    """Asked by somebody who waits for the answer."""
    asked: Future[dict[str, Any]] = Future()

    def ask() -> None:
        try:
            asked.set_result(team.call(method, **params))
        except Exception as error:  # noqa: BLE001
            asked.set_exception(error)

    threading.Thread(target=ask, daemon=True).start()
    return asked


def written_by(team: Team, command: str) -> Future[dict[str, Any]]:
    match command:
        case "add":
            return begun(team, "peer.add", name="eve", runtime="shell", dir=str(team.work))
        case "edit":
            return begun(team, "peer.edit", peer="ada", set={"description": "slow"})
        case "rename":
            return begun(team, "peer.rename", peer="ada", name="eve")
        case "rm":
            return begun(team, "peer.remove", peer="ada")
        case _:
            text = '[peers.ada]\nruntime = "shell"\ndescription = "slow"\n'
            return begun(team, "team.up", text=text, dir=str(team.work), where="team.toml")


@pytest.mark.parametrize("command", ["add", "edit", "rename", "rm", "up"])
def test_a_peer_is_stopped_at_once_while_the_disk_takes_its_time_over_the_spec_of_another(
    team: Team, disk: Disk, command: str
):
    team.add("ada", "shell")
    team.add("bob", "shell")
    team.call("peer.wake", peer="bob", timeout_s=20)
    disk.hold()
    slow = written_by(team, command)
    disk.is_waited_for()

    listed = team.call("peer.list")["peers"]
    stopped = team.call("peer.stop", peer="bob", timeout_s=10)

    assert ("bob" in {each["peer"] for each in listed}, stopped["want"], slow.done()) == (True, "down", False)
    disk.let_go()
    slow.result(timeout=20)
    names = {each["peer"] for each in team.call("peer.list")["peers"]}
    assert names == {"add": {"ada", "bob", "eve"}, "rename": {"bob", "eve"}, "rm": {"bob"}}.get(command, {"ada", "bob"})
    assert {path.name for path in Path(team.home.peers).iterdir()} == {f"{name}.toml" for name in names}
    assert "its file" not in team.log()


def test_a_peer_is_stopped_at_once_while_a_removal_is_tried_again_on_such_a_disk(team: Team):
    Path(team.home.config).mkdir(parents=True)
    Path(team.home.settings_file).write_text("census_s = 1\n")
    disk = Disk(team, HELD)
    for name in ("ada", "bob"):
        team.add(name, "shell")
    team.call("peer.wake", peer="bob", timeout_s=20)
    held(team).touch()
    removed_by_halves(team)
    disk.hold()
    held(team).unlink()
    disk.is_waited_for()
    try:
        assert team.call("peer.stop", peer="bob", timeout_s=10)["want"] == "down"
    finally:
        disk.let_go()

    eventually(lambda: not team.call("daemon.status").get("notices"))


def test_of_two_edits_at_once_on_a_slow_disk_neither_is_lost(team: Team, disk: Disk):
    team.add("ada", "shell")
    disk.hold()
    first = begun(team, "peer.edit", peer="ada", set={"description": "one"})
    disk.is_waited_for()
    second = begun(team, "peer.edit", peer="ada", set={"idle_s": "77"})
    eventually(lambda: team.call("daemon.status")["pid"])
    disk.let_go()

    assert first.result(timeout=20)["changed"]
    assert second.result(timeout=20)["changed"]

    spec = team.show("ada")["spec"]
    assert (spec["description"], spec["idle_s"]) == ("one", 77.0)


def test_a_peer_that_is_removed_while_the_disk_takes_its_time_over_an_edit_of_it_does_not_come_back(
    team: Team, disk: Disk
):
    team.add("ada", "shell")
    disk.hold()
    edit = begun(team, "peer.edit", peer="ada", set={"description": "slow"})
    disk.is_waited_for()
    rm = begun(team, "peer.remove", peer="ada")
    eventually(lambda: refused(lambda: team.call("peer.wake", peer="ada", timeout_s=1), "is just being removed"))
    disk.let_go()

    assert edit.result(timeout=20)["changed"]
    rm.result(timeout=20)

    assert (team.call("peer.list")["peers"], file_of(team, "ada").exists()) == ([], False)


def refused(ask: Callable[[], object], why: str) -> bool:
    try:
        ask()
    except TryAgain as error:
        return why in str(error)
    return False


def test_a_peer_is_not_given_the_name_of_one_that_a_slow_disk_has_not_taken_yet(team: Team, disk: Disk):
    team.add("ada", "shell")
    disk.hold()
    add = begun(team, "peer.add", name="eve", runtime="shell", dir=str(team.work))
    disk.is_waited_for()
    rename = begun(team, "peer.rename", peer="ada", name="eve")
    eventually(lambda: refused(lambda: team.call("peer.wake", peer="ada", timeout_s=1), "is just being removed"))
    disk.let_go()

    assert add.result(timeout=20)["peer"] == "eve"
    with pytest.raises(Exception, match="there is a eve already"):
        rename.result(timeout=20)

    assert [each["peer"] for each in team.call("peer.list")["peers"]] == ["ada", "eve"]
    assert 'name = "ada"' in file_of(team, "ada").read_text()


def test_a_daemon_that_is_stopped_while_a_disk_takes_its_time_ends_once_it_has_written(team: Team, disk: Disk):
    team.add("ada", "shell")
    disk.hold()
    edit = begun(team, "peer.edit", peer="ada", set={"description": "slow"})
    disk.is_waited_for()
    team.call("daemon.stop")
    disk.let_go()

    assert team.daemon is not None
    assert team.daemon.wait(timeout=20) == 0
    edit.exception(timeout=20)
    assert 'description = "slow"' in file_of(team, "ada").read_text()
