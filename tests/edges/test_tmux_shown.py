"""A key that is pressed only while rows of a screen stand there, each whole and where it stood; on real tmux."""

import string

import pytest

from peerd.edges.tmux.shown import shown
from peerd.errors import PaneChanged
from peerd.model.screen import Screen
from tests.edges.tmux_home import Reader, TmuxHome

pytestmark = pytest.mark.tmux

ASKED = " touch made"


def screen(*lines: str) -> Screen:
    return Screen(lines, 0, 0)


ROWS = ["❯ 1. Yes", "rm -rf '/tmp/x'; echo #{pid} $(a) \\ [b]* {c},: é 漢字", "a  b", string.punctuation, "  ─ │ x │"]


@pytest.mark.parametrize("row", ROWS)
def test_a_key_is_pressed_only_while_its_rows_are_shown(row: str, tmux_home: TmuxHome) -> None:
    reader = Reader(tmux_home, greeting=f"{row}\r\n")
    there = tmux_home.run(reader.pane.capture())

    tmux_home.run(reader.pane.press("y", shows=shown(there, (row,))))
    for others in ((row, "another row"), (row.replace(row[-1], "Z"),), (row[:-1],), (row[1:],)):
        with pytest.raises(PaneChanged, match="nothing was pressed"):
            tmux_home.run(reader.pane.press("n", shows=shown(there, others)))
        with pytest.raises(PaneChanged):
            tmux_home.run(reader.pane.press("n", shows=shown(screen(*others), others)))
    tmux_home.run(reader.pane.press("z"))

    assert reader.got(2) == b"yz"


@pytest.mark.parametrize("by_now", ["  ⎿  $ touch made", " touch made, too", "● other\r\n touch made"])
def test_a_row_of_what_is_over_counts_for_nothing(by_now: str, tmux_home: TmuxHome) -> None:
    reader = Reader(tmux_home, greeting=f"{by_now}\r\n rm -rf x\r\n")

    with pytest.raises(PaneChanged, match="nothing was pressed"):
        tmux_home.run(reader.pane.press("y", shows=shown(screen(ASKED, " rm -rf x"), (ASKED,))))
    tmux_home.run(reader.pane.press("z"))

    assert reader.got(1) == b"z"


def test_what_stands_twice_is_looked_for_where_it_stands_first_and_white_space_at_its_end_is_none_of_it(
    tmux_home: TmuxHome,
) -> None:
    reader = Reader(tmux_home, greeting="Run it?  \r\n\u00a0\r\nRun it?\u00a0\r\n❯ Yes\u00a0\r\n")
    there = tmux_home.run(reader.pane.capture())

    tmux_home.run(reader.pane.press("y", shows=shown(there, ("Run it?", "❯ Yes"))))

    assert reader.got(1) == b"y"


def test_a_whole_screen_of_long_rows_is_looked_for(tmux_home: TmuxHome) -> None:
    rows = [f"{n:02} {string.punctuation * 7}"[:200] for n in range(45)]
    reader = Reader(tmux_home, greeting="".join(f"{row}\r\n" for row in rows))
    there = tmux_home.run(reader.pane.capture())

    tmux_home.run(reader.pane.press("y", shows=shown(there, rows)))

    assert reader.got(1) == b"y"
