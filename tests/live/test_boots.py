"""Starts that do not go well: told why, counted, stopped, asked about; and what they leave as it was."""

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from peerd.edges.process import alive, identify
from peerd.errors import NotYet, PeerdError
from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_declared_runtimes import declare
from tests.live.test_wake_modes import parked, told

pytestmark = pytest.mark.tmux

MOON = """
name = "moon"
argv = ["/bin/sh", "-c", "echo waiting for the moon; exec sleep 1000"]
ready = '> ?(.*)'
"""
ASKER = f"""
name = "asker"
argv = [{json.dumps(str(Path(__file__).parents[2] / "fixtures" / "bin" / "asker"))}]
version = 'asker (1)'
proved = ["1"]
ready = '> ?(.*)'
cursor = '❯'

[[dialogs]]
seen = 'May I begin'
choice = {{ allowed_by = "trust_folder", line = '2\\. Yes' }}
"""
WITHOUT_A_BOOT_ID = """
from peerd.daemon import main
from peerd.edges import host
from peerd.errors import InternalError
right, failed = host.boot_id, []
def boot_id():
    if not failed:
        failed.append(True)
        raise InternalError("cannot tell this boot from the last: Too many open files")
    return right()
host.boot_id = boot_id
main.run()
"""
"""The first time that it is asked for."""


def test_a_boot_past_its_deadline_is_ended_and_quotes_what_the_pane_said(team: Team):
    declare(team, MOON, "moon")
    team.start()
    team.add("eve", "moon", boot_deadline_s=0.5)

    with pytest.raises(PeerdError, match=r"not ready within 0\.5 s; it said: waiting for the moon"):
        team.call("peer.wake", peer="eve", timeout_s=20)

    end = team.show("eve")["last_end"]
    assert (end["cause"], end["last_lines"]) == ("boot-failed", ["waiting for the moon"])
    assert "it said: waiting for the moon" in team.log()


def test_a_boot_that_ends_is_quoted_whatever_its_lines_begin_with_and_with_its_code(team: Team):
    said = "printf '[fatal] no licence\\n/etc/foo: denied\\n  ✗ giving up\\n────\\n❯\\n'"
    declare(team, MOON.replace("echo waiting for the moon; exec sleep 1000", f"{said}; sleep 0.3; exit 3"), "moon")
    team.start()
    team.add("eve", "moon", crash_max=1)

    ran = team.run("wake", "eve")

    why = "exited with code 3: [fatal] no licence / /etc/foo: denied / ✗ giving up"
    assert ran.err == f"peerd: eve did not come up: {why}. `peerd show eve` tells more.\n"


def test_a_stop_during_a_boot_wins_and_leaves_nothing(up: Team):
    up.add("ada", "actor", "--boot-s", "60")
    with ThreadPoolExecutor(1) as caller:
        waking = caller.submit(up.call, "peer.wake", peer="ada")
        eventually(lambda: up.show("ada")["session"])
        host = up.session("ada").host

        assert up.call("peer.stop", peer="ada", timeout_s=10)["phase"] == "asleep"

        with pytest.raises(PeerdError, match="stopped in the meantime"):
            waking.result()
    assert not alive(host.runtime)
    assert not alive(host.server)
    assert up.show("ada")["last_end"]["cause"] == "stopped"


def test_an_unknown_dialog_gets_no_key_is_quoted_and_is_a_notice(up: Team):
    record = up.root / "record"
    up.add("ada", "actor", "--record", str(record), "--dialog", "Sell the house?", trust_folder=True)

    with pytest.raises(NotYet, match="waits for a person"):
        up.call("peer.wake", peer="ada", timeout_s=20)
    assert up.send("ada", "hello", timeout_s=1.0)["hold"] == "dialog"

    (screen,) = [each["says"] for each in up.show("ada")["evidence"] if each["source"] == "screen"]
    assert "Sell the house?" in screen
    assert [each for each in up.call("daemon.status")["notices"] if each.startswith("ada is starting, blocked")]
    assert record.read_bytes() == b""


def asks(team: Team, *flags: str) -> Path:
    """A peer whose runtime asks first; returns the file of the keys it got."""
    declare(team, ASKER, "asker")
    team.start()
    keys = team.root / "keys"
    team.add("eve", "asker", str(keys), *flags, trust_folder=True)
    return keys


def test_a_dialog_that_loses_a_key_is_still_answered_where_the_cursor_stands(team: Team):
    keys = asks(team, "--lose", "1")

    assert team.call("peer.wake", peer="eve", timeout_s=20)["woke"]

    assert keys.read_text().split() == ["Down", "Down", "Enter"]


def test_a_choice_that_seems_to_have_no_effect_is_not_made_twice(team: Team):
    keys = asks(team, "--lose", "2")

    with pytest.raises(NotYet, match="waits for a person"):
        team.call("peer.wake", peer="eve", timeout_s=20)

    assert keys.read_text().split() == ["Down", "Enter"]


def program(team: Team, name: str, program: str) -> None:
    """Its next session runs this one; "": its adapter's own."""
    ran = team.run("edit", name, *(("--set", f"bin={program}") if program else ("--unset", "bin")))
    assert ran.code == 0, ran.err


def test_boots_that_fail_are_a_crash_loop_with_a_notice_and_a_try_that_goes_well_ends_it(up: Team):
    quick: dict[str, Any] = {"backoff_base_s": 0.05, "probe_base_s": 0.3, "crash_window_s": 3.0}
    up.add("sh", "shell", bin="/bin/false", **quick)
    id = up.send("sh", "echo at last", wait="accepted")["id"]
    eventually(lambda: up.show("sh")["phase"] == "failed", within_s=10)
    assert [each for each in up.call("daemon.status")["notices"] if each.startswith("sh is failed: 3 deaths in 3 s, ")]

    program(up, "sh", "")

    assert up.call("message.wait", id=id, until="ended", timeout_s=30)["answer"] == "at last"
    assert up.show("sh")["woken"]["cause"] == "probe"
    eventually(lambda: "ev=recovered peer=sh" in up.log(), within_s=10)
    assert "notices" not in up.call("daemon.status")


@pytest.mark.parametrize(
    ("marked", "mode"),
    [(True, ("fresh", "refreshed")), (False, ("resume", "parked, same topic"))],
    ids=["refreshed", "parked"],
)
def test_a_wake_that_failed_uses_nothing_up(team: Team, marked: bool, mode: tuple[str, str]):
    team.start()
    parked(team, backoff_base_s=0.05)
    if marked:
        team.call("peer.refresh", peer="ada")
    program(team, "ada", "/bin/false")
    with pytest.raises(PeerdError, match="did not come up"):
        team.call("peer.wake", peer="ada", timeout_s=20)
    team.kill_daemon()
    team.start()
    program(team, "ada", "")

    team.send("ada", "more of it", topic="tax", timeout_s=20)

    assert told(team) == mode


@pytest.mark.parametrize(
    ("restart", "word", "again"),
    [
        ("permanent", "bye", True),
        ("transient", "bye", False),
        ("transient", "crash", True),
        ("temporary", "crash", False),
    ],
)
def test_a_peer_that_ended_by_itself_runs_again_as_its_restart_type_says(
    up: Team, restart: str, word: str, again: bool
):
    flags = ("--exit-on", "bye", "--crash-on", "crash")
    fields: dict[str, Any] = {"restart": restart, "backoff_base_s": 0.05, "task_attempts": 1}
    up.add("ada", "actor", *flags, **fields)
    first = up.send("ada", word, wait="ended", timeout_s=20)["session"]

    eventually(lambda: up.show("ada")["last_end"], within_s=10)

    phase = eventually(lambda: _settled(up, first), within_s=10)
    assert phase == ("running" if again else "asleep")


def _settled(team: Team, first: str) -> str | None:
    shown = team.show("ada")
    phase: str = shown["phase"]
    return phase if phase in ("running", "asleep") and shown["session"] != first else None


def test_a_stop_wins_over_a_start_whose_program_never_tells_its_version(team: Team):
    declare(team, ASKER, "asker")
    silent, noted = team.root / "silent", team.root / "helper"
    silent.write_text(f"#!/bin/sh\nsleep 30 & echo $! >{noted}\nwait\n")
    silent.chmod(0o755)
    team.start()
    team.add("eve", "asker", bin=str(silent))
    with ThreadPoolExecutor(1) as caller:
        waking = caller.submit(team.call, "peer.wake", peer="eve")
        helper = identify(int(eventually(lambda: noted.exists() and noted.read_text())))

        assert team.call("peer.stop", peer="eve", timeout_s=15)["phase"] == "asleep"

        with pytest.raises(PeerdError, match="stopped in the meantime"):
            waking.result(timeout=20)
    assert helper is not None
    assert not alive(helper)
    assert team.show("eve")["last_end"]["cause"] == "stopped"


def test_a_start_that_fails_before_anything_of_it_was_begun_is_told_and_tried_again(team: Team):
    team.start(sys.executable, "-c", WITHOUT_A_BOOT_ID)
    team.add("ada", "actor")

    sent = team.send("ada", "hello", wait="ended", timeout_s=20)

    assert (sent["task"], sent["attempt"]) == ("answered", 1)
    assert 'ev=action-failed action=spawn why="InternalError: cannot tell this boot from the last' in team.log()
    assert "ev=backoff peer=ada" in team.log()
