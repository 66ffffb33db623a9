"""What a daemon that died left in an input line is ours still, and what it entered there may have been taken."""

import contextlib
import json
import sqlite3
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.eventually import eventually
from tests.live.conftest import RUN_DAEMON, Team
from tests.live.test_clock_set_back import SET_BACK, set_back
from tests.live.test_declared_runtimes import CHAT, declare
from tests.live.test_holds import at_the_keyboard
from tests.live.test_seen_after_all import _die_after as die_after

pytestmark = pytest.mark.tmux


def answered(team: Team, id: str) -> bool:
    told = team.call("message.wait", id=id, until="ended", timeout_s=20)
    return told["task"] in ("answered", "turn_ended")


@pytest.mark.parametrize("runtime", ["actor", "shell", "chat"])
def test_what_was_typed_of_a_message_that_expired_meanwhile_keeps_nothing_out(team: Team, runtime: str):
    declare(team, CHAT, "chat")
    team.start()
    team.add("eve", runtime)
    team.call("peer.wake", peer="eve", timeout_s=10)
    over_at = time.time() + 2.0
    die_after(team, "paste", body="true", expires_s=1.5)
    eventually(lambda: time.time() > over_at)
    team.start()

    team.send("eve", "true", id="m-2", wait="accepted")

    assert answered(team, "m-2")
    assert "expired" in team.call("message.show", id="m-1")["state"]


def test_nor_does_that_of_one_that_was_cancelled(team: Team):
    team.start()
    team.add("eve", "actor")
    team.call("peer.wake", peer="eve", timeout_s=10)
    die_after(team, "paste")
    with contextlib.closing(sqlite3.connect(team.home.store)) as store, store:
        store.execute("INSERT INTO pause VALUES ('eve')")
    team.start()
    assert team.run("queue", "cancel", "m-1").code == 0
    team.run("queue", "resume", "eve")

    team.send("eve", "something else", id="m-2", wait="accepted")

    assert answered(team, "m-2")


def test_nor_do_words_of_ours_that_were_not_entered(team: Team):
    declare(team, f'{CHAT}control = {{ compact = ["/compact", "Enter"] }}\n', "chat")
    team.start()
    team.add("eve", "chat")
    team.call("peer.wake", peer="eve", timeout_s=10)
    team.kill_daemon()
    team.start_dying("paste")
    assert team.run("compact", "eve").code == 69
    team.start()

    team.send("eve", "hello", id="m-2", wait="accepted")

    assert answered(team, "m-2")


def test_the_same_words_of_a_person_are_a_draft(team: Team):
    declare(team, f'{CHAT}control = {{ compact = ["/compact", "Enter"] }}\n', "chat")
    team.start()
    team.add("eve", "chat")
    team.call("peer.wake", peer="eve", timeout_s=10)
    assert team.run("compact", "eve").code == 0
    at_the_keyboard(team, "eve", "send-keys", "-l", "/compact")
    team.kill_daemon()
    team.start()

    team.send("eve", "hello", id="m-2", wait="accepted")

    eventually(lambda: team.call("message.show", id="m-2")["hold"] == "draft", within_s=10)


WIPES = """
import readline, sys
while True:
    line = input("> ")
    open(sys.argv[1], "a").write(line + "\\n")
    print("\\x1b[H\\x1b[2J\\x1b[3J", end="", flush=True)
"""
"""Takes a line, and leaves no trace of it on the screen."""

STALLED = """
import time
from peerd.model.message import Delivery
from peerd.store import writer
right, stalled = writer.write_together, []
def slow(connection, path, batch):
    states = [getattr(write, "state", None) for commit in batch for write in commit.writes]
    if not stalled and Delivery.HANDED_OVER in states:
        stalled.append(1)
        time.sleep({for_s})
    return right(connection, path, batch)
writer.write_together = slow
from peerd import specfile
specfile.LEASE_MIN_S = 0.1
"""


def wiping(team: Team, *start: str, **fields: Any) -> Path:
    """Where eve, of such a runtime, keeps what it took."""
    program, took = team.root / "wipes.py", team.root / "took"
    program.write_text(WIPES)
    argv = json.dumps([sys.executable, str(program), str(took)])
    declare(
        team, f'name = "wiper"\nargv = {argv}\nready = "> ?(.*)"\none_line = true\nclear = ["C-e", "C-u"]\n', "wiper"
    )
    team.start(*start)
    team.add("eve", "wiper", **fields)
    team.call("peer.wake", peer="eve", timeout_s=10)
    return took


def lines(took: Path) -> list[str]:
    return took.read_text().splitlines() if took.exists() else []


def given_up(team: Team) -> bool:
    told = team.call("message.wait", id="m-1", until="ended", timeout_s=20)
    return told["state"] == "dead" and "may have been taken" in told["why"]


def test_what_was_entered_and_is_gone_is_not_typed_again_though_the_daemon_died_as_it_was_entered(team: Team):
    took = wiping(team)
    die_after(team, "press")
    eventually(lambda: lines(took))
    team.start()

    assert given_up(team)
    assert len(lines(took)) == 1


def test_nothing_is_entered_before_it_is_on_record_that_it_stands_there(team: Team):
    took = wiping(team, sys.executable, "-c", STALLED.format(for_s=20.0) + RUN_DAEMON)
    team.send("eve", "hello", id="m-1", wait="accepted")
    eventually(lambda: "ev=handed-over" in team.log("delivery"))
    team.kill_daemon()
    team.start()

    eventually(lambda: team.log("delivery").count("ev=handed-over") == 2, within_s=10)
    eventually(lambda: lines(took))
    assert len(lines(took)) == 1


def test_nor_where_the_clock_was_set_back_since(team: Team):
    took = wiping(team, sys.executable, "-c", SET_BACK, lease_s=15)
    set_back(team)
    team.send("eve", "hello", id="m-1", wait="accepted")
    eventually(lambda: lines(took))
    team.call("queue.pause", peer="eve")
    team.kill_daemon()
    team.start(sys.executable, "-c", SET_BACK)
    team.call("queue.resume", peer="eve")

    assert given_up(team)
    assert len(lines(took)) == 1


def test_what_the_disk_does_not_take_in_time_is_not_entered_and_typed_again_as_the_same_attempt(team: Team):
    took = wiping(team, sys.executable, "-c", STALLED.format(for_s=3.0) + RUN_DAEMON, lease_s=1.0)

    team.send("eve", "hello", id="m-1", wait="accepted")
    eventually(lambda: lines(took), within_s=15)

    history = team.call("message.show", id="m-1")["history"]
    assert "the disk took too long, nothing was entered" in [each["evidence"] for each in history]
    assert [line.count("attempt 1") for line in lines(took)] in ([0], [1])


@pytest.mark.parametrize("again", ["peerd daemon restart", "kill -9"])
def test_a_probe_that_a_slow_enter_left_alone_keeps_nothing_out_of_the_next_daemon(up: Team, again: str):
    """Whether an Enter was swallowed is proved by a key of ours, which stays in the line where it was only slow."""
    up.add("eve", "actor", "--stall-s", "0.5")
    up.send("eve", "one", wait="ended", timeout_s=20)
    eventually(lambda: "input line '.'" in up.run("show", "eve").out, within_s=10)

    if again == "kill -9":
        up.kill_daemon()
        up.start()
    else:
        assert up.run("daemon", "restart").code == 0
    up.send("eve", "two", id="m-2", wait="accepted")

    assert answered(up, "m-2")
