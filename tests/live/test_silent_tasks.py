"""A runtime without hooks or a `busy` row whose task says nothing for a while, or so much that its own line scrolls
away: it is not begun twice."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_declared_runtimes import declare
from tests.live.test_seen_after_all import SHORT_LEASES

pytestmark = pytest.mark.tmux

LOOP = """
import os, readline, sys, time
while True:
    line = input("> ")
    with open(sys.argv[1], "a") as ran:
        ran.write(line + "\\n")
    if "clear" in line:
        os.system("clear")
    if "slow" in line:
        time.sleep(float(sys.argv[2]))
    if "loud" in line:
        sys.stdout.write("".join(f"{n}\\n" for n in range(int(sys.argv[3]))))
        sys.stdout.flush()
"""


def _up(team: Team, slow_s: float = 2.0, lines: int = 3000, more: str = "", **fields: Any) -> Path:
    """eve, a loop that reads a line and does it, told of in the file that this returns."""
    program, ran = team.root / "loop.py", team.root / "ran"
    program.write_text(LOOP)
    argv = json.dumps([sys.executable, str(program), str(ran), str(slow_s), str(lines)])
    declare(team, f"name = 'loop'\nargv = {argv}\nready = '> ?(.*)'\none_line = true\n{more}", "loop")
    team.start(*SHORT_LEASES)
    team.add("eve", "loop", lease_s=0.5, **fields)
    team.call("peer.wake", peer="eve", timeout_s=10)
    return ran


def _ran(ran: Path) -> int:
    return len(ran.read_text().splitlines()) if ran.exists() else 0


def _told(team: Team, id: str = "m-1") -> tuple[str, str, int]:
    told = team.call("message.wait", id=id, until="ended", timeout_s=20)
    return told["state"], told["task"], told["attempt"]


def _evidence(team: Team, id: str = "m-1") -> list[str]:
    return [each["evidence"] for each in team.call("message.show", id=id)["history"]]


def test_a_task_that_says_nothing_for_longer_than_the_lease_is_begun_once(team: Team):
    ran = _up(team)

    sent = team.send("eve", "slow", id="m-1", timeout_s=10)

    assert (sent["state"], sent["hold"]) == ("submitted", None)
    assert team.show("eve")["activity"] == "busy"
    assert _told(team) == ("submitted", "turn_ended", 1)
    assert _ran(ran) == 1
    assert not any("taken back" in each for each in _evidence(team))


@pytest.mark.parametrize("restart", ["kill -9", "daemon restart"])
def test_nor_is_it_begun_again_by_the_next_daemon(team: Team, restart: str):
    ran = _up(team, slow_s=4.0)
    team.send("eve", "slow", id="m-1", wait="accepted")
    eventually(lambda: _ran(ran))

    if restart == "kill -9":
        team.kill_daemon()
        team.start(*SHORT_LEASES)
    else:
        assert team.run("daemon", "restart").code == 0

    assert _told(team) == ("submitted", "turn_ended", 1)
    assert _ran(ran) == 1


