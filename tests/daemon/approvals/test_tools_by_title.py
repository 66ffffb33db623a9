"""A prompt for an MCP tool that has a title shows the title: its hook tells the tool's name."""

import json

import pytest

from peerd.adapter import Option, Prompt
from peerd.model.fact import PromptOpened, TurnBegan
from tests.daemon.approvals.test_requests import asked, opened, request

CHOICES = (Option("Yes", "1", "approve"), Option("No", "2", "deny"))
GO = request({"url": "https://example.com/a"}, "mcp__web__browser_navigate")
CLICK = request({"element": "the Buy button"}, "mcp__web__browser_click")


def titled(title: str, said: str) -> Prompt:
    return Prompt(f"Tool use\nweb — {title} Tool: (MCP)\n{said}", CHOICES, 0, tool=f"mcp__web__{title}")


GOING = titled("Navigate to a URL", 'url: "https://example.com/a"')
CLICKING = titled("Click", 'element: "the Buy button"')


def test_a_person_is_told_which_tool_asks_and_its_arguments():
    asks = asked(GO)

    assert asks.found(GOING).request == GO


def test_so_it_is_of_the_next_tool_in_the_same_turn():
    asks = asked(GO)
    asks.closed(opened(asks, GOING))
    asks.hear(TurnBegan())
    asks.hear(CLICK)

    assert (asks.found(CLICKING).request, asks.found(CLICKING).certain) == (CLICK, False)


def test_so_it_is_where_the_hook_is_heard_after_the_prompt_is_drawn():
    asks = asked()
    stands = opened(asks, GOING)
    asks.hear(GO)

    late = asks.told_late(stands, GOING)
    assert late is not None
    assert late.request == GO


def test_of_two_tools_of_one_server_the_one_whose_arguments_are_shown_is_told():
    assert asked(GO, CLICK).found(CLICKING).request == CLICK


def test_what_else_asks_beside_it_leaves_no_doubt_of_a_tool_without_arguments():
    own = request({}, "mcp__web__browser_close")
    closing = titled("Close browser", "")
    asks = asked(own)
    stands = opened(asks, closing)
    asks.hear(request({"command": "ls"}))

    assert not asks.followed(stands, closing)


@pytest.mark.parametrize("tool", ["mcp__mail__browser_navigate", "Bash", "mcp__web", "web__browser_navigate"])
def test_a_tool_of_another_server_is_not_told(tool: str):
    other = PromptOpened("", tool, json.dumps({"url": "https://example.com/a"}))

    assert asked(other).found(GOING).request is None
