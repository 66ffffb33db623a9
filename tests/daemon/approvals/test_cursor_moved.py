"""Where choices have no key of their own the cursor is moved, and seen where it is to be before the Enter."""

import pytest
from msgspec.structs import replace

from peerd.daemon.approvals import keypress
from peerd.errors import TmuxError
from peerd.model.approval import Answer
from peerd.model.screen import Screen
from peerd_adapters.claude import Claude
from tests.adapters.panes import pane
from tests.daemon.approvals.test_answering import Scene, edited

ROWS = (("❯ 1. Yes", "{}No"), ("  2. Yes, and always allow access to /tmp/project from this project", "{}Yes"))


def by_cursor(at: int) -> Screen:
    """Claude's, as it shows it where the default is no."""
    marks = ["❯ " if nth == at else "  " for nth in range(2)]
    rows = tuple((old, new.format(mark)) for (old, new), mark in zip(ROWS, marks, strict=True))
    screen = edited(pane("claude/permission"), *rows)
    return replace(screen, lines=tuple(line for line in screen.lines if not line.startswith(("   3.", "   4."))))


DONE = pane("claude/busy")


@pytest.mark.parametrize(("said", "at", "keys"), [("approve", 0, ["Down", "Enter"]), ("deny", 1, ["Up", "Enter"])])
def test_the_cursor_is_moved_to_the_choice_and_then_it_is_chosen(said: Answer, at: int, keys: list[str]):
    scene = Scene(by_cursor(at), Claude(), Down=[by_cursor(0), by_cursor(1)], Up=[by_cursor(0)], Enter=[DONE])

    assert scene.answered(said).answer == said
    assert scene.terminal.pressed == keys


def unmarked(at: int) -> Screen:
    return edited(by_cursor(at), ("❯ ", "  "))


def test_a_screen_that_is_half_drawn_as_the_cursor_moves_is_looked_at_again():
    half = [unmarked(0), pane("claude/busy"), unmarked(1), by_cursor(1)]
    scene = Scene(by_cursor(0), Claude(), Down=half, Enter=[DONE])

    assert scene.answered().state.value == "approved"
    assert scene.terminal.pressed == ["Down", "Enter"]


def test_one_that_stays_so_is_said_to_be_as_it_is(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(keypress, "MOVED_WITHIN_S", 0.2)
    scene = Scene(by_cursor(0), Claude(), Down=[DONE])

    assert scene.refused().endswith(
        "is no longer on the screen of ada. A key was pressed to move the cursor; no choice was made."
    )
    assert scene.terminal.pressed == ["Down"]


def test_a_terminal_that_does_not_answer_as_the_cursor_moves_has_no_choice_made():
    def hangs() -> None:
        raise TmuxError("display-message", "no answer")

    scene = Scene(by_cursor(0), Claude(), Down=[by_cursor(1)])
    for look in range(3, 100):
        scene.terminal.at_look[look] = hangs

    assert scene.refused().endswith("A key was pressed to move the cursor; no choice was made.")


def test_one_that_stands_with_its_cursor_elsewhere_after_the_enter_is_another_one():
    scene = Scene(by_cursor(0), Claude(), Down=[by_cursor(1)], Enter=[by_cursor(0)])

    assert scene.answered().evidence.endswith("one that looks the same was there; nothing tells what became of it")


def test_a_cursor_that_moves_on_by_itself_is_seen_by_tmux_before_the_enter():
    scene = Scene(by_cursor(0), Claude(), Down=[by_cursor(1)], Enter=[DONE])
    scene.terminal.at_key[2] = scene.show(by_cursor(0))

    said = scene.refused()

    assert said == (
        "somebody is moving the cursor at ada; try again. A key was pressed to move the cursor; no choice was made."
    )
    assert scene.terminal.pressed == ["Down"]
