"""A turn that is broken off, and what is refused."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from peerd.errors import PeerdError
from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_declared_runtimes import CHAT, declare
from tests.live.test_holds import at_the_keyboard

pytestmark = pytest.mark.tmux


def test_a_turn_is_broken_off_and_what_waits_goes_on(up: Team):
    up.add("sh", "shell")
    first = up.send("sh", "sleep 100", timeout_s=20)
    second = up.send("sh", "echo next", wait="accepted")

    eventually(lambda: foreground(up, "sh") == "sleep")

    ran = up.run("interrupt", "sh")

    assert (ran.code, ran.out) == (
        0,
        f"sh broke off {first['id']}: it ends with exit status 130.\n",
    )
    assert up.call("message.wait", id=first["id"], until="ended")["exit_status"] == 130
    assert up.call("message.wait", id=second["id"], until="ended", timeout_s=20)["answer"] == "next"


HEARD_BETWEEN_KEYS = """
import asyncio, os
from peerd.daemon import main
from peerd.edges.tmux.pane import Pane
from peerd_adapters.shell import Shell
Shell.control = {"interrupt": ("C-c", "C-c")}
right = Pane.press
async def press(self, key):
    await right(self, key)
    while key == "C-c" and "ev=submitted id=m-next " not in open(os.environ["LOG"]).read():
        await asyncio.sleep(0.01)
Pane.press = press
main.run()
"""
"""A shell whose turn takes two keys to be broken off; by the second one what was sent next is at work."""


def test_a_turn_that_ends_by_the_first_of_two_keys_has_the_next_one_left_alone(team: Team):
    team.env["LOG"] = f"{team.home.logs}/delivery.log"
    team.start(sys.executable, "-c", HEARD_BETWEEN_KEYS)
    team.add("sh", "shell")
    first = team.send("sh", "sleep 100", timeout_s=20)["id"]
    team.send("sh", "until [ -e go ]; do sleep 0.05; done", id="m-next", wait="accepted")
    eventually(lambda: foreground(team, "sh") == "sleep")

    ran = team.run("interrupt", "sh", "--timeout", "5")

    assert (ran.code, ran.err) == (0, "")
    assert team.call("message.show", id="m-next")["task"] == "open"
    Path(team.work, "go").touch()
    over = [team.call("message.wait", id=id, until="ended", timeout_s=20) for id in (first, "m-next")]
    assert [each["exit_status"] for each in over] == [130, 0]


def foreground(team: Team, name: str) -> str:
    """The program that has the terminal."""
    host = team.session(name).host
    command = ("tmux", "-S", host.socket, "display-message", "-p", "-t", host.pane, "#{pane_current_command}")
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()


def test_a_turn_at_which_no_key_could_be_pressed_ends_as_it_ends(up: Team):
    up.add("sh", "shell")
    up.send("sh", "until [ -e go ]; do sleep 0.05; done; echo all well", id="m-1", timeout_s=20)
    eventually(lambda: foreground(up, "sh") in ("sleep", "bash"))
    at_the_keyboard(up, "sh", "copy-mode")

    ran = up.run("interrupt", "sh")

    assert (ran.code, "it is in a tmux mode; nothing was typed" in ran.err) == (1, True)
    at_the_keyboard(up, "sh", "send-keys", "-X", "cancel")
    Path(up.work, "go").touch()
    over = up.call("message.wait", id="m-1", until="ended", timeout_s=20)
    assert (over["answer"], over["exit_status"]) == ("all well", 0)


def test_a_person_who_asks_again_presses_again(up: Team):
    """A program that ends at the second Ctrl-C."""
    up.add("sh", "shell")
    takes_two = "n=0; trap 'n=$((n+1))' INT; until [ $n = 2 ]; do read -t 0.05 < <(sleep 1); done"
    up.send("sh", takes_two, id="m-1", timeout_s=20)
    with ThreadPoolExecutor(1) as beside:
        first = beside.submit(up.run, "interrupt", "sh", "--timeout", "20")
        eventually(lambda: "^C" in "\n".join(up.call("peer.peek", peer="sh")["lines"]))

        second = up.run("interrupt", "sh", "--timeout", "20")

        assert (first.result(30).code, second.code) == (0, 0)
    assert up.call("message.wait", id="m-1", until="ended", timeout_s=20)["exit_status"] == 130


def test_where_nothing_is_under_way_nothing_is_pressed(up: Team):
    up.add("sh", "shell")
    up.call("peer.wake", peer="sh")

    with pytest.raises(PeerdError, match="sh is idle"):
        up.call("peer.control", peer="sh", what="interrupt")
    assert "ev=control" not in up.log()


def test_a_draft_of_a_persons_is_nothing_to_break_off(up: Team):
    up.add("sh", "shell")
    up.call("peer.wake", peer="sh")
    at_the_keyboard(up, "sh", "send-keys", "-l", "half a thought")
    eventually(lambda: "half a thought" in up.run("peek", "sh").out)

    with pytest.raises(PeerdError, match="sh is idle"):
        up.call("peer.control", peer="sh", what="interrupt")
    assert "half a thought" in up.run("peek", "sh").out
    assert "ev=control" not in up.log()


def test_a_draft_of_a_persons_is_no_line_for_our_words(up: Team):
    text = f'{CHAT}control = {{ compact = ["/compact", "Enter"] }}\n'
    declare(up, text, "chat")
    eventually(lambda: _added(up))
    up.call("peer.wake", peer="eve", timeout_s=20)
    at_the_keyboard(up, "eve", "send-keys", "-l", "half a thought")
    eventually(lambda: "half a thought" in up.run("peek", "eve").out)

    ran = up.run("compact", "eve")

    assert (ran.code, "is not free; nothing was typed" in ran.err) == (1, True)
    assert "/compact" not in up.run("peek", "eve").out


def test_words_are_entered_where_they_stand_alone(up: Team):
    text = f'{CHAT}control = {{ compact = ["/compact", "Enter"] }}\n'
    declare(up, text, "chat")
    eventually(lambda: _added(up))
    up.call("peer.wake", peer="eve", timeout_s=20)

    assert up.run("compact", "eve").out == "eve was told to shorten its conversation, and is at its input line again.\n"

    assert "you said 8 characters" in up.run("peek", "eve").out
    assert up.send("eve", "hello", wait="ended", timeout_s=20)["task"] == "turn_ended"


@pytest.mark.parametrize("fields", [{}, {"wake_policy": "ephemeral"}], ids=["warm", "for one task"])
def test_breaking_off_at_its_prompt_approves_nothing_and_ends_the_turn(up: Team, fields: dict[str, Any]):
    record = up.root / "record"
    up.add("ada", "actor", "--permission-on", "danger", "--record", str(record), **fields)
    task = up.send("ada", "danger ahead", wait="submitted", timeout_s=20)
    eventually(lambda: up.show("ada")["activity"] == "blocked", within_s=10)

    ran = up.run("interrupt", "ada")

    assert ran.code == 0, ran.err
    over = up.call("message.wait", id=task["id"], until="ended", timeout_s=20)
    assert (over["task"], over["answer"], over["exit_status"]) == ("turn_ended", "permission refused", 130)
    waited = up.run("wait", task["id"], "--for", "ended")
    assert (waited.code, "ada ended it with exit status 130." in waited.err) == (1, True)
    told = [json.loads(line).get("event") for line in Path(f"{record}.jsonl").read_text().splitlines()]
    assert ("refused" in told, "approved" in told) == (True, False)


def test_a_runtime_without_such_keys_says_so(up: Team):
    up.add("sh", "shell")
    up.call("peer.wake", peer="sh")

    assert "declares no 'compact'" in up.run("compact", "sh").err


def test_a_peer_that_sleeps_has_nothing_to_break_off(up: Team):
    up.add("sh", "shell")

    ran = up.run("interrupt", "sh")

    assert (ran.code, "has no running session" in ran.err) == (1, True)


def _added(team: Team) -> bool:
    try:
        team.add("eve", "chat")
    except PeerdError:
        return False
    return True
