"""Ephemeral sessions in the middle of a turn: one that hangs there does not hold up its queue, one that lives is left
alone."""

import os
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from peerd.model.message import MessageId
from peerd.model.peer import PeerName
from peerd.model.session import SessionId
from peerd_adapters.actor import PROGRAM
from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_ephemeral import QUICK, ended

pytestmark = pytest.mark.tmux

SILENT: dict[str, Any] = {"ephemeral_silent_s": 1.0, **QUICK}


def test_a_command_that_hangs_is_ended_with_its_session_and_the_next_one_runs(up: Team):
    up.add("sh", "shell", **SILENT)
    hangs = up.send("sh", "sleep 1000", wait="accepted")["id"]
    after = up.send("sh", "echo after", wait="accepted")["id"]

    over = ended(up, hangs)

    assert (over["task"], over["answer"]) == ("turn_ended", None)
    receipt = up.store().receipt(MessageId(hangs))
    assert receipt is not None
    assert receipt.history[-1].evidence == f"{over['session']} was silent for 1 s"
    assert ended(up, after)["answer"] == "after"
    assert 'why="silent for 1 s in the middle of a turn"' in up.log()


@pytest.mark.parametrize("how", ["ask sh", "send sh --wait ended"])
def test_whoever_waits_for_one_that_hangs_is_told_that_it_was_silent(up: Team, how: str):
    up.add("sh", "shell", **SILENT)

    ran = up.run(*how.split(), "sleep 1000")

    session = up.store().receipts(peer=PeerName("sh"), limit=1).receipts[0].session
    assert (ran.code, ran.err) == (1, f"peerd: {session} was silent for 1 s, and its task counts as ended.\n")


@pytest.mark.parametrize("sign", ["it wrote to its screen", "its screen changes"])
def test_one_that_draws_in_its_turn_is_left_alone(up: Team, sign: str):
    up.add("ada", "actor", "--busy-s", "5", **SILENT)
    task = up.send("ada", "work", timeout_s=20)
    if sign == "its screen changes":
        end_its_log(up, "ada")

    over = ended(up, task["id"])

    assert (over["task"], over["attempt"], over["session"]) == ("answered", 1, task["session"])
    assert f'why="{sign}"' in up.log()


def test_of_one_whose_pane_is_not_logged_its_screen_alone_tells_that_it_lives(up: Team):
    up.add("ada", "actor", "--busy-s", "60", pane_log=False, **SILENT)
    up.add("sh", "shell", pane_log=False, **SILENT)
    lives, hangs = (up.send(peer, "sleep 1000", timeout_s=20) for peer in ("ada", "sh"))

    eventually(lambda: 'why="its screen changes"' in up.log(), within_s=20)
    assert ended(up, hangs["id"])["task"] == "turn_ended"
    logs = [Path(up.home.session(SessionId(each["session"])), "pane.log") for each in (lives, hangs)]
    assert [log.exists() for log in logs] == [False, False]


def test_one_whose_screen_changes_but_rarely_is_left_alone(up: Team):
    up.add("sh", "shell", pane_log=False, **SILENT)
    never = up.root / "never"
    os.mkfifo(never)
    counts = f"for i in 1 2 3 4; do read -t 1.6 <>{never}; echo $i; done"

    over = up.send("sh", counts, wait="ended", timeout_s=20)

    assert (over["task"], over["answer"]) == ("turn_ended", "1\n2\n3\n4")


SAYS_NOTHING_OF_PROMPTS = f"""#!/bin/sh
journal=$PEERD_JOURNAL PEERD_JOURNAL=$HOME/told
export PEERD_JOURNAL
: >"$PEERD_JOURNAL"
tail -f "$PEERD_JOURNAL" | grep --line-buffered -v prompt_ >>"$journal" &
exec {sys.executable} -I {PROGRAM} "$@"
"""


def test_one_that_asks_something_of_which_only_its_screen_tells_is_left_alone(up: Team):
    program = up.root / "program"
    program.write_text(SAYS_NOTHING_OF_PROMPTS)
    program.chmod(0o755)
    up.add("ada", "actor", "--permission-on", "work", bin=str(program), **SILENT)

    task = up.send("ada", "work", timeout_s=20)["id"]

    eventually(lambda: 'why="it asks something"' in up.log(), within_s=20)
    assert up.call("message.show", id=task)["task"] == "open"


def end_its_log(team: Team, name: str) -> None:
    """As where the disk is full."""
    host = team.session(name).host
    children = Path(f"/proc/{host.server.pid}/task/{host.server.pid}/children").read_text().split()
    (writer,) = (int(each) for each in children if int(each) != host.runtime.pid)
    os.kill(writer, signal.SIGKILL)


def test_a_person_who_sits_at_it_keeps_it(up: Team):
    from tests.edges.tmux_home import terminal

    up.add("sh", "shell", **SILENT)
    task = up.send("sh", "sleep 1000", timeout_s=20)["id"]
    command = ("tmux", "-N", "-S", up.session("sh").host.socket, "attach-session", "-t", "=shell-sh")

    with terminal(command, {"TERM": "xterm", "HOME": str(up.root)}):
        eventually(lambda: 'why="1 attached"' in up.log(), within_s=20)
        assert up.call("message.show", id=task)["task"] == "open"

    assert ended(up, task)["task"] == "turn_ended"
