"""A runtime without hooks or a `busy` row whose task says nothing for a while, or so much that its own line scrolls
away: it is not begun twice."""

import json
import sys
from pathlib import Path

import pytest

from peerd.edges.tmux.server import COLUMNS
from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_declared_runtimes import declare
from tests.live.test_seen_after_all import SHORT_LEASES

pytestmark = pytest.mark.tmux

LOOP = """
import readline, sys, time
while True:
    line = input("> ")
    with open(sys.argv[1], "a") as ran:
        ran.write(line + "\\n")
    if "wipe" in line:
        print("\\033[H\\033[2J\\033[3J", end="", flush=True)
    if "says" in line:
        print("…", end="", flush=True)
    if "slow" in line:
        time.sleep(float(sys.argv[2]))
    if "says" in line:
        print()
    if "loud" in line:
        sys.stdout.write("".join(f"{n}\\n" for n in range(int(sys.argv[3]))))
        sys.stdout.flush()
"""


def _up(team: Team, slow_s: float = 2.0, lines: int = 3000, more: str = "", readline: bool = True) -> Path:
    """eve, a loop that reads a line and does it, told of in the file that this returns."""
    program, ran = team.root / "loop.py", team.root / "ran"
    program.write_text(LOOP if readline else LOOP.replace("readline, ", ""))
    argv = json.dumps([sys.executable, str(program), str(ran), str(slow_s), str(lines)])
    declare(team, f"name = 'loop'\nargv = {argv}\nready = '> ?(.*)'\none_line = true\n{more}", "loop")
    team.start(*SHORT_LEASES)
    team.add("eve", "loop", lease_s=0.5)
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


def test_a_task_that_says_so_in_the_row_below_has_been_taken(team: Team):
    ran = _up(team)

    sent = team.send("eve", "says it, slow …", id="m-1", timeout_s=10)

    assert (sent["state"], sent["hold"]) == ("submitted", None)
    assert _told(team) == ("submitted", "turn_ended", 1)
    assert _ran(ran) == 1


@pytest.mark.parametrize("restart", ["kill -9", "daemon restart"])
def test_nor_is_it_begun_again_by_the_next_daemon(team: Team, restart: str):
    ran = _up(team, slow_s=6.0)
    team.send("eve", "slow", id="m-1", wait="accepted")
    eventually(lambda: _ran(ran))

    if restart == "kill -9":
        team.kill_daemon()
        team.start(*SHORT_LEASES)
    else:
        assert team.run("daemon", "restart").code == 0

    assert _told(team) == ("submitted", "turn_ended", 1)
    assert _ran(ran) == 1


@pytest.mark.parametrize("more", ["", "busy = '^thinking'"], ids=["without busy", "with busy"])
def test_a_task_that_prints_a_lot_is_begun_once(team: Team, more: str):
    ran = _up(team, lines=4000, more=more)

    team.send("eve", "loud", id="m-1", wait="accepted")

    assert _told(team) == ("submitted", "turn_ended", 1)
    assert _ran(ran) == 1


@pytest.mark.parametrize("body", ["loud", "wipe"])
def test_what_may_have_been_taken_and_left_no_trace_is_not_typed_again_and_said(team: Team, body: str):
    ran = _up(team, lines=20_000)

    team.send("eve", body, id="m-1", wait="accepted")

    told = team.call("message.wait", id="m-1", until="ended", timeout_s=20)
    assert (told["state"], told["attempt"]) == ("dead", 1)
    assert "it may have been taken; not typed again" in _evidence(team)[-1]
    assert _ran(ran) == 1


def test_nor_is_it_by_the_next_daemon_but_where_it_is_handed_out_anew(team: Team):
    ran = _up(team, slow_s=1.0)
    team.send("eve", "wipe, slow", id="m-1", wait="accepted")
    eventually(lambda: _ran(ran))
    team.kill_daemon()
    team.start(*SHORT_LEASES)
    assert team.call("message.wait", id="m-1", until="ended", timeout_s=20)["state"] == "dead"
    assert _ran(ran) == 1

    team.call("message.requeue", id="m-1")

    assert eventually(lambda: _ran(ran) == 2, within_s=10)


def test_it_is_typed_again_where_a_task_may_be_handed_over_again(team: Team):
    ran = _up(team, lines=20_000, more="task_attempts = 2")

    team.send("eve", "loud", id="m-1", wait="accepted")

    assert eventually(lambda: _ran(ran) == 2, within_s=15)


@pytest.mark.parametrize("readline", [True, False], ids=["readline", "the terminal's own line"])
@pytest.mark.parametrize("beyond", [0, 1])
def test_a_text_that_fills_its_row_is_entered_and_seen_taken(team: Team, beyond: int, readline: bool):
    ran = _up(team, readline=readline)
    body = "slow ".ljust(COLUMNS - len("> peerd message m-1 from operator (person) attempt 1 hops 0: ") + beyond, "x")

    sent = team.send("eve", body, id="m-1", timeout_s=10)

    assert (sent["state"], sent["attempt"]) == ("submitted", 1)
    assert _told(team) == ("submitted", "turn_ended", 1)
    assert _ran(ran) == 1
