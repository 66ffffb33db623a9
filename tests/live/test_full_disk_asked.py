"""A disk that is full: what is asked for is refused with the cause, a stop works, and a daemon that is well stays."""

import contextlib
import resource
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from tests.eventually import eventually
from tests.live.conftest import Team

pytestmark = pytest.mark.tmux

AT_ONCE_S = 5.0  # half of how long a start is waited for; measured 0.2 s


@contextlib.contextmanager
def a_full_disk(team: Team) -> Iterator[None]:
    """The kernel refuses the daemon, and what it starts, to write to any file."""
    assert team.daemon is not None
    soft, hard = resource.prlimit(team.daemon.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(team.daemon.pid, resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.prlimit(team.daemon.pid, resource.RLIMIT_FSIZE, (soft, hard))


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
