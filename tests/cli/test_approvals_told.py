"""`peerd approvals`: what is asked for, as a person is told it."""

import io
import sys
from typing import Any

import pytest

from peerd import rfc3339
from peerd.edges import clock
from tests.cli.conftest import Peerd
from tests.cli.stub import Stub


def row(**fields: Any) -> dict[str, Any]:
    asked = {"id": "a-1", "peer": "ada", "runtime": "claude", "tool": "Bash", "input": {"command": "ls\x1b"}}
    shown = {"question": "Run it?", "choices": ["Yes", "No"], "state": "open", "certain": True}
    now = rfc3339.stamp(clock.wall())
    return {**asked, **shown, "opened_at": now, "expires_at": now, **fields}


def test_one_that_is_asked_for_now_is_told_whole_and_without_what_a_terminal_obeys(daemon: Stub, peerd: Peerd):
    daemon.answers["approval.list"] = {"approvals": [row()]}

    ran = peerd("approvals")

    assert ran.out.splitlines()[:6] == [
        "a-1  ada (claude) asks for Bash, now",
        "  command: ls\\x1b",
        "  its screen:",
        "  | Run it?",
        "  |   Yes",
        "  |   No",
    ]


def test_what_only_a_hook_told_is_said_to_be_that(daemon: Stub, peerd: Peerd):
    daemon.answers["approval.list"] = {"approvals": [row(certain=False), row(certain=False, input=None)]}

    told = peerd("approvals").out

    assert told.count("  (reported by its hook: check that the screen asks for the same)\n  its screen:") == 1


def test_the_name_of_a_tool_is_shown_on_its_line_and_moves_no_cursor(daemon: Stub, peerd: Peerd):
    daemon.answers["approval.list"] = {"approvals": [row(tool="Read\n  file: README.md\n\x1b[8m")]}

    told = peerd("approvals").out.splitlines()

    assert told[:2] == [
        "a-1  ada (claude) asks for Read\\x0a  file: README.md\\x0a\\x1b[8m, now",
        "  command: ls\\x1b",
    ]


def test_a_letter_that_a_terminal_lacks_is_spelled_out_and_hides_nothing(
    daemon: Stub, peerd: Peerd, monkeypatch: pytest.MonkeyPatch
):
    daemon.answers["approval.list"] = {"approvals": [row(question="rm → /?"), row(id="a-2")]}
    shown = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(shown, "latin-1", write_through=True))

    assert peerd("approvals").code == 0

    assert b"  | rm \\u2192 /?\n" in shown.getvalue()
    assert b"\na-2  ada (claude) asks for Bash" in shown.getvalue()
