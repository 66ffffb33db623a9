"""A session that the kernel killed, short of memory, is told as such. Nothing here runs out of it: what the kernel
counts is laid out by the test, and the SIGKILL is its own."""

import os
import signal
import sys
from pathlib import Path
from typing import Any, Literal

import pytest

from peerd.edges.process import alive
from tests.eventually import eventually
from tests.live.conftest import Team

pytestmark = pytest.mark.tmux

RUN_DAEMON = """
import sys
from peerd.daemon.main import run
from peerd.edges.oom import OomCounters
sys.exit(run(OomCounters(sys.argv[1], sys.argv[1])))
"""
SUSPECTED = "oom suspected: since it began the kernel has killed a process on this machine for want of memory"


class Kernel:
    """What it says of its kills."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.says(4)

    def says(self, kills: int) -> None:
        (self.folder / "vmstat").write_text(f"nr_free_pages 1000\noom_kill {kills}\n")

    def start(self, team: Team) -> None:
        team.start(sys.executable, "-c", RUN_DAEMON, str(self.folder))


@pytest.fixture
def kernel(team: Team) -> Kernel:
    return Kernel(team.root / "kernel")


def last_end(team: Team, name: str) -> Any:
    return eventually(lambda: team.show(name)["last_end"])


def kill(team: Team, name: str, victim: Literal["runtime", "server"]) -> None:
    host = team.session(name).host
    process = host.runtime if victim == "runtime" else host.server
    os.kill(process.pid, signal.SIGKILL)
    eventually(lambda: not alive(process))


@pytest.mark.parametrize(("victim", "cause"), [("runtime", "killed"), ("server", "server-died")])
def test_a_peer_killed_while_the_kernel_was_short_of_memory_is_told_so(
    team: Team, kernel: Kernel, victim: Literal["runtime", "server"], cause: str
):
    kernel.start(team)
    team.add("ada", "actor")
    team.call("peer.wake", peer="ada")

    kernel.says(5)
    kill(team, "ada", victim)

    end = last_end(team, "ada")
    assert end["cause"] == cause
    assert end["why"].startswith(SUSPECTED)
    eventually(lambda: f'why="{SUSPECTED}' in team.log())
    assert SUSPECTED in team.run("show", "ada").out


def test_a_peer_killed_while_the_kernel_killed_nothing_is_not(team: Team, kernel: Kernel):
    kernel.start(team)
    team.add("ada", "actor")
    team.call("peer.wake", peer="ada")

    kill(team, "ada", "runtime")

    end = last_end(team, "ada")
    assert (end["cause"], end["signal"], end["why"]) == ("killed", 9, "")


def test_a_peer_that_peerd_itself_killed_is_never_suspected(team: Team, kernel: Kernel):
    kernel.start(team)
    team.add("ada", "actor", "--ignore-hup", stop_grace_s=0.1)
    team.call("peer.wake", peer="ada")

    kernel.says(5)
    team.call("peer.stop", peer="ada")

    end = last_end(team, "ada")
    assert (end["cause"], end["signal"], end["why"]) == ("stopped", 9, "")


def test_a_shell_that_says_its_program_was_killed_is_suspected_too(team: Team, kernel: Kernel):
    kernel.start(team)
    team.add("sh", "shell")
    team.call("peer.wake", peer="sh")

    kernel.says(5)
    team.send("sh", "exit 137", wait="accepted")

    end = last_end(team, "sh")
    assert (end["cause"], end["code"], end["why"]) == ("exited", 137, SUSPECTED)


@pytest.mark.parametrize(("victim", "cause"), [("runtime", "killed"), ("server", "server-died")])
def test_a_peer_killed_while_no_daemon_ran_is_told_so_too(
    team: Team, kernel: Kernel, victim: Literal["runtime", "server"], cause: str
):
    kernel.start(team)
    team.add("ada", "actor")
    team.call("peer.wake", peer="ada")

    team.kill_daemon()
    kernel.says(5)
    kill(team, "ada", victim)
    kernel.start(team)

    end = last_end(team, "ada")
    assert end["cause"] == cause
    assert end["why"].startswith(f"while no daemon ran; {SUSPECTED}")


def test_a_peer_left_down_says_in_the_notices_what_killed_it(team: Team, kernel: Kernel):
    kernel.start(team)
    team.add("ada", "actor", crash_max=1)
    team.call("peer.wake", peer="ada")

    kernel.says(5)
    kill(team, "ada", "runtime")

    eventually(lambda: team.show("ada")["phase"] == "failed")
    (notice,) = team.call("daemon.status")["notices"]
    assert notice.startswith("ada is failed: ")
    assert notice.endswith(f"it last ended: killed by signal 9: {SUSPECTED}")
