"""A declared runtime's permission prompts, whose choices have no numbers: the cursor is moved, and seen to be."""

import json
from pathlib import Path

import pytest

from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.persons import at_a_terminal
from tests.live.test_approvals import of, open_ones, stands
from tests.live.test_declared_runtimes import declare
from tests.live.test_holds import at_the_keyboard

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


def asked_by_a_picker(team: Team, *flags: str) -> Path:
    """eve asks whether to run danger. The file that she keeps what was chosen in."""
    declare(team, PICKER, "picker")
    team.start()
    kept = team.root / "kept"
    team.add("eve", "picker", str(kept), *flags)
    team.send("eve", "danger", timeout_s=20)
    return kept


def test_the_cursor_is_moved_and_what_was_pressed_is_said_where_it_did_not(team: Team):
    kept = asked_by_a_picker(team, "--lose", "1")
    asked = stands(team)

    assert (asked["question"], asked["choices"]) == ("Run danger?", ["No", "Yes", "Yes, and never ask again"])
    lost = at_a_terminal(team, "approve", asked["id"], "--yes")
    assert lost.code == 1
    assert "the cursor did not move in 2 s. A key was pressed to move the cursor; no choice was made." in lost.out
    assert "No key was pressed" not in lost.out
    assert not kept.exists()

    done = at_a_terminal(team, "approve", asked["id"], "--yes")

    eventually(lambda: kept.exists() and kept.read_text() == "Yes\n")
    assert "'Yes' was chosen" in done.out
    eventually(lambda: of(team, asked["id"])["state"] == "unknown")  # nothing of it tells that a tool ran


def test_a_prompt_that_is_drawn_a_row_at_a_time_is_answered_all_the_same(team: Team):
    kept = asked_by_a_picker(team, "--row-s", "0.2")

    said = at_a_terminal(team, "approve", stands(team)["id"], "--yes")

    assert "'Yes' was chosen" in said.out
    eventually(lambda: kept.exists() and kept.read_text() == "Yes\n")


def test_what_is_asked_again_once_it_was_gone_is_another_one_and_the_first_id_answers_it_not(team: Team):
    kept = asked_by_a_picker(team, "--again-s", "1")
    first = stands(team)["id"]

    said = at_a_terminal(team, "approve", first, "--yes")
    (later,) = eventually(lambda: [each for each in open_ones(team) if each["id"] != first])
    again = at_a_terminal(team, "approve", first, "--yes")

    assert "one that looks the same was there; nothing tells what became of it" in said.out
    assert said.code == 1
    eventually(lambda: of(team, first)["state"] == "unknown")
    assert (again.code, "it is already closed; no key was pressed" in again.out) == (1, True)
    assert kept.read_text() == "Yes\n"
    at_a_terminal(team, "deny", later["id"])
    eventually(lambda: kept.read_text() == "Yes\nNo\n")


def test_what_a_person_has_it_ask_at_its_pane_is_listed_noticed_and_over_with_the_answer(team: Team):
    declare(team, PICKER, "picker")
    team.start()
    team.add("eve", "picker", str(team.root / "kept"))
    team.call("peer.wake", peer="eve", timeout_s=20)

    at_the_keyboard(team, "eve", "send-keys", "-l", "danger")
    at_the_keyboard(team, "eve", "send-keys", "Enter")

    asked = stands(team)
    assert asked["question"] == "Run danger?"
    eventually(lambda: [each["kind"] for each in team.call("notice.list")["notices"]] == ["approval"])
    assert team.show("eve")["activity"] == "blocked"
    at_the_keyboard(team, "eve", "send-keys", "Enter")
    eventually(lambda: of(team, asked["id"])["state"] == "gone")
    eventually(lambda: team.show("eve")["activity"] == "idle")


def test_of_one_that_keeps_no_pane_log_the_census_tells_what_a_person_had_it_ask(team: Team):
    Path(team.home.settings_file).parent.mkdir(parents=True, exist_ok=True)
    Path(team.home.settings_file).write_text("census_s = 1\n")
    declare(team, PICKER, "picker")
    team.start()
    team.add("eve", "picker", str(team.root / "kept"), pane_log=False)
    team.call("peer.wake", peer="eve", timeout_s=20)

    at_the_keyboard(team, "eve", "send-keys", "-l", "danger")
    at_the_keyboard(team, "eve", "send-keys", "Enter")

    assert stands(team)["question"] == "Run danger?"
