"""A session that was about to begin when it was asked for another one: it is none of those that were asked for."""

import sys
import threading

import pytest

from peerd.cli.new import instead_of
from tests.eventually import eventually
from tests.live.conftest import RUN_DAEMON, Team

pytestmark = pytest.mark.tmux

SLOW = f"""
import asyncio
from peerd.edges.tmux import server
right = server.start
async def start(*args, **options):
    await asyncio.sleep(1.0)
    return await right(*args, **options)
server.start = start
{RUN_DAEMON}
"""


@pytest.fixture
def begins(team: Team) -> Team:
    """Ada's session, by a spec that is edited before it is there."""
    team.start(sys.executable, "-c", SLOW)
    team.add("ada", "actor", boot_deadline_s=100.0)
    waking = threading.Thread(target=lambda: team.call("peer.wake", peer="ada", timeout_s=10))
    waking.start()
    eventually(lambda: team.show("ada")["phase"] == "starting")
    assert team.run("edit", "ada", "--set", "boot_deadline_s=200").code == 0
    return team


def running(team: Team) -> None:
    eventually(lambda: team.show("ada")["phase"] == "running", within_s=10)


def test_a_refresh_that_saw_no_session_has_the_one_that_begins_followed_by_a_fresh_one(begins: Team):
    running(begins)

    assert begins.call("peer.refresh", peer="ada", instead_of=None)["ends"] == "idle"

    eventually(lambda: begins.show("ada")["phase"] == "asleep", within_s=10)
    begins.call("peer.wake", peer="ada", timeout_s=20)
    assert begins.session("ada").spec.boot_deadline_s == 200


def test_a_new_one_is_not_the_one_that_was_about_to_begin(begins: Team, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PEERD_HOME", begins.env["PEERD_HOME"])
    seen = instead_of("ada")
    running(begins)

    begins.call("peer.new", peer="ada", timeout_s=20, **seen)

    assert begins.session("ada").spec.boot_deadline_s == 200
