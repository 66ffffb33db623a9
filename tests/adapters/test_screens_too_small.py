"""What agents show in a terminal that has no room for it."""

from msgspec.structs import replace

from peerd_adapters.claude import Claude
from tests.adapters.panes import pane


def test_a_no_stands_above_the_word_of_claude_that_there_are_more_lines():
    """Which it draws where its terminal has no room for the prompt. Captured at 80x24, 2.1.330."""
    whole = pane("claude/permission")
    at = whole.lines.index("   4. No")
    prompt = Claude().prompt(replace(whole, lines=(*whole.lines[: at + 1], " ↑ 5 more lines", *whole.lines[at + 1 :])))

    assert prompt is not None
    assert prompt.options[-1].label == "No"
    assert prompt.chosen("deny") == 3
