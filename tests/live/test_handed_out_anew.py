"""What may have been taken, and is handed over once only: with one daemon, and with two."""

import json
import sys
from pathlib import Path

import pytest

from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_declared_runtimes import declare
from tests.live.test_left_typed import wiping
from tests.live.test_seen_after_all import SHORT_LEASES

pytestmark = pytest.mark.tmux

WHOSE = pytest.mark.parametrize("restarts", [False, True], ids=["one daemon", "the next daemon"])


def next_daemon(team: Team) -> None:
    team.kill_daemon()
    team.start(*SHORT_LEASES)


def history(team: Team) -> list[tuple[str, str]]:
    return [(each["state"], each["evidence"]) for each in team.call("message.show", id="m-1")["history"]]


@WHOSE
def test_one_that_somebody_had_handed_out_anew_waits_though_its_session_ends(team: Team, restarts: bool):
    wiping(team, *SHORT_LEASES, lease_s=1.0)
    team.send("eve", "hello", id="m-1", wait="accepted")
    eventually(lambda: history(team)[-1][0] == "dead", within_s=20)
    team.call("queue.pause", peer="eve")
    assert team.run("queue", "requeue", "m-1").code == 0
    if restarts:
        next_daemon(team)

    team.call("peer.stop", peer="eve", timeout_s=10)

    assert history(team)[-1] == ("accepted", "requeued by operator")


EATS = r"""
import os, sys, tty
tty.setcbreak(0)
out = lambda text: os.write(1, text.encode())
line, taken = "", 0
out("> ")
while True:
    for each in os.read(0, 4096).decode():
        if each in "\r\n":
            if line:
                open(sys.argv[1], "a").write(line + "\n")
                taken += 1
            line = ""
            out("\r\n> ")
        elif each == "\x15":
            line = ""
            out("\r\x1b[K> ")
        elif each >= " " and not taken:
            line += each
            out(each)
"""
"""Takes a line, and shows nothing of what is typed after it."""


@WHOSE
def test_one_that_was_taken_unseen_and_not_seen_to_land_later_is_not_given_to_the_next_session(
    team: Team, restarts: bool
):
    program, took = team.root / "eats.py", Path(team.root, "took")
    program.write_text(EATS)
    argv = json.dumps([sys.executable, str(program), str(took)])
    text = f'name = "eater"\nargv = {argv}\nready = "> ?(.*)"\nbusy = "^thinking"\none_line = true\n'
    declare(team, f'{text}clear = ["C-e", "C-u"]\n', "eater")
    team.start(*SHORT_LEASES)
    team.add("eve", "eater", lease_s=4.0)
    team.call("peer.wake", peer="eve", timeout_s=10)
    team.send("eve", "charge the card", id="m-1", wait="accepted")
    eventually(lambda: took.exists(), within_s=10)
    team.call("queue.pause", peer="eve")
    eventually(lambda: "no evidence" in history(team)[-1][1], within_s=20)
    if restarts:
        next_daemon(team)
    team.call("queue.resume", peer="eve")
    eventually(lambda: "it stays empty" in str(history(team)), within_s=12)

    team.call("peer.new", peer="eve", now=True, timeout_s=20)

    eventually(lambda: history(team)[-1][0] == "dead", within_s=10)
    assert len(took.read_text().splitlines()) == 1
