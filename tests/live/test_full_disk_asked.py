"""A disk that is full: what is asked for is refused with the cause, a stop works, and a daemon that is well stays."""

import contextlib
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from peerd import scout
from peerd.errors import TryAgain
from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.persons import at_a_terminal
from tests.live.test_approvals import answers, asking, of
from tests.live.test_declared_runtimes import declare
from tests.live.test_notify import Told
from tests.live.test_system_prompts import TOLD

pytestmark = pytest.mark.tmux

AT_ONCE_S = 10.0  # half of how long a start is waited for; measured 0.2 s


@contextlib.contextmanager
def a_full_disk(team: Team, room_bytes: int = 0) -> Iterator[None]:
    """The kernel refuses the daemon, and what it starts, to write to any file beyond so many bytes."""
    assert team.daemon is not None
    pids = (team.daemon.pid, scout_of(team))
    soft, hard = resource.prlimit(team.daemon.pid, resource.RLIMIT_FSIZE)
    for pid in pids:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (room_bytes, hard))
    try:
        yield
    finally:
        for pid in pids:
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (soft, hard))


ROOM_FOR_A_COMMAND_BYTES = 1 << 14  # to write down what it is told; the store's log is larger than that


def scout_of(team: Team) -> int:
    """The process that looks for its daemon."""
    for pid in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            ours = f"PEERD_HOME={team.env['PEERD_HOME']}\0".encode() in (pid / "environ").read_bytes()
            if ours and (pid / "comm").read_text().strip() == scout.NAME:
                return int(pid.name)
    raise AssertionError("nobody looks for the daemon")


def unwritten(team: Team) -> list[str]:
    """What a person is told of the record; log lines are lost all the same."""
    return [each for each in team.call("daemon.status").get("notices", []) if "not on disk yet" in each]


@pytest.fixture
def up(team: Team) -> Team:
    team.start(sys.executable, "-m", "peerd", "daemon", "run")
    return team


def test_a_daemon_is_not_restarted_on_a_full_disk(up: Team):
    up.add("sh", "shell")
    before = up.call("daemon.status")

    with a_full_disk(up):
        ran = up.run("daemon", "restart")

    assert ran.code == 75
    assert "The daemon goes on as it is; make room, then restart it." in ran.err
    assert up.call("daemon.status")["started_at"] == before["started_at"]
    assert up.run("daemon", "restart").code == 0


@pytest.mark.parametrize("first", [True, False], ids=["in a new home", "in one that has a store"])
def test_a_daemon_that_cannot_start_on_a_full_disk_is_told_at_once_and_names_the_disk(team: Team, first: bool):
    if not first:
        team.start()
        team.kill_daemon()
    started = (sys.executable, "-m", "peerd", "daemon", "start")
    on_full_disk = ("sh", "-c", 'ulimit -f 0; exec "$@"', "sh", *started)

    began = time.monotonic()
    ran = subprocess.run(on_full_disk, env=team.env, capture_output=True, text=True, timeout=30, check=False)

    assert (ran.returncode, time.monotonic() - began < AT_ONCE_S) == (69, True)
    assert (
        f"It wrote nothing to {team.home.logs}/daemon.out, where nothing can be written: File too large." in ran.stderr
    )
    assert team.run("daemon", "start").code == 0


def test_a_stop_on_a_full_disk_ends_the_session_and_is_on_record_once_there_is_room(up: Team):
    up.add("sh", "shell")
    up.call("peer.wake", peer="sh")

    with a_full_disk(up):
        ran = up.run("stop", "sh")
        assert (ran.code, up.show("sh")["phase"]) == (3, "asleep")
        assert "sh is stopped, but that is not on record: " in ran.err
    eventually(lambda: not unwritten(up), within_s=10)
    up.kill_daemon()
    up.start()

    shown = up.show("sh")
    assert (shown["want"], shown["phase"], shown["last_end"]["cause"]) == ("down", "asleep", "stopped")


@pytest.mark.parametrize(
    "asked", ["start sh", "rename sh bo", "rm sh", "queue pause sh", "refresh sh", "new sh"], ids=lambda asked: asked
)
def test_what_is_asked_for_on_a_full_disk_is_refused_with_the_cause_and_nothing_is_done(up: Team, asked: str):
    up.add("sh", "shell")
    session = up.call("peer.wake", peer="sh")["session"]

    with a_full_disk(up):
        ran = up.run(*asked.split())

    assert (ran.code, "the store could not be written" in ran.err) == (75, True)
    shown = up.show("sh")
    assert (shown["want"], shown["phase"], shown["session"]) == ("on_demand", "running", session)


def refused(team: Team) -> list[str]:
    return [each for each in team.call("daemon.status").get("notices", []) if "messages and other requests" in each]


def test_messages_that_a_full_disk_refuses_are_told_to_a_person_until_it_takes_something_again(team: Team):
    told = Told(team, min="urgent")
    team.start()
    team.add("sh", "shell")

    with a_full_disk(team, ROOM_FOR_A_COMMAND_BYTES):
        ran = team.run("send", "sh", "echo hi")
        assert (ran.code, "the store could not be written" in ran.err) == (75, True)
        text = told.once()["stdin"]["text"]
        assert text.startswith("messages and other requests are refused, as they cannot be stored: ")
        assert refused(team) == [text]

    eventually(lambda: not refused(team), within_s=15)
    assert team.run("send", "sh", "echo hi").code == 0


@pytest.mark.parametrize("asked", ["wake sh", "wake sh --task hi"])
def test_a_peer_that_sleeps_is_not_woken_on_a_full_disk_and_no_start_of_it_has_failed(up: Team, asked: str):
    up.add("sh", "shell")
    with a_full_disk(up):
        ran = up.run(*asked.split())

    assert (ran.code, "the store could not be written" in ran.err) == (75, True), ran.err
    assert (up.show("sh")["phase"], up.show("sh")["queue"], "ev=boot-failed" in up.log()) == ("asleep", [], False)
    assert up.run("wake", "sh").code == 0


def test_an_answer_that_cannot_be_noted_as_read_is_shown_all_the_same(up: Team):
    up.add("ada", "actor")
    up.send("ada", "hello", id="m-1", wait="accepted")
    eventually(
        lambda: [each["task"] for each in up.call("message.list")["messages"] if each["id"] == "m-1"] == ["answered"]
    )

    with a_full_disk(up):
        ran = up.run("wait", "m-1", "--until", "ended")

    assert (ran.code, "re-m-1 is not marked as read." in ran.err) == (0, True)
    assert "hello" in ran.out


def test_an_edit_that_finds_no_room_leaves_nothing_beside_the_spec(up: Team):
    up.add("sh", "shell")

    with a_full_disk(up):
        ran = up.run("edit", "sh", "--set", "idle_s=60")

    assert (ran.code, os.listdir(up.home.peers)) == (75, ["sh.toml"])
    assert up.run("edit", "sh", "--set", "idle_s=60").code == 0


def test_a_peer_that_sleeps_is_not_woken_for_who_sits_down_at_it_on_a_full_disk(up: Team):
    up.add("ada", "actor", "--remember", idle_s=0.2)
    up.send("ada", "hello", wait="ended", timeout_s=20)
    eventually(lambda: up.show("ada")["phase"] == "asleep", within_s=10)

    with a_full_disk(up), pytest.raises(TryAgain, match="ada was not woken"):
        up.call("peer.attach", peer="ada")

    assert up.show("ada")["phase"] == "asleep"


FRAGMENTS = 64
ROOM_BYTES = 2 << 20  # for the store, not for what so many fragments come to


def test_starts_that_find_no_room_are_no_crash_loop_and_are_tried_again_until_there_is_some(up: Team):
    up.add("sh", "shell", restart="permanent", crash_max=3, backoff_base_s=0.05)
    up.call("peer.wake", peer="sh")
    before = up.session("sh")

    with a_full_disk(up):
        os.kill(before.host.runtime.pid, signal.SIGKILL)
        eventually(lambda: "found no room on the disk" in up.show("sh")["verdict"], within_s=15)
        (notice,) = (each for each in up.call("daemon.status")["notices"] if each.startswith("sh "))
        assert "the store could not be written" in notice
        woken = up.run("wake", "sh", "--timeout", "20")
        assert (woken.code, "sh was not woken." in woken.err) == (75, True)
        eventually(lambda: up.show("sh")["phase"] == "backoff")
        assert "tried once more in" in up.show("sh")["verdict"]

    eventually(lambda: up.show("sh")["phase"] == "running", within_s=20)
    assert "ev=crash-loop" not in up.log()
    assert not any(each.startswith("sh ") for each in up.call("daemon.status").get("notices", ()))


def waits_for_room(team: Team, id: str) -> bool:
    """As its sender is told between two starts."""
    sent = team.call("message.wait", id=id, timeout_s=0.01)
    return sent["waiting"] and sent["hold"] == "backoff" and "File too large" in sent["why"]


def test_a_session_whose_folder_finds_no_room_is_no_death_for_the_next_daemon_either(team: Team):
    declare(team, TOLD, "told")
    fragments = Path(team.home.fragments)
    fragments.mkdir(parents=True)
    for n in range(FRAGMENTS):
        (fragments / f"{n}.md").write_text("so it is done here\n" * 3000)
    team.start()
    team.add("eve", "told", crash_max=2, backoff_base_s=0.02)

    with a_full_disk(team, ROOM_BYTES):
        id = team.send("eve", "hello", wait="accepted")["id"]
        eventually(lambda: team.log().count("ev=boot-failed") > 2, within_s=10)
        eventually(lambda: waits_for_room(team, id))
    team.kill_daemon()
    team.start()

    assert "ev=crash-loop" not in team.log()
    eventually(lambda: team.show("eve")["phase"] == "running", within_s=20)


def test_an_answer_to_a_permission_says_that_nothing_was_pressed(up: Team):
    asked = asking(up)

    with a_full_disk(up):
        said = at_a_terminal(up, "approve", asked["id"], "--yes")

    assert (said.code, "No key was pressed." in said.out) == (75, True)
    assert (answers(up), of(up, asked["id"])["state"]) == ([], "open")
