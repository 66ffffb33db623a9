"""A session that ends while it is only looked at has been handed nothing: what was to be next counts no attempt."""

import os
import signal

import pytest

from peerd.model.session import Process
from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.impatient import IMPATIENT

pytestmark = pytest.mark.tmux


LONG_ON_THE_WAY = (
    *IMPATIENT[:2],
    """
import asyncio
from peerd.daemon import teardown
right = teardown.record
async def record(daemon, session, end, **said):
    await right(daemon, session, end, **said)
    while daemon.loop.peers["ada"].lease is None:
        await asyncio.sleep(0.01)
teardown.record = record
"""
    + IMPATIENT[2],
)
"""A disk that takes its time over the end of a session: until something is about to be handed over once more."""


def looked_at_in_vain(team: Team, daemon: tuple[str, ...] = IMPATIENT) -> Process:
    """ada, whose tmux server is stopped: m-1 is about to be handed over to it, over and over."""
    team.start(*daemon)
    team.add("ada", "actor")
    team.call("peer.wake", peer="ada")
    server: Process = team.session("ada").host.server
    os.kill(server.pid, signal.SIGSTOP)
    team.send("ada", "hello", id="m-1", wait="accepted")
    eventually(lambda: "ev=out-of-reach peer=ada" in team.log(), within_s=10)
    return server


def steps(team: Team) -> list[tuple[str, int]]:
    return [(step["state"], step["attempt"]) for step in team.call("message.show", id="m-1")["history"]]


@pytest.mark.parametrize("daemon", [IMPATIENT, LONG_ON_THE_WAY], ids=["at once", "while that is put on record"])
def test_what_was_about_to_be_handed_over_as_its_session_ended_is_handed_over_as_its_first_attempt(
    team: Team, daemon: tuple[str, ...]
):
    server = looked_at_in_vain(team, daemon)

    os.kill(team.session("ada").host.runtime.pid, signal.SIGKILL)
    eventually(lambda: team.show("ada")["session"] is None, within_s=20)
    os.kill(server.pid, signal.SIGCONT)
    team.call("peer.start", peer="ada")
    done = team.call("message.wait", id="m-1", until="ended", timeout_s=30)

    assert (done["task"], done["attempt"]) == ("answered", 1)
    assert {attempt for state, attempt in steps(team) if state == "accepted"} == {0}
