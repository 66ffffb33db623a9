"""A permanent peer is kept running, whoever ended it but a stop."""

import os
import signal

import pytest

from peerd.errors import PeerdError
from tests.eventually import eventually
from tests.live.conftest import Team

pytestmark = pytest.mark.tmux


def runs(team: Team, name: str = "ada") -> bool:
    return bool(team.show(name)["phase"] == "running")


def test_it_runs_from_the_moment_it_is_added_and_is_not_parked(up: Team):
    up.add("ada", "actor", restart="permanent", idle_s=0.3)
    up.add("bob", "actor", idle_s=0.3)
    eventually(lambda: runs(up), within_s=10)
    began = up.session("ada").id

    up.call("peer.wake", peer="bob")
    eventually(lambda: up.show("bob")["phase"] == "asleep", within_s=10)

    assert up.session("ada").id == began


def test_it_runs_again_with_the_next_daemon_though_its_server_died_meanwhile(team: Team):
    team.start()
    team.add("ada", "actor", restart="permanent", backoff_base_s=0.1)
    eventually(lambda: runs(team), within_s=10)
    team.kill_daemon()
    os.kill(team.session("ada").host.server.pid, signal.SIGKILL)

    team.start()

    eventually(lambda: runs(team), within_s=10)


def test_a_stop_keeps_it_down_until_a_start(up: Team):
    up.add("ada", "actor", restart="permanent")
    eventually(lambda: runs(up), within_s=10)

    up.call("peer.stop", peer="ada")
    up.kill_daemon()
    up.start()
    assert up.show("ada")["phase"] == "asleep"

    up.call("peer.start", peer="ada")
    eventually(lambda: runs(up), within_s=10)


def test_who_adds_it_and_who_starts_it_again_is_told_that_it_comes_up_by_itself(up: Team):
    added = up.run("add", "ada", "--runtime", "actor", "--set", "restart=permanent")
    assert added.out.endswith("\nIt is started now, and again whenever it ends. `peerd stop ada` keeps it down.\n")

    up.call("peer.stop", peer="ada")
    assert up.run("start", "ada").out == "ada may run again (starting): it is permanent, and starts by itself.\n"


def test_one_that_has_a_session_for_each_task_does_not_and_nobody_is_told_that_it_does(up: Team):
    added = up.run("add", "bob", "--runtime", "actor", "--policy", "ephemeral", "--set", "restart=permanent")

    assert added.out.endswith("\n`peerd wake bob` brings it up; so does the first message.\n")


def test_an_edit_that_starts_it_speaks_of_no_session_that_goes_on(up: Team):
    up.add("ada", "actor")

    told = up.call("peer.edit", peer="ada", set={"restart": "permanent", "env": '{X = "1"}'})

    assert told["live"] is False
    eventually(lambda: runs(up), within_s=10)


@pytest.fixture
def stopped(up: Team) -> Team:
    """ada, who spoke of tax and was stopped."""
    up.add("ada", "actor", "--remember", restart="permanent")
    up.send("ada", "what about tax?", topic="tax", wait="ended", timeout_s=20)
    up.call("peer.stop", peer="ada")
    return up


def told(team: Team) -> tuple[str, str]:
    eventually(lambda: runs(team), within_s=10)
    woken = team.show("ada")["woken"]
    return woken["mode"], woken["because"]


def test_one_that_was_stopped_begins_by_the_table_or_goes_on_where_that_is_asked_for(stopped: Team):
    started = stopped.run("start", "ada", "--resume")

    assert (started.code, started.out) == (0, "ada runs again (running), continuing its last conversation.\n")
    assert told(stopped) == ("resume", "asked for")
    assert "what about tax?" in "\n".join(stopped.call("peer.peek", peer="ada")["lines"])
    stopped.call("peer.stop", peer="ada")
    stopped.call("peer.start", peer="ada")
    assert told(stopped) == ("fresh", "parked, no topic")


def test_who_wants_one_that_is_stopped_to_go_on_is_told_how(stopped: Team):
    how = "ada is stopped. `peerd start ada --resume` lets it run again, on with its conversation."

    assert stopped.run("wake", "ada", "--resume").err == f"peerd: {how}\n"
    with pytest.raises(PeerdError, match=how):
        stopped.call("peer.attach", peer="ada")


def test_who_wants_it_to_go_on_is_told_where_that_fails(stopped: Team):
    assert stopped.run("edit", "ada", "--set", "bin=/bin/false").code == 0

    ran = stopped.run("start", "ada", "--resume")

    assert (ran.code, ran.out) == (1, "")
    assert "ada did not come up: " in ran.err


def test_one_with_nothing_to_go_on_with_stays_stopped_and_that_is_said(up: Team):
    up.add("ada", "actor")
    up.call("peer.stop", peer="ada")

    ran = up.run("start", "ada", "--resume")

    told = "ada has no conversation to resume: `peerd start ada`, without --resume, begins afresh. It was not started."
    assert (ran.code, ran.err, up.show("ada")["want"]) == (1, f"peerd: {told}\n", "down")


def test_one_that_nothing_else_wakes_is_woken_by_it(up: Team):
    up.add("ada", "actor", "--remember")
    up.send("ada", "what about tax?", topic="tax", wait="ended", timeout_s=20)
    up.call("peer.stop", peer="ada")

    assert up.run("start", "ada", "--resume").code == 0

    assert told(up) == ("resume", "asked for")
