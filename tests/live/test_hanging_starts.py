"""A tmux server that hangs as soon as it has begun a session: out of reach from its first moment on, and no death."""

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from peerd.errors import NotYet
from tests.live.conftest import RUN_DAEMON, Team

pytestmark = pytest.mark.tmux

HANGS = f"""
import os, signal
from pathlib import Path
from peerd.daemon import spawn
right = spawn._start_tmux
async def start(*args):
    host = await right(*args)
    os.kill(host.server.pid, signal.SIGSTOP)
    Path(os.environ["PEERD_HOME"], "hung").write_text(str(host.server.pid))
    return host
spawn._start_tmux = start
{RUN_DAEMON}
"""
"""A daemon whose tmux servers hang from their start on."""


@pytest.fixture
def hanging(team: Team) -> Iterator[Team]:
    team.start("", "", HANGS)
    yield team
    _goes_on(team)


@pytest.mark.parametrize("killed", [False, True], ids=["one daemon", "the next daemon"])
def test_a_session_whose_server_hangs_from_its_start_on_boots_and_answers_once_that_goes_on(
    hanging: Team, killed: bool
):
    hanging.add("ada", "actor", backoff_base_s=60)
    with contextlib.suppress(NotYet):
        hanging.call("peer.wake", peer="ada", timeout_s=20)
    session = hanging.session("ada").id
    if killed:
        hanging.kill_daemon()
        hanging.start()

    assert "ada is alive, but its tmux server cannot be reached" in str(hanging.call("daemon.status")["notices"])
    _goes_on(hanging)

    assert hanging.send("ada", "hello", wait="ended", timeout_s=20)["session"] == session
    assert "ev=boot-failed" not in hanging.log()
    assert "ev=backoff" not in hanging.log()


def test_one_whose_server_is_gone_as_it_is_first_asked_has_failed_to_start(team: Team):
    team.start("", "", HANGS.replace("SIGSTOP", "SIGKILL"))
    team.add("ada", "actor", backoff_base_s=60)

    ran = team.run("wake", "ada", "--timeout", "20")

    assert (ran.code, "did not come up" in ran.err) == (1, True)
    assert team.show("ada")["phase"] == "backoff"


def _goes_on(team: Team) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(int(Path(team.env["PEERD_HOME"], "hung").read_text()), signal.SIGCONT)
