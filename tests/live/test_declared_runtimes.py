"""Any terminal program as a runtime: declared in TOML, believed by its screen."""

import json
import os
import sys
from pathlib import Path

import pytest

from peerd.errors import UsageError
from peerd_adapters.actor import PROGRAM
from tests.eventually import eventually
from tests.live.conftest import Team

pytestmark = pytest.mark.tmux

ECHO = f"""
name = "echo"
argv = [{json.dumps(sys.executable)}, "-I", {json.dumps(PROGRAM)}]
env = {{ PEERD_JOURNAL_NOT = "{{folder}}" }}
ready = '❯ ?(.*)'
busy = '^  [⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] busy'
placeholder = '\\[pasted\\d+bytes,id[\\w.-]+\\]'

[[dialogs]]
seen = '╭─ permission '
prompt = true
"""


def declare(team: Team, text: str = ECHO, name: str = "echo") -> None:
    os.makedirs(team.home.runtimes, exist_ok=True)
    Path(team.home.runtimes, f"{name}.toml").write_text(text)


CHAT = f"""
name = "chat"
argv = [{json.dumps(sys.executable)}, {json.dumps(str(Path(__file__).parents[2] / "fixtures" / "bin" / "chat"))}]
ready = '> ?(.*)'
busy = '^thinking'
one_line = true
clear = ["C-e", "C-u"]
"""


def test_a_program_without_hooks_is_woken_and_believed_by_its_screen(team: Team):
    declare(team, CHAT, "chat")
    team.start()
    team.add("eve", "chat")

    woken = team.call("peer.wake", peer="eve", timeout_s=10)
    told = [team.send("eve", f"hello\nagain {n}", id=f"m-{n}", wait="ended", timeout_s=20) for n in range(2)]

    assert woken["identity"] == "chat-eve"
    assert [(each["state"], each["task"], each["attempt"]) for each in told] == [("submitted", "turn_ended", 1)] * 2
    line = "peerd message m-0 from operator (person) attempt 1 hops 0: hello again 0"
    assert [each["answer"] for each in told] == [f"you said {len(line)} characters"] * 2


def test_a_turn_that_only_the_screen_tells_of_is_followed_by_the_next_daemon_too(team: Team):
    declare(team, CHAT, "chat")
    team.start()
    team.add("eve", "chat")
    sent = team.send("eve", "hello", timeout_s=20)
    team.kill_daemon()
    team.start()

    assert team.call("message.wait", id=sent["id"], until="ended", timeout_s=20)["task"] == "turn_ended"


def test_a_program_that_ends_on_a_message_says_how(team: Team):
    declare(team, CHAT, "chat")
    team.start()
    team.add("eve", "chat")

    team.send("eve", "leave", wait="accepted")

    end = eventually(lambda: team.show("eve")["last_end"], within_s=10)
    assert (end["cause"], end["code"]) == ("exited", 3)


def test_a_declared_runtime_is_there_as_soon_as_its_file_is(up: Team):
    with pytest.raises(UsageError, match="no runtime 'echo'"):
        up.add("eve", "echo")

    declare(up)

    assert eventually(lambda: _added(up))


def _added(team: Team) -> bool:
    try:
        team.add("eve", "echo")
    except UsageError:
        return False
    return True


def test_a_broken_declaration_is_said_and_costs_only_itself(team: Team):
    declare(team)
    declare(team, "name = 'bad'\nargv = ['x']\nready = '('", "bad")
    declare(team, ECHO.replace('"echo"', '"shell"'), "shell")
    team.start()

    notices = team.call("daemon.status")["notices"]

    assert [("bad.toml: ready" in each, "shell.toml: 'shell' is a runtime" in each) for each in notices] == [
        (True, False),
        (False, True),
    ]
    team.add("eve", "echo")
    assert team.send("eve", "hello", timeout_s=20)["state"] == "submitted"


def test_a_prompt_of_a_declared_runtime_gets_no_enter(team: Team):
    declare(team)
    record = team.root / "record"
    team.start()
    team.add("eve", "echo", "--permission-on", "danger", "--record", str(record))
    team.send("eve", "danger", timeout_s=20)
    eventually(lambda: team.show("eve")["activity"] == "blocked")

    waiting = team.send("eve", "and this?", timeout_s=1.0)

    assert (waiting["state"], waiting["waiting"]) == ("accepted", True)
    assert "approved" not in Path(f"{record}.jsonl").read_text()
