"""A peer that is given another name while it is left down, or waits for a restart: that goes with it."""

import os
import signal
import sys
from typing import Any

import pytest

from peerd.errors import StoreError
from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_rename import REFUSED, rename

pytestmark = pytest.mark.tmux


def dies(team: Team, phase: str, **figures: Any) -> None:
    team.add("ada", "actor", **figures)
    team.call("peer.wake", peer="ada", timeout_s=20)
    os.kill(team.session("ada").host.runtime.pid, signal.SIGKILL)
    eventually(lambda: team.show("ada")["phase"] == phase, within_s=10)


def in_a_crash_loop(team: Team) -> str:
    """With a message that waits for its next try."""
    dies(team, "failed", crash_max=1, probe_base_s=600, crash_window_s=3000)
    return str(team.send("ada", "hello", id="m-1", queue=True, wait="accepted")["id"])


def test_one_that_is_left_down_stays_down_under_its_new_name(team: Team):
    team.start()
    waits = in_a_crash_loop(team)

    rename(team, new="bob")

    assert (team.show("bob")["phase"], team.show("bob")["want"]) == ("failed", "on_demand")
    team.kill_daemon()
    team.start()
    assert team.show("bob")["phase"] == "failed"
    assert team.call("message.show", id=waits)["state"] == "accepted"
    team.call("peer.start", peer="bob")
    assert team.call("message.wait", id=waits, until="ended", timeout_s=20)["task"] == "answered"


def test_one_that_keeps_its_name_after_all_is_left_down_as_before(team: Team):
    team.start(sys.executable, "-c", REFUSED)
    in_a_crash_loop(team)

    with pytest.raises(StoreError):
        rename(team, new="bob")

    assert (team.show("ada")["phase"], team.show("ada")["want"]) == ("failed", "on_demand")


def test_a_backoff_and_the_restart_that_is_due_go_with_it(team: Team):
    team.start()
    dies(team, "backoff", restart="permanent", backoff_base_s=4)

    rename(team, new="bob")

    assert "backoff: starts again in" in team.show("bob")["verdict"]
    eventually(lambda: team.show("bob")["phase"] == "running", within_s=20)


def test_a_session_that_was_ended_for_it_is_no_death_and_nothing_restarts_it(team: Team):
    team.start()
    team.add("ada", "actor", restart="transient")
    team.call("peer.wake", peer="ada", timeout_s=20)

    rename(team, new="bob")

    assert team.show("bob")["phase"] == "asleep"
    assert team.send("bob", "hello", wait="ended", timeout_s=20)["task"] == "answered"
