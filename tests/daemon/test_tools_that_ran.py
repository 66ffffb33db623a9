"""Whether a tool that ran is the one that was asked for: tools run beside each other."""

import json

import pytest
from msgspec.structs import replace

from peerd.daemon.asked import Asks
from peerd.model.fact import ToolRan, TurnBegan
from tests.daemon.test_asked import opened, shown

LS = '{"command": "ls"}'
LONG = json.dumps({"file_path": "/x", "content": "line of text\n" * 2000})
BEGINNING = json.dumps(json.loads(LONG), separators=(",", ":"))[:4000]


@pytest.mark.parametrize(
    ("input", "ran", "approved"),
    [
        (LS.replace(" ", ""), ToolRan("run", LS), True),
        ('{"command": "ls", "description": "to look"}', ToolRan("run", LS), True),
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
        (None, ToolRan("run", LS), None),
    ],
    ids=[
        *("it", "described", "on something else", "on more", "on less", "on nothing", "nothing in common", "no object"),
        *("another", "on nobody knows what", "its beginning", "another's", "not known"),
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
