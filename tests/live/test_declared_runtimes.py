"""Any terminal program as a runtime: declared in TOML, believed by its screen."""

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from peerd.errors import NotYet, UsageError
from peerd_adapters.actor import PROGRAM
from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_holds import at_the_keyboard

pytestmark = pytest.mark.tmux

ECHO = f"""
name = "echo"
argv = [{json.dumps(sys.executable)}, "-I", {json.dumps(PROGRAM)}]
env = {{ ECHO_HOME = "{{folder}}" }}
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
    taken = [
        each["evidence"] for each in team.call("message.show", id="m-0")["history"] if each["state"] == "submitted"
    ]
    assert taken == [f"its header was seen on the screen of {told[0]['session']}"]
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


SLEEPER = "name = 'echo'\nkind = 'service'\nargv = ['sleep', '1000']\n"


@pytest.mark.parametrize("method", ["peer.add", "peer.edit", "team.up"])
def test_a_runtime_is_known_to_who_uses_it_in_the_moment_that_its_file_is_there(up: Team, method: str):
    up.add("ada", "shell")
    file = f"[peers.eve]\nruntime = 'echo'\ndir = '{up.work}'\n"
    asked: dict[str, dict[str, Any]] = {
        "peer.add": {"name": "eve", "runtime": "echo", "dir": str(up.work)},
        "peer.edit": {"peer": "ada", "set": {"runtime": "echo"}},
        "team.up": {"text": file, "where": "team.toml", "dir": str(up.work)},
    }

    declare(up)

    assert up.call(method, **asked[method])


def test_a_runtime_is_what_its_file_says_when_a_peer_is_added_and_not_what_it_said_before(team: Team):
    declare(team)
    team.start()
    changed = Path(team.home.runtimes, "new")
    changed.write_text(SLEEPER)

    os.replace(changed, Path(team.home.runtimes, "echo.toml"))

    assert team.call("peer.add", name="eve", runtime="echo", dir=str(team.work))["kind"] == "service"


def _added(team: Team) -> bool:
    try:
        team.add("eve", "echo")
    except UsageError:
        return False
    return True


def test_a_declaration_that_was_deleted_is_missed_while_a_peer_needs_it(up: Team):
    declare(up)
    eventually(lambda: up.run("add", "eve", "--runtime", "echo").code == 0, within_s=10)
    file = Path(up.home.runtimes, "echo.toml")

    file.unlink()

    told = eventually(lambda: up.call("daemon.status").get("notices"), within_s=10)
    assert told == [
        f"{file} is gone, and eve needs it: the runtime stays as it was until the daemon ends. Put it back."
    ]
    declare(up)
    eventually(lambda: not up.call("daemon.status").get("notices"), within_s=10)


def test_a_session_whose_declaration_was_deleted_is_left_alone_until_it_is_back(team: Team):
    declare(team)
    team.start()
    team.add("eve", "echo", "--busy-s", "3")
    begun = team.send("eve", "hello", wait="submitted", timeout_s=20)
    team.kill_daemon()
    file = Path(team.home.runtimes, "echo.toml")
    file.unlink()
    team.start()

    listed, sent = team.run("ls"), team.run("send", "eve", "hello again")
    why = f"its runtime 'echo' is not known: {file} would declare it"
    assert listed.out.splitlines()[1].split()[2] == "unclear"
    assert (why in listed.err, why in sent.err, sent.code, why in team.show("eve")["verdict"]) == (True, True, 1, True)
    waiting = team.send("eve", "hello again", queue=True, wait="accepted")

    declare(team)

    for id in (begun["id"], waiting["id"]):
        done = team.call("message.wait", id=id, until="ended", timeout_s=30)
        assert (done["task"] in ("answered", "turn_ended"), done["attempt"]) == (True, 1)
        assert done["session"] == begun["session"]
    assert (team.run("ls").err, team.log().count("ev=action-failed")) == ("", 1)


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


TRUST = (
    ECHO
    + """
[[dialogs]]
seen = 'Do you trust'
advice = "Set trust_folder = true in peers/NAME.toml."
choice = { allowed_by = "trust_folder", line = '1\\. Yes +│' }
"""
)
BOXED = "ready ="
ASKS = ("--dialog", "Do you trust the files in this folder?")


def test_a_boot_dialog_that_the_spec_allows_is_answered(team: Team):
    declare(team, TRUST.replace(BOXED, "cursor = '│ ❯'\nproved = ['1']\nversion = '(1)'\nready ="))
    team.start()
    team.add("eve", "echo", *ASKS, trust_folder=True, bin=_versioned(team))

    assert team.send("eve", "hello", wait="ended", timeout_s=20)["task"] == "answered"
    assert "ev=dialog-answered" in team.log()


@pytest.mark.parametrize(("version", "trusts"), [("1", False), ("2", True)], ids=["not allowed", "unproved"])
def test_a_boot_dialog_is_a_persons_where_it_is_not_ours(team: Team, version: str, trusts: bool):
    declare(team, TRUST.replace(BOXED, "cursor = '│ ❯'\nproved = ['1']\nversion = '([12])'\nready ="))
    team.start()
    team.add("eve", "echo", *ASKS, bin=_versioned(team, version), boot_deadline_s=0.5, trust_folder=trusts)

    with pytest.raises(NotYet, match="`peerd attach eve`"):
        team.call("peer.wake", peer="eve", timeout_s=20)
    before = team.session("eve").id
    team.kill_daemon()
    team.start()

    shown = eventually(lambda: _blocked(team))
    says = next(each["says"] for each in shown["evidence"] if each["source"] == "screen")
    assert "Do you trust the files in this folder?" in says
    assert "Set trust_folder = true in peers/eve.toml." in says
    assert team.session("eve").id == before
    at_the_keyboard(team, "eve", "send-keys", "Enter")
    assert eventually(lambda: team.show("eve")["phase"] == "running")


def test_an_input_line_that_stands_for_a_moment_before_a_dialog_is_not_taken_for_ready(team: Team):
    declare(team, f"{CHAT}[[dialogs]]\nseen = '^May I begin'\n", "chat")
    team.start()
    team.add("eve", "chat", "--asks")

    with pytest.raises(NotYet, match="`peerd attach eve`"):
        team.call("peer.wake", peer="eve", timeout_s=10)
    assert "ev=session-ready" not in team.log()


def _blocked(team: Team) -> Any:
    shown = team.show("eve")
    return shown if "blocked" in shown["verdict"] else None


def _versioned(team: Team, version: str = "1") -> str:
    """The actor as a program that tells a version."""
    path = Path(team.root, "echo")
    path.write_text(
        f'#!/bin/sh\n[ "$1" = --version ] && echo {version} && exit\nshift\nexec {sys.executable} -I "$@"\n'
    )
    path.chmod(0o755)
    return str(path)
