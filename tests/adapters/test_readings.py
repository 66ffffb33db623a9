"""What the adapters read off a screen, on screens captured from the real runtimes."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peerd.adapter import Reading
from peerd.model.message import MessageId
from peerd.model.peer import Activity
from peerd.model.screen import Screen
from peerd_adapters.actor import Actor
from peerd_adapters.shell import CUT, Shell
from tests.adapters.panes import PANES, cut, pane
from tests.build import message

ADAPTERS = Path(__file__).parents[2] / "adapters" / "peerd_adapters"


def idle(composer: str = "") -> Reading:
    return Reading(Activity.IDLE, composer=composer, rests=True)


UNKNOWN = Reading(Activity.UNKNOWN)
BUSY = Reading(Activity.BUSY)

ACTOR = {
    "answered": idle(),
    "booting": UNKNOWN,
    "busy": Reading(Activity.BUSY, composer=""),
    "draft": idle("half a tho"),
    "idle": idle(),
    "look-alike": idle(),
    "pasted": idle("[pasted 61 bytes, id m-1]"),
    "pasted-twice": idle("[pasted 61 bytes, id m-1][pasted 61 bytes, id m-2]"),
    "permission": Reading(Activity.BLOCKED, dialog="Allow running rm?", prompt=True),
    "question": Reading(Activity.BLOCKED, dialog="Do you trust the files in this folder?"),
    "queued": Reading(Activity.BUSY, composer="d"),
    "spinner": idle(),
    "wrapped": idle(("wide 漢字 " * 40).rstrip()),
}
SHELL = {
    "background": BUSY,
    "booting": UNKNOWN,
    "busy": BUSY,
    "draft": idle("ls -l"),
    "idle": idle(),
    "in-a-folder": idle(),
    "nested": BUSY,
    "ran": idle(),
    "ran-and-more": idle(),
    "ran-long": idle(),
    "reading": BUSY,
    "search": BUSY,
    "talking-of-a-prompt": BUSY,
    "unfinished": BUSY,
    "vim": BUSY,
}
SCREENS = st.builds(
    Screen,
    st.lists(st.text(st.characters(codec="utf-8") | st.sampled_from("❯─╭│╰ "), max_size=30).map(str.rstrip)).map(tuple),
    st.integers(0, 219),
    st.integers(0, 49),
)


def test_every_captured_pane_is_read_by_a_test() -> None:
    named = {f"actor/{state}" for state in ACTOR} | {f"shell/{state}" for state in SHELL}

    assert {str(path.relative_to(PANES).with_suffix("")) for path in PANES.glob("[as]*/*.txt")} == named


@pytest.mark.parametrize("state", ACTOR)
def test_an_actor_is_read_as(state: str) -> None:
    assert Actor().read(pane(f"actor/{state}")) == ACTOR[state]


@pytest.mark.parametrize("state", SHELL)
def test_a_shell_is_read_as(state: str) -> None:
    assert Shell().read(pane(f"shell/{state}")) == SHELL[state]


@pytest.mark.parametrize("state", [state for state in ACTOR if state != "booting"])
def test_an_actor_that_is_half_drawn_is_never_read_as_idle(state: str) -> None:
    whole = pane(f"actor/{state}")
    drawn = max(row for row, line in enumerate(whole.lines) if line)

    assert {Actor().read(cut(whole, rows)).activity for rows in range(drawn + 1)} == {Activity.UNKNOWN}


def test_an_actor_with_something_under_its_composer_is_unknown() -> None:
    drawn = pane("actor/idle")
    row = drawn.lines.index("  idle")

    assert Actor().read(Screen((*drawn.lines[:row], "a menu", *drawn.lines[row:]), 2, drawn.cursor_y)) == UNKNOWN


def test_an_actor_whose_cursor_is_elsewhere_is_unknown() -> None:
    drawn = pane("actor/idle")

    assert Actor().read(Screen(drawn.lines, 0, drawn.cursor_y + 2)) == UNKNOWN


@given(SCREENS)
def test_any_screen_can_be_read(screen: Screen) -> None:
    assert Actor().read(screen).prompt is False
    assert Shell().read(screen).dialog is None


def test_last_words_are_what_stands_between_the_header_and_the_prompt() -> None:
    assert Shell().last_words(pane("shell/ran"), message(id=MessageId("m-1"))) == "1\n2\n3\nend"


def test_last_words_wait_for_the_prompt() -> None:
    ran = pane("shell/ran")
    drawn = max(row for row, line in enumerate(ran.lines) if line)

    assert Shell().last_words(cut(ran, drawn), message(id=MessageId("m-1"))) is None
    assert Shell().last_words(pane("shell/busy"), message()) is None


def test_last_words_of_much_output_are_what_is_left_of_it() -> None:
    words = Shell().last_words(pane("shell/ran-long"), message(id=MessageId("m-2")))

    assert words == "\n".join((CUT, *map(str, range(52, 101))))


def test_last_words_are_not_those_of_another_command() -> None:
    assert Shell().last_words(pane("shell/ran-and-more"), message(id=MessageId("m-2"))) is None


def test_last_words_are_at_most_64_kibibytes_of_whole_lines() -> None:
    lines = ("# m-1 from operator", *("é" * 200 for _ in range(400)), "ada:~ ❯")

    words = Shell().last_words(Screen(lines, 8, 401), message())

    assert words is not None
    first, *rest = words.split("\n")
    assert first == CUT
    assert set(rest) == {"é" * 200}
    assert 65_000 < len("\n".join(rest).encode()) <= 65_536


def test_an_actor_has_its_last_words_in_its_journal() -> None:
    assert Actor().last_words(pane("actor/answered"), message()) is None


def test_a_pattern_cites_fixtures_that_there_are():
    """`fixtures/panes/RUNTIME: NAME, ...; and what is none: NAME, ...`, under the patterns they prove."""
    cited = [
        f"{runtime}/{name}"
        for path in sorted(ADAPTERS.glob("*.py"))
        for runtime, names in re.findall(r"fixtures/panes/([\w./-]+): ([^\"]*?)\.\"\"\"", path.read_text())
        for name in re.split(r",\s|; and what is none:\s", names)
    ]

    assert len(cited) > 10
    assert [each for each in cited if not (PANES / f"{each}.txt").exists()] == []
