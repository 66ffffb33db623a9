"""A restart in place while other things go on: another one, a stop, a death, a service manager that listens."""

import contextlib
import os
import signal
import socket
import subprocess
import sys

import pytest

from peerd.edges.host import OwnerLock
from peerd.rpc.start import listener
from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_succession import RUN, callers

pytestmark = pytest.mark.tmux


@pytest.fixture
def up(team: Team) -> Team:
    """Run as a command runs it, so that it can be run again."""
    team.start(*RUN)
    return team


def test_two_restarts_at_once_leave_a_daemon(up: Team):
    asked = [
        subprocess.Popen((sys.executable, "-m", "peerd", "daemon", "restart"), env=up.env, stderr=subprocess.PIPE)
        for _ in range(3)
    ]

    assert [each.wait(40) for each in asked] == [0, 0, 0], [each.stderr.read() for each in asked if each.stderr]

    assert "asked to" not in up.log()
    assert up.call("daemon.status")["pid"] == listener(up.home.socket)


def test_a_stop_after_a_restart_was_asked_for_stops_it(up: Team):
    up.add("ada", "actor", "--stall-s", "2")
    up.call("peer.wake", peer="ada")
    up.send("ada", "hello", wait="accepted")  # it is typed, which a daemon that ends sees through
    up.call("daemon.restart", python=sys.executable, env=up.env)
    assert up.daemon is not None

    up.daemon.send_signal(signal.SIGTERM)

    assert up.daemon.wait(20) == 0
    assert not os.path.exists(up.home.socket)
    OwnerLock.take(up.home.lock).release()


def test_who_stops_a_peer_waits_on_for_the_daemon_that_follows_one_that_was_killed(up: Team):
    up.add("ada", "actor", "--ignore-hup", stop_grace_s=2.0)
    up.call("peer.wake", peer="ada")
    stopping = up.popen("stop", "ada")
    eventually(lambda: up.show("ada")["phase"] == "stopping")

    up.kill_daemon()
    up.start(*RUN)

    assert stopping.wait(20) == 0
    assert (up.show("ada")["want"], up.show("ada")["phase"]) == ("down", "asleep")


def test_who_waits_for_a_message_waits_on_for_it_too(up: Team):
    up.add("ada", "actor")
    up.call("queue.pause", peer="ada")
    id = up.send("ada", "hello", wait="accepted")["id"]
    waiting = up.popen("wait", id, "--until", "ended")
    eventually(lambda: asks(waiting.pid) and callers(up) == 1)

    up.kill_daemon()
    up.start()
    up.call("queue.resume", peer="ada")

    assert waiting.wait(30) == 0


def asks(pid: int) -> bool:
    """Whether it has opened its socket."""
    folder = f"/proc/{pid}/fd"
    with contextlib.suppress(FileNotFoundError):
        return any(os.readlink(f"{folder}/{fd}").startswith("socket:") for fd in os.listdir(folder))
    return False


def test_a_restart_outlives_the_burial_of_a_session_meanwhile(up: Team):
    for name in ("ada", "bob"):
        up.add(name)
        up.call("peer.wake", peer=name)
    hung, dying = up.session("ada").host, up.session("bob").host
    os.kill(hung.server.pid, signal.SIGSTOP)
    before = up.call("daemon.status")
    asked = subprocess.Popen((sys.executable, "-m", "peerd", "daemon", "restart"), env=up.env)
    os.kill(dying.runtime.pid, signal.SIGKILL)
    try:
        assert asked.wait(40) == 0
    finally:
        os.kill(hung.server.pid, signal.SIGCONT)

    after = up.call("daemon.status")
    assert (after["pid"], after["started_at"] != before["started_at"]) == (before["pid"], True)
    assert "dictionary changed size" not in (up.root / "daemon.out").read_text()


def test_a_manager_is_told_of_a_restart_and_not_that_it_stops(team: Team):
    said = team.root / "notify"
    ear = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    ear.bind(str(said))
    ear.settimeout(20)
    team.env |= {"NOTIFY_SOCKET": str(said)}
    team.start(*RUN)
    assert ear.recv(1000).startswith(b"READY=1")

    team.call("daemon.restart", python=sys.executable, env=team.env)

    words = b""
    while b"READY=1" not in words:
        words = ear.recv(1000)
        assert b"STOPPING=1" not in words
    ear.close()
