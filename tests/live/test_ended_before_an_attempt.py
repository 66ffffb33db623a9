"""A session that ends while it is only looked at has been handed nothing: what was to be next counts no attempt."""

import os
import signal

import pytest

from peerd.model.session import Process
from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.impatient import IMPATIENT

pytestmark = pytest.mark.tmux


def looked_at_in_vain(team: Team) -> Process:
    """ada, whose tmux server is stopped: m-1 is about to be handed over to it, over and over."""
    team.start(*IMPATIENT)
    team.add("ada", "actor")
    team.call("peer.wake", peer="ada")
    server: Process = team.session("ada").host.server
    os.kill(server.pid, signal.SIGSTOP)
    team.send("ada", "hello", id="m-1", wait="accepted")
    eventually(lambda: "ev=out-of-reach peer=ada" in team.log(), within_s=10)
    return server


def steps(team: Team) -> list[tuple[str, int]]:
    return [(step["state"], step["attempt"]) for step in team.call("message.show", id="m-1")["history"]]


def test_what_was_about_to_be_handed_over_as_its_session_ended_is_handed_over_as_its_first_attempt(team: Team):
    server = looked_at_in_vain(team)

    os.kill(team.session("ada").host.runtime.pid, signal.SIGKILL)
    eventually(lambda: team.show("ada")["session"] is None, within_s=20)
    os.kill(server.pid, signal.SIGCONT)
    team.call("peer.start", peer="ada")
    done = team.call("message.wait", id="m-1", until="ended", timeout_s=30)

    assert (done["task"], done["attempt"]) == ("answered", 1)
    assert {attempt for state, attempt in steps(team) if state == "accepted"} == {0}
