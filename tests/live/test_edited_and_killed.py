"""A session goes by what it was begun as also where its peer was made something else meanwhile, and the daemon died
once its end was on record."""

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_kinds import passes

pytestmark = pytest.mark.tmux

BOTH = pytest.mark.parametrize("killed", [False, True], ids=["one daemon", "killed once the end was on record"])


def begin_again(team: Team) -> None:
    """A daemon that dies with the next end that it puts on record."""
    team.kill_daemon()
    team.start_dying("EndSession")
    eventually(team.answers, within_s=15)


def outcome(team: Team, killed: bool) -> Any:
    if killed:
        eventually(lambda: team.died, within_s=15)
        team.start()
    return team.call("message.wait", id="m-1", until="ended", timeout_s=20)


@BOTH
def test_a_shells_command_is_not_given_to_the_agent_that_its_peer_has_become(team: Team, killed: bool):
    team.start()
    team.add("ada", "shell", backoff_base_s=0.1)
    team.send("ada", "sleep 300", id="m-1", timeout_s=20)
    if killed:
        begin_again(team)
    assert team.run("edit", "ada", "--set", "runtime=actor").code == 0

    os.kill(team.session("ada").host.runtime.pid, signal.SIGKILL)

    assert outcome(team, killed)["task"] == "dead"
    assert team.call("message.show", id="m-1")["history"][-1]["evidence"].endswith("; not delivered again")


@BOTH
def test_a_pass_that_is_a_shell_by_now_has_done_its_task_by_its_exit(team: Team, killed: bool):
    passes(team, 'until [ -e go ]; do sleep 0.05; done; echo 7 >"$PEERD_RESULT"')
    if killed:
        begin_again(team)
    team.send("eve", "touch typed-into-a-shell", id="m-1", wait="submitted", timeout_s=20)
    assert team.run("edit", "eve", "--set", "runtime=shell").code == 0

    Path(team.work, "go").touch()

    over = outcome(team, killed)
    assert (over["task"], over["attempt"], over["answer"]) == ("done", 1, "7\n")
    assert not Path(team.work, "typed-into-a-shell").exists()
