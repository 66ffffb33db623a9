"""One board for what a person must know, and `peerd notices`."""

import os
import pty
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from peerd.errors import NotPermitted
from peerd.rpc.client import call
from tests.eventually import eventually
from tests.live.conftest import Team

pytestmark = pytest.mark.tmux


def board(team: Team, *, every: bool = False) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = team.call("notice.list", all=every)["notices"]
    return found


def raised(team: Team, kind: str) -> dict[str, Any]:
    """The one of this kind, once the daemon has told of it by itself."""
    eventually(lambda: f"ev=notice-raised notice={kind}" in team.log(), within_s=10)
    return next(each for each in board(team) if each["kind"] == kind)


def crash_loop(team: Team) -> None:
    team.add("sh", "shell", bin="/bin/false", backoff_base_s=0.05, probe_base_s=3600)
    team.send("sh", "echo", wait="accepted")
    eventually(lambda: team.show("sh")["phase"] == "failed", within_s=15)


def odd(team: Team, name: str = "sh") -> None:
    """Something that holds nothing up."""
    file = Path(team.home.peers, f"{name}.toml")
    file.write_text(file.read_text() + '\nmood = "good"\n')


def on_terminal(team: Team, *words: str, stdout: bool = False) -> str:
    """What a person at a terminal sees on stderr of a command, and on its stdout too where that is theirs."""
    ours, theirs = pty.openpty()
    command = (sys.executable, "-m", "peerd", *words)
    out = theirs if stdout else subprocess.DEVNULL
    with os.fdopen(ours, "rb", buffering=0) as terminal:
        done = subprocess.Popen(command, env=team.env, stdin=theirs, stdout=out, stderr=theirs)
        os.close(theirs)
        said = b""
        try:
            while data := terminal.read(4096):
                said += data
        except OSError:  # the other end is closed
            pass
        assert done.wait(30) == 0
    return said.decode().replace("\r\n", "\n")


def test_a_crash_loop_is_on_the_board_with_its_age_and_gone_once_it_is_over(up: Team):
    crash_loop(up)

    told = raised(up, "down")
    assert (told["about"], told["severity"], told["count"], told["over"], told["read"]) == (
        "sh",
        "urgent",
        1,
        None,
        False,
    )
    assert told["text"].startswith("sh is failed: 3 deaths")

    up.run("stop", "sh")
    assert board(up) == []
    assert [each["about"] for each in board(up, every=True)] == ["sh"]
    eventually(lambda: "ev=notice-over notice=down about=sh" in up.log(), within_s=20)


def test_a_guard_that_is_switched_off_is_on_the_board_until_it_is_on_again(up: Team):
    up.add("ada", "actor", pair_repeats=0)

    told = raised(up, "guard")
    assert (told["about"], told["severity"]) == ("ada pair_repeats", "note")
    assert up.run("notices", "--read").out == "1 notice marked as read.\n"

    up.run("edit", "ada", "--unset", "pair_repeats")
    assert board(up) == []


def test_a_prompt_is_on_the_board_at_once(up: Team):
    up.add("ada", "actor", "--dialog", "Sell the house?", trust_folder=True)
    up.send("ada", "hello", wait="accepted")
    eventually(lambda: up.show("ada")["activity"] == "blocked", within_s=20)

    eventually(lambda: "ev=notice-raised notice=prompt about=ada" in up.log(), within_s=3)


def test_what_was_read_stays_so_for_the_next_daemon_with_its_age_and_number(up: Team):
    crash_loop(up)
    before = raised(up, "down")
    assert up.run("notices", "--read").out == "1 notice marked as read.\n"

    up.kill_daemon()
    up.start()

    eventually(lambda: up.show("sh")["phase"] == "failed", within_s=15)
    (after,) = [each for each in board(up) if each["kind"] == "down"]
    assert (after["n"], after["since"], after["count"], after["read"]) == (before["n"], before["since"], 1, True)
    assert up.log().count("ev=notice-raised notice=down") == 1


def test_a_person_at_a_terminal_is_told_what_is_unread_until_they_have_looked(up: Team):
    crash_loop(up)
    odd(up)
    raised(up, "down"), raised(up, "spec")

    line = on_terminal(up, "show", "sh").splitlines()[-1]
    assert line.startswith("peerd: 2 notices unread, the gravest: sh is failed: 3 deaths")
    assert line.endswith(": `peerd notices`")
    assert on_terminal(up, "show", "sh", "--json") == ""
    assert "unread" not in up.run("show", "sh").err  # no terminal

    shown = on_terminal(up, "notices", stdout=True)
    assert re.search(r"urgent, (now|\d+ s): sh is failed: 3 deaths", shown)
    assert shown.endswith("peerd: 2 notices (*) were unread, and are now marked as read.\n")
    assert on_terminal(up, "show", "sh") == ""


def test_what_a_program_reads_is_not_marked(up: Team):
    crash_loop(up)
    n = raised(up, "down")["n"]

    listed = up.run("notices", "--json").json
    assert [(each["n"], each["kind"], each["read"]) for each in listed] == [(n, "down", False)]
    assert f"* {n:<3} urgent, now: sh is failed: " in up.run("notices").out
    assert [each["read"] for each in board(up)] == [False]

    assert up.run("notices", "--read", "99").code == 1
    assert up.run("notices", "--read", "x").code == 2
    assert up.run("notices", "--read", str(n), "--json").json == {"read": 1}
    assert f"  {n:<3} urgent, now: " in up.run("notices").out


def test_a_session_may_look_and_not_mark(up: Team):
    crash_loop(up)
    raised(up, "down")
    up.add("ada", "actor")
    up.call("peer.wake", peer="ada")
    token = up.caller("ada")["PEERD_TOKEN"]

    def asked(method: str, **params: Any) -> dict[str, Any]:
        return call(method, params, timeout_s=20, socket_path=up.home.socket, token=token)

    assert [each["kind"] for each in asked("notice.list")["notices"]] == ["down"]
    for method, params in (("notice.read", {}), ("notice.list", {"mark": True})):
        with pytest.raises(NotPermitted, match="only the operator"):
            asked(method, **params)


def test_the_board_can_be_read_without_a_daemon(up: Team):
    crash_loop(up)
    raised(up, "down")
    eventually(lambda: up.store().board(), within_s=5)
    up.run("daemon", "stop")

    ran = up.run("notices", "--json")
    assert [each["about"] for each in ran.json] == ["sh"]
    assert ran.err == "peerd: no daemon: as of the store. `peerd daemon start` brings it up.\n"
    assert up.run("notices", "--read").code == 69


def test_what_was_read_of_a_peer_is_read_and_as_old_under_its_new_name(up: Team):
    up.add("sh", "shell")
    up.call("queue.pause", peer="sh")
    up.send("sh", "echo", wait="accepted", expires_s=0.2)
    told = raised(up, "dead")
    up.call("notice.read")

    up.call("peer.rename", peer="sh", name="bash")

    (found,) = board(up, every=True)
    assert found["text"] == "1 message to bash failed since you last looked"
    assert (found["n"], found["since"], found["count"], found["read"]) == (told["n"], told["since"], 1, True)
    eventually(lambda: ("dead", "bash") in up.store().board(), within_s=5)


def test_what_came_to_nothing_is_told_until_somebody_looks(up: Team):
    up.add("sh", "shell")
    up.call("queue.pause", peer="sh")
    up.send("sh", "echo", wait="accepted", expires_s=0.2)

    told = raised(up, "dead")
    assert told["text"] == "1 message to sh failed since you last looked"

    on_terminal(up, "queue", "ls", stdout=True)
    assert [each["kind"] for each in board(up)] == ["dead"]
    assert "expired" in on_terminal(up, "queue", "ls", "sh", stdout=True)
    assert board(up) == []
