"""What size a session has: wide where nobody looks, and that of whoever is attached."""

import os

import pytest

from tests.edges.tmux_home import TmuxHome, human
from tests.eventually import eventually

pytestmark = pytest.mark.tmux
SIZE = ("display-message", "-p", "-t", "%0", "#{window_width}x#{window_height} #{pane_width}x#{pane_height}")


def test_a_person_leaves_the_size_as_it_was(tmux_home: TmuxHome) -> None:
    tmux_home.start("sleep", "1000")

    with human(tmux_home) as typing:
        eventually(lambda: tmux_home.tmux("list-clients", "-F", "#{client_width}x#{client_height}") == "100x30")
        tmux_home.tmux("set-option", "-g", "assume-paste-time", "0")
        os.write(typing, b"\x02%")
        tmux_home.tmux("resize-window", "-t", "%0", "-x", "90", "-y", "20")
        os.write(typing, b"\x02d")
        eventually(lambda: tmux_home.tmux("list-clients") == "")

    eventually(lambda: tmux_home.tmux(*SIZE) == "220x50 220x50")
    assert tmux_home.tmux("list-panes", "-a", "-F", "#{pane_id}") == "%0"


@pytest.mark.parametrize(
    ("columns", "rows", "fits"),
    [(100, 30, "100x30"), (80, 24, "80x24"), (50, 15, "80x24"), (120, 10, "120x24"), (250, 60, "250x60")],
)
def test_a_person_sees_all_of_it(tmux_home: TmuxHome, columns: int, rows: int, fits: str) -> None:
    """But where a runtime's own input line would have no room: there tmux shows a part."""
    tmux_home.start("sleep", "1000")

    with human(tmux_home, columns=columns, rows=rows):
        eventually(lambda: tmux_home.tmux(*SIZE) == f"{fits} {fits}")


def test_of_two_persons_the_larger_terminal_counts_and_who_is_left_sees_all_of_it(tmux_home: TmuxHome) -> None:
    tmux_home.start("sleep", "1000")

    with human(tmux_home, columns=90, rows=25):
        with human(tmux_home, columns=150, rows=40):
            eventually(lambda: tmux_home.tmux(*SIZE) == "150x40 150x40")
        eventually(lambda: tmux_home.tmux(*SIZE) == "90x25 90x25")
