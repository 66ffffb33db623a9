"""`peerd approvals`: what is asked for, as a person is told it."""

from typing import Any

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

    assert told.count("  (its hook told this: see that the screen asks for it)\n  its screen:") == 1
