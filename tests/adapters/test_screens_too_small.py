"""What Claude shows of a prompt that has no room, and of none at all."""

from msgspec.structs import replace

from peerd.model.screen import Screen
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


def test_a_question_in_what_was_said_is_no_permission():
    """As ctrl+o shows it, under the input line's rule the view's own line."""
    rule, view = (
        "\u2500" * 80,
        "  working \u00b7 Showing detailed transcript \u00b7 ctrl+o to toggle \u00b7 ctrl+e to show all",
    )
    lines = ("\u25cf Done.", "  Do you want to go on with the rest?", "", rule, view)
    reading = Claude().read(Screen((*lines, *[""] * 45), 0, 4))

    assert (reading.prompt, reading.composer) == (False, None)
