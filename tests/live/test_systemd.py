"""The daemon as systemd keeps it: a systemd of the test's own runs the unit that `peerd daemon install` wrote."""

import os
import signal
from collections.abc import Iterator

import pytest

from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.systemd import Systemd, can_run, systemd

pytestmark = [pytest.mark.tmux, pytest.mark.skipif(not can_run(), reason="needs root, and a systemd that is installed")]


@pytest.fixture
def kept(team: Team) -> Iterator[Systemd]:
    """Its home's daemon is kept by systemd; `sh` is awake."""
    with systemd(team.root, team.env) as running:
        team.env = running.env
        assert running.peerd("daemon", "install") == 0
        team.add("sh", "shell")
        team.call("peer.wake", peer="sh")
        yield running
        running.peerd("daemon", "uninstall")


def test_the_daemon_runs_as_its_unit(team: Team, kept: Systemd):
    assert kept.ctl("is-active", "peerd.service") == "active"
    assert team.call("daemon.status")["pid"] == kept.pid_of("peerd.service")
    assert kept.ctl("show", "-p", "StatusText", "--value", "peerd.service") == "0 peers, 0 sessions"  # as it began


def test_a_daemon_that_was_killed_is_started_again_and_its_session_lives_on(team: Team, kept: Systemd):
    runtime, before = team.session("sh").host.runtime.pid, kept.pid_of("peerd.service")

    os.kill(before, signal.SIGKILL)

    eventually(lambda: kept.pid_of("peerd.service") not in (0, before), within_s=20)
    assert team.send("sh", "echo still here", wait="ended", timeout_s=30)["answer"] == "still here"
    assert team.session("sh").host.runtime.pid == runtime


def test_a_restart_refuses_nobody_and_ends_no_session(team: Team, kept: Systemd):
    runtime, before = team.session("sh").host.runtime.pid, team.call("daemon.status")["started_at"]

    assert kept.peerd("daemon", "restart") == 0

    assert team.call("daemon.status")["started_at"] != before
    assert team.session("sh").host.runtime.pid == runtime


def test_a_daemon_that_was_stopped_is_started_by_whoever_asks(team: Team, kept: Systemd):
    runtime = team.session("sh").host.runtime.pid
    assert kept.peerd("daemon", "stop") == 0
    assert kept.ctl("is-active", "peerd.service") == "inactive"
    os.kill(runtime, 0)

    assert team.run("send", "sh", "echo back", "--wait", "ended").code == 0

    assert kept.ctl("is-active", "peerd.service") == "active"
    assert team.session("sh").host.runtime.pid == runtime


def test_what_was_installed_is_removed_and_the_session_lives_on(team: Team, kept: Systemd):
    runtime = team.session("sh").host.runtime.pid

    assert kept.peerd("daemon", "uninstall") == 0

    assert kept.ctl("is-active", "peerd.service") == "inactive"
    assert not os.path.exists(f"{team.env['HOME']}/.config/systemd/user/peerd.service")
    os.kill(runtime, 0)
