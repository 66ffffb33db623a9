"""The machine sleeps for an hour, in which the daemon's clock stands still: what expired in it is not delivered."""

import os
import signal
import sys
from pathlib import Path

import pytest

from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_broken_specs import as_an_older_one, broken, names
from tests.live.test_roster import file_of

pytestmark = pytest.mark.tmux

SLEEPS = """
import os
from peerd.daemon import main
from peerd.edges import clock
clock.slept = lambda: 3600.0 * os.path.exists(os.environ["PEERD_HOME"] + "/slept")
main.run()
"""
DAEMON = (sys.executable, "-c", SLEEPS)
HOUR_S = 3600.0


@pytest.fixture
def ada(team: Team) -> Team:
    """Her queue is held back."""
    team.start(*DAEMON)
    team.add("ada", "actor")
    team.call("queue.pause", peer="ada")
    return team


def sleep(team: Team) -> None:
    Path(team.env["PEERD_HOME"], "slept").touch()


def test_what_expired_in_the_sleep_is_not_delivered_and_what_did_not_is(ada: Team):
    for id, expires_s in (("over", HOUR_S - 60), ("not over", HOUR_S + 60)):
        ada.send("ada", "hello", id=id.replace(" ", "-"), expires_s=expires_s, wait="accepted")
    ada.send("ada", "hello", id="never-over", wait="accepted")

    sleep(ada)
    ada.call("queue.resume", peer="ada")

    ends = [ada.call("message.wait", id=id, until="ended", timeout_s=20) for id in ("over", "not-over", "never-over")]
    assert [each["state"] for each in ends] == ["expired", "submitted", "submitted"]


def test_a_sleep_counts_once(ada: Team):
    ada.send("ada", "hello", id="m-1", expires_s=HOUR_S + 60, wait="accepted")
    sleep(ada)
    for _ in range(3):
        ada.call("queue.pause", peer="ada")

    ada.call("queue.resume", peer="ada")

    assert ada.call("message.wait", id="m-1", until="submitted", timeout_s=20)["state"] == "submitted"


def test_the_queues_of_others_know_of_it_too_though_nothing_happens_there(ada: Team):
    ada.send("ada", "hello", id="m-1", expires_s=HOUR_S - 60, wait="accepted")
    ada.add("bob", "actor")
    sleep(ada)

    ada.call("queue.pause", peer="bob")

    assert eventually(lambda: ada.call("message.show", id="m-1")["state"] == "expired")


def test_what_was_in_hand_in_the_sleep_expires_where_it_waits_again(ada: Team):
    ada.add("sh", "shell", wake_policy="ephemeral", task_attempts=2, backoff_base_s=0.1)
    ada.send("sh", "sleep 100", id="m-1", expires_s=HOUR_S - 60, timeout_s=20)
    sleep(ada)
    ada.call("queue.pause", peer="ada")

    os.kill(ada.session("sh").host.runtime.pid, signal.SIGKILL)

    assert eventually(lambda: ada.call("message.show", id="m-1")["state"] == "expired", within_s=10)


def test_what_is_sent_after_the_sleep_does_not_expire_sooner_for_it(ada: Team):
    sleep(ada)

    ada.send("ada", "hello", id="m-1", expires_s=HOUR_S - 60, wait="accepted")
    ada.call("queue.resume", peer="ada")

    assert ada.call("message.wait", id="m-1", until="ended", timeout_s=20)["state"] == "submitted"


def test_what_is_read_off_the_record_after_the_sleep_does_not_expire_sooner_for_it(ada: Team):
    ada.send("ada", "hello", id="m-1", expires_s=HOUR_S - 60, wait="accepted")
    ada.kill_daemon()
    spec = broken(ada)
    as_an_older_one(ada)
    ada.start(*DAEMON)
    sleep(ada)

    spec.rename(file_of(ada, "ada"))
    eventually(lambda: names(ada) == ["ada"])
    ada.call("queue.resume", peer="ada")

    assert ada.call("message.wait", id="m-1", until="ended", timeout_s=20)["state"] == "submitted"
