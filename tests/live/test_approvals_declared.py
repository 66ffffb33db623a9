"""A declared runtime's permission prompts, whose choices have no numbers: the cursor is moved, and seen to be."""

import json
from pathlib import Path

import pytest

from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.persons import at_a_terminal
from tests.live.test_approvals import of, stands
from tests.live.test_declared_runtimes import declare

pytestmark = pytest.mark.tmux

PROGRAM = Path(__file__).parents[2] / "fixtures" / "bin" / "picker"
PICKER = f"""
name = "picker"
argv = [{json.dumps(str(PROGRAM))}]
ready = '> ?(.*)'
one_line = true
clear = ["C-e", "C-u"]
cursor = "❯"
proved = ["1"]
version = 'picker (1)'
[[dialogs]]
seen = '^Run .*\\?'
prompt = true
[prompt]
seen = '^Run .*\\?'
approve = "Yes"
deny = "No"
hint = "Enter to confirm"
"""


def test_the_cursor_is_moved_and_what_was_pressed_is_said_where_it_did_not(team: Team):
    declare(team, PICKER, "picker")
    team.start()
    kept = team.root / "kept"
    team.add("eve", "picker", str(kept), "--lose", "1")
    team.send("eve", "danger", timeout_s=20)
    asked = stands(team)

    assert (asked["question"], asked["choices"]) == ("Run danger?", ["No", "Yes", "Yes, and never ask again"])
    lost = at_a_terminal(team, "approve", asked["id"], "--yes")
    assert lost.code == 1
    assert "the cursor did not move in 2 s. A key was pressed to move the cursor; no choice was made." in lost.out
    assert "Nothing was pressed" not in lost.out
    assert not kept.exists()

    done = at_a_terminal(team, "approve", asked["id"], "--yes")

    assert done.code == 0, done.out
    eventually(lambda: kept.exists() and kept.read_text() == "Yes\n")
    assert of(team, asked["id"])["state"] == "approved"
