"""What is said of a start that was overtaken, a stop that would lose something, a text of which half went in."""

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from peerd.errors import PeerdError
from tests.eventually import eventually
from tests.live.conftest import RUN_DAEMON, Team
from tests.live.test_declared_runtimes import CHAT, declare
from tests.live.test_full_disk_asked import a_full_disk
from tests.live.test_seen_after_all import SHORT_LEASES

pytestmark = pytest.mark.tmux


SLOW = """
import asyncio, os
from peerd.daemon import start_stop
right = start_stop.settled
async def slow(daemon, told):
    while "may run again" in told and not os.path.exists(os.environ["PEERD_HOME"] + "/go"):
        await asyncio.sleep(0.01)
    await right(daemon, told)
start_stop.settled = slow
"""
"""A disk that takes its time over a start."""


def test_a_start_that_a_stop_overtakes_says_so(team: Team):
    team.start(sys.executable, "-c", SLOW + RUN_DAEMON)
    team.add("ada", "actor")
    team.call("peer.stop", peer="ada")
    with ThreadPoolExecutor() as pool:
        started = pool.submit(team.call, "peer.start", peer="ada")
        eventually(lambda: "want=on_demand" in team.log())
        team.call("peer.stop", peer="ada")
        Path(team.env["PEERD_HOME"], "go").touch()

        with pytest.raises(PeerdError, match="ada was stopped again in the meantime"):
            started.result()


def test_a_daemon_that_has_something_to_lose_is_not_stopped_unless_that_is_wanted(team: Team):
    team.start()
    team.add("ada", "actor")
    with a_full_disk(team):
        stopped = team.run("stop", "ada")
        assert "not on record" in stopped.err
        eventually(lambda: team.call("daemon.status").get("unwritten"))

        refused = team.run("daemon", "stop")
        assert (refused.code, "would be lost:" in refused.err) == (75, True)
        assert team.answers()

        assert team.run("daemon", "stop", "--now").code == 0


def test_one_of_which_only_the_header_was_entered_was_not_taken(team: Team):
    """By a program that takes single lines, and was not declared to."""
    declare(team, CHAT.replace("one_line = true\n", "").replace("busy = '^thinking'\n", ""), "chat")
    team.start(*SHORT_LEASES)
    team.add("eve", "chat", lease_s=1.0)

    sent = team.send("eve", "hello", id="m-1", timeout_s=6.0)

    assert (sent["state"], sent["hold"]) == ("accepted", "draft")
    assert "> hello" in "\n".join(team.call("peer.peek", peer="eve")["lines"])
