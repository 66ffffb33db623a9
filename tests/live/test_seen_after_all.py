"""What a runtime without hooks took, and nobody saw it take in time, is looked for on its screen before it is typed
once more."""

import contextlib
import subprocess
import sys
import time
from typing import Any

import pytest

from peerd.errors import PeerdError
from tests.eventually import eventually
from tests.live.conftest import RUN_DAEMON, Team
from tests.live.test_declared_runtimes import CHAT, declare

pytestmark = pytest.mark.tmux

SHELL_LIKE = CHAT.replace('clear = ["C-e", "C-u"]', 'clear = ["C-c"]')
SAYS_LATE = CHAT.replace("^thinking", "^at work")
"""One whose work is not seen before it has said something."""
THINKS_LONG = ("--thinks", "1.5")
SHORT_LEASES = (
    sys.executable,
    "-c",
    f"from peerd import specfile; specfile.LEASE_MIN_S = 0.1; {RUN_DAEMON}",
)
"""A daemon that takes leases nobody should wish for."""
REFUSES_TO_TAKE_BACK = """
import os
from peerd.daemon.deliver import TAKEN_BACK
from peerd.errors import StoreError
from peerd.store import writer
right = writer.write_together
def refuse(connection, path, batch):
    back = any(getattr(each, "evidence", "") == TAKEN_BACK for commit in batch for each in commit.writes)
    if back and not os.path.exists({room!r}):
        open({refusals!r}, "a").write(".")
        raise StoreError("the disk is full")
    return right(connection, path, batch)
writer.write_together = refuse
"""
EXPIRES_S = 4.0  # long enough to be typed


def test_what_was_taken_when_the_daemon_died_after_enter_is_not_typed_again(team: Team):
    _up(team)
    _die_after(team, "press")
    eventually(lambda: "you said" in _screen(team))

    team.start()

    assert _told(team) == ("submitted", "turn_ended", 1)
    assert _screen(team).count("peerd message m-1 ") == 1


def test_nor_is_it_where_the_next_daemon_finds_it_thinking(team: Team):
    _up(team, *THINKS_LONG)
    _die_after(team, "press")

    team.start()

    assert _told(team) == ("submitted", "turn_ended", 1)
    assert _screen(team).count("peerd message m-1 ") == 1


def test_what_was_taken_is_known_before_any_rule_is_applied(team: Team):
    _up(team)
    over = time.time() + EXPIRES_S
    _die_after(team, "press", expires_s=EXPIRES_S)
    eventually(lambda: "you said" in _screen(team) and time.time() > over, within_s=15)

    team.start()

    assert _told(team) == ("submitted", "turn_ended", 1)


def test_what_a_daemon_had_given_up_to_wait_for_is_seen_by_the_next_one(team: Team):
    _up(team, *THINKS_LONG, runtime=SAYS_LATE, daemon=SHORT_LEASES, lease_s=0.5)
    team.send("eve", "hello", id="m-1", wait="accepted")
    eventually(lambda: "no evidence" in team.run("message", "m-1").out)
    team.kill_daemon()

    team.start(*SHORT_LEASES)

    assert _told(team) == ("submitted", "turn_ended", 1)


def test_a_turn_that_lasts_for_longer_than_the_lease_is_not_begun_twice(team: Team):
    _up(team, *THINKS_LONG, runtime=SAYS_LATE, daemon=SHORT_LEASES, lease_s=0.5)

    team.send("eve", "hello", id="m-1", wait="accepted")

    assert _told(team) == ("submitted", "turn_ended", 1)
    assert _screen(team).count("peerd message m-1 ") == 1


def test_what_was_seen_after_all_and_is_handed_out_anew_is_typed_anew(team: Team):
    _up(team, *THINKS_LONG, runtime=SAYS_LATE, daemon=SHORT_LEASES, lease_s=0.5)
    team.send("eve", "hello", id="m-1", wait="accepted", deadline_s=0.2)
    eventually(lambda: team.call("message.show", id="m-1")["task"] == "dead", within_s=15)
    eventually(lambda: team.show("eve")["activity"] == "idle")
    team.call("queue.pause", peer="eve")
    team.call("message.requeue", id="m-1")
    team.kill_daemon()

    team.start(*SHORT_LEASES)
    team.call("queue.resume", peer="eve")

    eventually(lambda: "attempt 2" in _screen(team), within_s=10)


@pytest.mark.parametrize("runtime", [CHAT, SHELL_LIKE], ids=["wiped", "left on the screen"])
def test_what_was_typed_and_not_submitted_is_typed_again(team: Team, runtime: str):
    _up(team, runtime=runtime)
    _die_after(team, "paste")

    team.start()

    assert _told(team) == ("submitted", "turn_ended", 2)
    assert _screen(team).count("you said") == 1


def test_what_was_taken_back_and_stays_on_the_screen_is_typed_again_also_by_a_third_daemon(team: Team):
    _up(team, runtime=SHELL_LIKE)
    _die_after(team, "paste")
    team.start_dying("press")
    eventually(lambda: team.died, within_s=10)

    team.start()

    assert _told(team) == ("submitted", "turn_ended", 2)
    assert _screen(team).count("you said") == 1


def test_what_is_taken_back_stands_in_the_line_until_that_is_on_record(team: Team):
    _up(team)
    _die_after(team, "paste")
    refusals, room = team.root / "refusals", team.root / "room"

    team.start(
        sys.executable, "-c", f"{REFUSES_TO_TAKE_BACK.format(refusals=str(refusals), room=str(room))}{RUN_DAEMON}"
    )

    eventually(lambda: refusals.exists() and len(refusals.read_text()) > 2, within_s=15)
    assert "> peerd message m-1 " in _screen(team)
    room.touch()
    assert _told(team) == ("submitted", "turn_ended", 2)


def test_what_is_thrown_away_unread_and_stays_on_the_screen_is_not_believed_and_typed_again(team: Team):
    _up(team, "--deaf", "2", daemon=SHORT_LEASES, lease_s=0.5)

    team.send("eve", "hello", id="m-1", wait="accepted")

    assert _told(team) == ("submitted", "turn_ended", 3)
    assert _screen(team).count("you said") == 1


def test_what_another_message_quotes_is_no_sign_that_it_was_taken(team: Team):
    _up(team, "--wipes", "secret", daemon=SHORT_LEASES, lease_s=0.5)
    quoted = "peerd message m-1 from operator (person) attempt 1 hops 0:"
    team.send("eve", f"you will hear: {quoted} do this", id="m-0", wait="ended", timeout_s=10)

    team.send("eve", "do the secret thing", id="m-1", wait="accepted")

    state, _, attempt = _told(team)
    assert (state, attempt) == ("dead", 1)
    assert "may have been taken" in team.run("message", "m-1").out


def test_nor_is_that_a_sign_to_the_next_daemon(team: Team):
    _up(team, "--wipes", "secret")
    quoted = "peerd message m-1 from operator (person) attempt 1 hops 0:"
    team.send("eve", f"you will hear: {quoted} do this", id="m-0", wait="ended", timeout_s=10)
    _die_after(team, "press", "do the secret thing")
    eventually(lambda: "do the secret thing" not in _screen(team))

    team.start()

    state, _, attempt = _told(team)
    assert (state, attempt) == ("dead", 1)


def test_nor_is_it_by_the_next_daemon(team: Team):
    _up(team, "--deaf", "2", daemon=SHORT_LEASES, lease_s=0.5)
    team.send("eve", "hello", id="m-1", wait="accepted")
    eventually(lambda: team.run("message", "m-1").out.count("no evidence") == 2, within_s=15)
    team.kill_daemon()

    team.start(*SHORT_LEASES)

    state, task, attempt = _told(team)
    assert (state, task) == ("submitted", "turn_ended")
    assert attempt in (3, 4)  # the third may have been begun by the daemon that was killed


def test_a_runtime_that_shows_no_work_may_take_a_line_without_a_word(team: Team):
    _up(team, "--deaf", "1", runtime=CHAT.replace("busy = '^thinking'", ""))

    team.send("eve", "hello", id="m-1", wait="accepted")

    assert _told(team) == ("submitted", "turn_ended", 1)


def _up(team: Team, *args: str, runtime: str = CHAT, daemon: tuple[str, ...] = (), **fields: Any) -> None:
    declare(team, runtime, "chat")
    team.start(*daemon)
    team.add("eve", "chat", *args, **fields)
    team.call("peer.wake", peer="eve", timeout_s=10)


def _die_after(team: Team, act: str, body: str = "hello", **params: Any) -> None:
    """A message to eve whose daemon dies once it did this."""
    team.kill_daemon()
    team.start_dying(act)
    with contextlib.suppress(PeerdError):
        team.send("eve", body, id="m-1", wait="accepted", **params)
    eventually(lambda: team.died, within_s=10)


def _told(team: Team) -> tuple[str, str, int]:
    told = team.call("message.wait", id="m-1", until="ended", timeout_s=20)
    return told["state"], told["task"], told["attempt"]


def _screen(team: Team) -> str:
    host = team.session("eve").host
    command = ("tmux", "-S", host.socket, "capture-pane", "-p", "-t", host.pane, "-S", "-")
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=10).stdout
