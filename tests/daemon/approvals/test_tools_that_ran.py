"""Whether a tool that ran is the one that was asked for: tools run beside each other."""

import json

import pytest
from msgspec.structs import replace

from peerd.daemon.approvals.requests import Asks
from peerd.model.fact import ToolRan, TurnBegan
from tests.daemon.approvals.test_requests import opened, shown

LS, LOOKS = '{"command": "ls"}', '{"command": "ls", "description": "to look"}'
LONG = json.dumps({"file_path": "/x", "content": "line of text\n" * 2000})
BEGINNING = json.dumps(json.loads(LONG), separators=(",", ":"))[:4000]


@pytest.mark.parametrize(
    ("input", "ran", "approved"),
    [
        (LS.replace(" ", ""), ToolRan("run", LS), True),
        (LS, ToolRan("run", '{"command": "ls /"}'), None),
        ('{"command": "ls", "path": "/etc"}', ToolRan("run", LS), None),
        (LS, ToolRan("run", '{"command": "ls", "path": "/etc"}'), None),
        ("{}", ToolRan("run", "{}"), True),
        (LS, ToolRan("run", '{"description": "to look"}'), None),
        (LS, ToolRan("run", "[1]"), None),
        (LS, ToolRan("other", LS), None),
        (LS, ToolRan("run"), None),
        (LONG, ToolRan("run", BEGINNING, cut=True), True),
        (LONG.replace("/x", "/y"), ToolRan("run", BEGINNING, cut=True), None),
        (LONG, ToolRan("run", "{", cut=True), None),
        (LONG, ToolRan("run", BEGINNING[:40], cut=True), None),
        (None, ToolRan("run", LS), None),
    ],
    ids=[
        *("it", "on something else", "on more", "on less", "on nothing", "nothing in common", "no object"),
        *("another", "on nobody knows what", "its beginning", "another's", "on what is not told"),
        *("on what is hardly told", "not known"),
    ],
)
def test_only_the_very_tool_on_the_very_arguments_shows_that_it_was_approved(
    input: str | None, ran: ToolRan, approved: bool | None
):
    asks = Asks()
    asks.opened(replace(opened(asks, shown()), tool="run", input=input), known=True, now=0.0)

    asks.hear(TurnBegan(ran=ran))

    assert asks.after.approved is approved


def test_arguments_of_which_only_the_beginning_is_known_are_compared_by_that():
    asks = Asks()
    asks.opened(replace(opened(asks, shown()), tool="run", input=LONG[:3000], cut=True), known=True, now=0.0)

    asks.hear(TurnBegan(ran=ToolRan("run", LONG)))

    assert asks.after.approved is True


@pytest.mark.parametrize(("tool", "approved"), [("Bash", True), ("mcp__tracker__create_issue", None)])
def test_what_a_command_is_said_to_be_for_is_none_of_it_and_of_another_tool_it_may_be_all_that_differs(
    tool: str, approved: bool | None
):
    asks = Asks()
    asks.opened(replace(opened(asks, shown()), tool=tool, input=LOOKS), known=True, now=0.0)

    asks.hear(TurnBegan(ran=ToolRan(tool, LOOKS.replace("to look", "to see"))))

    assert asks.after.approved is approved


def test_of_one_that_was_asked_for_on_what_is_hardly_told_no_tool_that_ran_is_it():
    asks = Asks()
    asks.opened(replace(opened(asks, shown()), tool="run", input='{"file_path', cut=True), known=True, now=0.0)

    asks.hear(TurnBegan(ran=ToolRan("run", LONG)))

    assert asks.after.approved is None
