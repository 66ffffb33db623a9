"""`peerd daemon`, with real daemon processes."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from peerd import __version__, scout
from peerd.errors import DaemonNotRunning, VersionSkew
from peerd.rpc.client import call
from peerd.rpc.start import gone
from tests.cli.conftest import Peerd
from tests.cli.stub import Stub
from tests.eventually import eventually

ROOT = Path(__file__).parents[2]
NOBODY = 1 << 22  # above every pid
STATUS = {
    "pid": 12,
    "version": __version__,
    "socket": "/s",
    "uptime_s": 3.5,
    "started_at": "2026-11-27T00:00:00.000Z",
    "peers": 1,
}


@pytest.fixture
def real(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home in which whatever daemon was started is gone at the end."""
    monkeypatch.setenv("PYTHONPATH", f"{ROOT}{os.pathsep}{ROOT / 'adapters'}")
    yield home
    try:
        pid = call("daemon.stop", {}, timeout_s=10, socket_path=str(home / "run" / "peerd.sock"))["pid"]
    except DaemonNotRunning:
        pid = None
    assert pid is None or gone(pid, 10)
    eventually(lambda: daemons(home) == set())  # one that looks has no name of its own at first


def daemons(home: Path) -> set[int]:
    """The daemon processes of this home; not the one that looks for a daemon, and ends a moment after it."""
    found = set()
    for process in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            ours = f"PEERD_HOME={home}".encode() in (process / "environ").read_bytes().split(b"\0")
            looks = (process / "comm").read_text().strip() == scout.NAME
            if ours and not looks and b"run" in (process / "cmdline").read_bytes().split(b"\0"):
                found.add(int(process.name))
    return found


@pytest.mark.usefixtures("real")
def test_a_daemon_is_started_seen_and_stopped(peerd: Peerd, home: Path):
    started = peerd("daemon", "start", "--json")
    status = peerd("daemon", "status", "--json").json
    stopped = peerd("daemon", "stop", "--json")

    assert (started.code, stopped.code) == (0, 0)
    assert (set(status), status["version"], status["socket"], status["peers"]) == (
        {"pid", "version", "socket", "uptime_s", "started_at", "peers"},
        __version__,
        str(home / "run" / "peerd.sock"),
        0,
    )
    assert started.json["pid"] == status["pid"] == stopped.json["pid"]
    assert peerd("daemon", "status").code == 69
    assert not Path(status["socket"]).exists()


@pytest.mark.usefixtures("real")
def test_starting_one_that_runs_leaves_it_alone(peerd: Peerd):
    first, second = (peerd("daemon", "start", "--json").json["pid"] for _ in range(2))

    assert first == second


@pytest.mark.usefixtures("real")
def test_restarting_where_none_runs_starts_one_and_then_another_goes_on(peerd: Peerd):
    first, second = (peerd("daemon", "restart", "--json").json for _ in range(2))

    assert first["started_at"] != second["started_at"]


def test_a_daemon_that_does_not_know_how_to_restart_is_told_to_stop(daemon: Stub, peerd: Peerd):
    daemon.answers = {
        "daemon.restart": VersionSkew("no method"),
        "daemon.stop": {"pid": NOBODY},
        "daemon.status": STATUS,
    }

    assert peerd("daemon", "restart").code == 0

    assert [method for method, _ in daemon.asked] == ["daemon.restart", "daemon.stop", "daemon.status"]


@pytest.mark.usefixtures("real")
def test_a_restart_inside_a_session_stops_nothing(peerd: Peerd, monkeypatch: pytest.MonkeyPatch):
    peerd("daemon", "start")
    monkeypatch.setenv("PEERD_SESSION", "s-1")

    ran = peerd("daemon", "restart")

    assert ran.code == 75
    assert ran.err == (
        "peerd: the daemon is not restarted from inside a session: it would inherit the session's sandbox and die with "
        "it. Nothing was done. `peerd daemon restart` outside every session, then try again.\n"
    )
    assert peerd("daemon", "status").code == 0


@pytest.mark.usefixtures("real")
def test_the_first_message_starts_the_daemon(peerd: Peerd):
    ran = peerd("send", "nobody", "hello")

    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("peerd: no peer 'nobody'.")
    assert peerd("daemon", "status").code == 0


@pytest.mark.usefixtures("real")
def test_two_racing_starts_end_with_one_daemon(home: Path):
    start = [sys.executable, "-m", "peerd", "daemon", "start", "--json"]
    racing = [subprocess.Popen(start, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]

    told = [each.communicate(timeout=30) for each in racing]

    assert [err for _, err in told] == ["", ""]
    pids = {json.loads(out)["pid"] for out, _ in told}
    assert len(pids) == 1
    eventually(lambda: daemons(home) == pids)


@pytest.mark.usefixtures("real")
def test_a_daemon_run_by_hand_ends_with_exit_code_0_when_asked_to(peerd: Peerd):
    running = subprocess.Popen([sys.executable, "-m", "peerd", "daemon", "run"], cwd=ROOT)
    eventually(lambda: peerd("daemon", "status").code == 0)
    second = subprocess.run(
        [sys.executable, "-m", "peerd", "daemon", "run"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=20,
    )

    running.send_signal(signal.SIGTERM)

    assert running.wait(10) == 0
    assert second.returncode == 1
    assert second.stderr.startswith(f"peerd: a daemon (pid {running.pid}) owns ")


def test_where_none_runs_it_is_exit_code_69_also_in_json(home: Path, peerd: Peerd):
    for what in ("status", "stop"):
        ran = peerd("daemon", what, "--json")
        error = json.loads(ran.err)["error"]
        assert (ran.code, ran.out, error["kind"], error["exit"]) == (69, "", "no-daemon", 69)


def test_a_person_is_told_how_it_is(daemon: Stub, peerd: Peerd):
    daemon.answers = {"daemon.status": STATUS}

    assert peerd("daemon", "status").out == f"the daemon runs (pid 12, peerd {__version__}, 1 peer) on /s.\n"


def test_a_daemon_of_another_version_is_told_as_such(daemon: Stub, peerd: Peerd):
    daemon.answers = {"daemon.status": STATUS | {"version": "0.0.9"}}

    told = f"This command line is {__version__}: `peerd daemon restart`.\n"
    assert peerd("daemon", "status").out.endswith(told)


def test_another_word_is_a_usage_error(peerd: Peerd):
    assert peerd("daemon", "kick").code == 2
    assert peerd("daemon").code == 2


def test_a_socket_path_that_is_none_is_exit_code_78(home: Path, peerd: Peerd, monkeypatch: pytest.MonkeyPatch):
    (home / "file").touch()
    monkeypatch.setenv("PEERD_SOCKET", str(home / "file"))

    for command in ("ls", "send ada x", "daemon start", "daemon status"):
        ran = peerd(*command.split())
        told = f"peerd: {home}/file is not a socket. Correct PEERD_SOCKET or PEERD_HOME.\n"
        assert (ran.code, ran.err) == (78, told)


def test_a_home_too_deep_for_a_socket_still_works(home: Path, peerd: Peerd, monkeypatch: pytest.MonkeyPatch):
    deep = home / ("d" * 60) / ("e" * 60)
    monkeypatch.setenv("PEERD_HOME", str(deep))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(home / "x"))

    with socket.socket(socket.AF_UNIX) as listener:
        (home / "x" / "peerd-s").mkdir(parents=True)
        from peerd.paths import daemon_socket

        listener.bind(daemon_socket(os.environ))

    assert peerd("daemon", "status").code == 69
