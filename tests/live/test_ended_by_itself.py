"""A session that ends by itself as it is to be ended: how it ended stands, and a pass that did its task did it once."""

import os
import signal

import pytest

from peerd.edges.process import alive
from peerd.model.session import End, SessionId
from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.impatient import IMPATIENT
from tests.live.test_declared_runtimes import declare
from tests.live.test_kinds import PASS

pytestmark = pytest.mark.tmux

WAITS = 'until [ -e go ]; do sleep 0.05; done; [ -e went ] && printf again >"$PEERD_RESULT"; touch went'


def _up(team: Team, script: str) -> None:
    declare(team, PASS % script, "tidy")
    team.start(*IMPATIENT)
    team.add("eve", "tidy", backoff_base_s=0.05)


def _is_over(team: Team) -> bool:
    """The pass ran to its end; a tmux server that stands still keeps that from being read."""
    host = team.session("eve").host
    os.kill(host.server.pid, signal.SIGSTOP)
    (team.work / "go").touch()
    return eventually(lambda: not alive(host.runtime), within_s=10)


def _end(team: Team, session: SessionId) -> End:
    found = team.store().session(session)
    assert found is not None
    assert found.end is not None
    return found.end


@pytest.mark.parametrize("asked", ["stop", "new"])
def test_a_pass_that_had_ended_well_when_it_was_to_be_ended_is_not_run_again(team: Team, asked: str):
    _up(team, WAITS)
    task = team.send("eve", "sweep", timeout_s=20)
    assert _is_over(team)

    if asked == "stop":
        team.call("peer.stop", peer="eve", timeout_s=20)
        team.call("peer.start", peer="eve")
    else:
        team.run("new", "eve", "--now")

    over = team.call("message.wait", id=task["id"], until="ended", timeout_s=20)
    assert (over["task"], over["attempt"], over["answer"]) == ("done", 1, None)
    end = _end(team, task["session"])
    assert (end.cause.value, end.code, end.why) == ("exited", 0, "")


def test_one_that_takes_the_stop_and_ends_with_0_was_stopped_and_is_run_again(team: Team):
    _up(team, f"trap 'exit 0' TERM HUP; touch begun; {WAITS}")
    task = team.send("eve", "sweep", timeout_s=20)
    eventually((team.work / "begun").exists)

    team.call("peer.stop", peer="eve")

    (team.work / "go").touch()
    team.call("peer.start", peer="eve")
    over = team.call("message.wait", id=task["id"], until="ended", timeout_s=20)
    assert (over["task"], over["attempt"]) == ("done", 2)
    end = _end(team, task["session"])
    assert (end.cause.value, end.code) == ("stopped", 0)


def test_a_shell_that_had_died_when_it_was_stopped_did_not_end_by_the_stop(team: Team):
    team.start(*IMPATIENT)
    team.add("sh", "shell")
    team.call("peer.wake", peer="sh", timeout_s=20)
    session = team.session("sh")
    os.kill(session.host.server.pid, signal.SIGSTOP)
    os.kill(session.host.runtime.pid, signal.SIGKILL)
    eventually(lambda: not alive(session.host.runtime))

    team.call("peer.stop", peer="sh", timeout_s=20)

    end = _end(team, session.id)
    assert (end.cause.value, end.signal) == ("killed", signal.SIGKILL)
    assert team.show("sh")["phase"] == "asleep"
