"""Commands that act on one peer, called while the daemon dies: what is the same the second time is asked of the next
daemon, and done once."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.eventually import eventually
from tests.live.conftest import Ran, Team

pytestmark = pytest.mark.tmux

TEAM = """
[peers.ada]
runtime = "actor"
[peers.eve]
runtime = "actor"
"""


def lost(team: Team, *words: str) -> Ran:
    """What becomes of a command whose daemon was killed before it took it."""
    assert team.daemon is not None
    team.daemon.send_signal(signal.SIGSTOP)
    before = waiting(team)
    asked = begun(team, *words)
    eventually(lambda: waiting(team) > before)
    team.kill_daemon()
    team.start()
    return over(asked)


def waiting(team: Team) -> int:
    """How many ends of connections there are, and the daemon's own socket."""
    lines = Path("/proc/net/unix").read_text().splitlines()
    return sum(line.endswith(f" {team.home.socket}") for line in lines)


def begun(team: Team, *words: str) -> "subprocess.Popen[str]":
    command = (sys.executable, "-m", "peerd", *words)
    return subprocess.Popen(command, env=team.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def over(asked: "subprocess.Popen[str]") -> Ran:
    out, err = asked.communicate(timeout=40)
    return Ran(asked.returncode, out, err)


def dies_over(team: Team, point: int | str, *words: str) -> Ran:
    """What becomes of a command over which its daemon ends itself, at its Nth touch of the world."""
    team.kill_daemon()
    team.start_dying(point)
    if team.died:
        return team.run(*words)  # it starts one
    asked = begun(team, *words)
    if eventually(lambda: "died" if team.died else asked.poll() is not None, within_s=20) == "died":
        team.start()
    return over(asked)


def names(team: Team) -> list[str]:
    return [row["peer"] for row in team.call("peer.list")["peers"]]


def is_marked(team: Team) -> bool:
    return "ada" in team.store().marked()


def is_called_eve(team: Team) -> bool:
    return names(team) == ["eve"]


def is_gone(team: Team) -> bool:
    return names(team) == [] == os.listdir(team.home.peers)


@pytest.mark.parametrize(
    ("words", "done"),
    [(("refresh", "ada"), is_marked), (("rename", "ada", "eve"), is_called_eve), (("rm", "ada"), is_gone)],
    ids=["refresh", "rename", "rm"],
)
def test_a_daemon_that_dies_before_it_takes_it_has_the_next_one_do_it(
    up: Team, words: tuple[str, ...], done: Callable[[Team], bool]
):
    up.add("ada")

    ran = lost(up, *words)

    assert (ran.code, ran.err) == (0, "")
    assert done(up)


@pytest.mark.parametrize("point", range(2, 11, 2))
@pytest.mark.parametrize(
    ("words", "done"), [(("rename", "ada", "eve"), is_called_eve), (("rm", "ada"), is_gone)], ids=["rename", "rm"]
)
def test_nor_does_one_that_dies_over_it_leave_it_half_done(
    up: Team, words: tuple[str, ...], done: Callable[[Team], bool], point: int
):
    up.add("ada")

    ran = dies_over(up, point, *words)

    assert ran.code == 0, ran.err
    assert done(up)


def test_a_refresh_that_is_on_record_is_asked_for_again_and_is_one(up: Team):
    up.add("ada")

    ran = dies_over(up, "SetMark", "refresh", "ada")

    assert (ran.code, ran.out) == (0, "ada: the next one starts fresh.\n")
    assert is_marked(up)


def test_one_that_has_led_to_a_fresh_session_by_then_ends_no_second_one(up: Team):
    up.add("ada")
    before = up.call("peer.wake", peer="ada")["session"]
    up.call("peer.refresh", peer="ada", instead_of=before)
    eventually(lambda: up.show("ada")["phase"] == "asleep", within_s=10)
    after = up.send("ada", "hello", wait="ended", timeout_s=20)["session"]

    assert up.call("peer.refresh", peer="ada", instead_of=before) == {"peer": "ada", "ends": "ended"}

    assert not is_marked(up)
    assert up.show("ada")["session"] == after
    assert up.call("peer.refresh", peer="ada", instead_of=after)["ends"] == "idle"


def test_a_team_is_brought_up_though_the_daemon_dies(up: Team):
    (up.work / "team.toml").write_text(TEAM)

    ran = lost(up, "up", "--yes", str(up.work / "team.toml"))

    assert (ran.code, ran.out.splitlines()[-1]) == (0, "added or changed: 2 of 2 peers; woken: 0.")
    assert names(up) == ["ada", "eve"]


def test_keys_are_not_pressed_for_a_command_that_was_lost(up: Team):
    up.add("sh", "shell")
    sent = up.send("sh", "sleep 600", wait="submitted")

    ran = lost(up, "interrupt", "sh")

    assert (ran.code, ran.out) == (69, "")
    assert "Its keys may have been pressed: `peerd peek sh` shows it. Repeating it would press them twice." in ran.err
    assert up.call("message.show", id=sent["id"])["task"] == "open"


def test_a_peer_is_interrupted_where_no_daemon_ran(up: Team):
    up.add("sh", "shell")
    sent = up.send("sh", "sleep 600", wait="submitted")
    up.kill_daemon()

    ran = up.run("interrupt", "sh")

    assert (ran.code, ran.out) == (0, f"sh broke off {sent['id']}: it ends with exit status 130.\n")
