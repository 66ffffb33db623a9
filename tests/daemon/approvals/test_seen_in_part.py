"""A prompt of which only a part is seen is the one that it is a part of, and nobody is said to have answered it."""

import json

import pytest
from msgspec.structs import replace

from peerd.daemon.approvals import answering, keypress, watcher
from peerd.errors import NoEffect
from peerd.model.fact import PromptOpened
from peerd.model.screen import Screen
from peerd_adapters.claude import Claude
from peerd_adapters.codex import Codex
from tests.adapters.panes import pane
from tests.daemon.approvals.test_answering import Scene, edited
from tests.daemon.approvals.watched import Watched

STEPS = [f"step {n}" for n in range(25)]
REQUEST = PromptOpened("", "Bash", json.dumps({"command": "\n".join(STEPS)}))


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watcher, "LOOK_AGAIN_S", 0.002)
    monkeypatch.setattr(watcher, "RESIZED_S", 0.003)
    monkeypatch.setattr(keypress, "LOOK_AGAIN_S", 0.002)
    monkeypatch.setattr(answering, "SEEN_WITHIN_S", 0.3)


def long(*steps: str) -> Screen:
    """Claude's question about a command of these lines."""
    screen = pane("claude/permission")
    at = screen.lines.index(" touch made")
    lines = (*screen.lines[:at], *(f" {step}" for step in steps), *screen.lines[at + 1 :])
    return replace(screen, lines=lines)


def last_rows(screen: Screen, rows: int) -> Screen:
    """As a terminal of so many rows shows it."""
    lines = [line for at, line in enumerate(screen.lines) if line or any(screen.lines[at:])]
    return replace(screen, lines=tuple(lines[-rows:]))


WHOLE = long(*STEPS)
END = last_rows(WHOLE, 24)
OTHER_END = edited(END, ("step 24", "step 99"))


def watched(screen: Screen) -> Watched:
    scene = Watched(screen, adapter=Claude())
    scene.live.asks.hear(REQUEST)
    return scene


def test_the_end_of_it_in_a_smaller_terminal_is_the_same_one():
    scene = watched(WHOLE)
    scene.watched(scene.show(END), scene.show(WHOLE))

    (opened,) = scene.puts
    assert (opened.tool, opened.certain, scene.live.asks.open) == ("Bash", True, opened)


BROKEN = long(*STEPS[:20], "", *STEPS[20:])
"""Its command has a blank line."""


@pytest.mark.parametrize("rows", range(7, 36))
def test_the_end_of_it_from_any_row_on_is_the_same_one(rows: int):
    scene = watched(BROKEN)
    scene.watched(scene.show(last_rows(BROKEN, rows)), scene.show(BROKEN))

    assert (scene.states, scene.live.asks.open) == (["open"], scene.puts[0])


@pytest.mark.parametrize("more", [(" working",), (" working", " still working")], ids=len)
def test_what_shows_no_choices_is_one_however_much_is_drawn_at_its_end(more: tuple[str, ...]):
    """It is told by how it begins."""
    at = WHOLE.lines.index(" Do you want to proceed?")
    scene = watched(replace(WHOLE, lines=WHOLE.lines[: at + 1]))
    scene.watched(scene.show(replace(WHOLE, lines=(*WHOLE.lines[: at + 1], *more))))

    assert scene.states == ["open"]


CODEX = pane("codex/permission")
AT = CODEX.lines.index("  3. No, and tell Codex what to do differently (esc)")
SECOND = CODEX.lines[AT - 1]


@pytest.mark.parametrize("second", [SECOND, SECOND[:40]], ids=["whole", "cut"])
def test_one_of_which_the_last_choices_have_no_room_is_the_same_one(second: str):
    """As Codex draws it in a smaller terminal."""
    scene = Watched(CODEX, adapter=Codex())
    scene.watched(scene.show(replace(CODEX, lines=(*CODEX.lines[: AT - 1], second, *CODEX.lines[AT + 1 :]))))

    assert scene.states == ["open"]


@pytest.mark.parametrize(("command", "states"), [("touch /tmp", ["open"]), ("touch /var", ["open", "gone", "open"])])
def test_one_whose_question_has_no_room_is_the_same_one_where_it_begins_the_same(command: str, states: list[str]):
    scene = Watched(CODEX, adapter=Codex())
    begun = edited(CODEX, ("$ touch /tmp/made", f"$ {command}\n  [… 2 lines] ^a view all"))
    scene.watched(scene.show(replace(begun, lines=tuple("\n".join(begun.lines).split("\n")))))

    assert scene.states == states


def test_one_that_asks_otherwise_over_the_same_first_choices_is_another_one():
    scene = Watched(CODEX, adapter=Codex())
    other = edited(CODEX, ("$ touch /tmp/made", "$ touch /tmp/more"))
    scene.watched(scene.show(replace(other, lines=(*other.lines[:AT], *other.lines[AT + 1 :]))))

    assert scene.states == ["open", "gone", "open"]


def test_while_its_terminal_takes_another_size_nothing_is_said_of_it(monkeypatch: pytest.MonkeyPatch):
    """What is drawn again is torn for a while."""
    monkeypatch.setattr(watcher, "RESIZED_S", 60.0)
    scene = watched(WHOLE)
    scene.watched(scene.show(OTHER_END))

    assert scene.states == ["open"]


def test_what_is_the_end_of_another_one_is_another_one():
    scene = watched(WHOLE)
    scene.watched(scene.show(OTHER_END))

    assert scene.states == ["open", "gone", "open"]


def test_what_ends_as_it_did_under_what_was_done_before_is_another_one():
    """Nothing has gone off the top."""
    scene = watched(WHOLE)
    scene.watched(scene.show(long("step 24")))

    assert scene.states == ["open", "gone", "open"]


def test_of_what_was_seen_in_part_the_whole_has_an_id_of_its_own_and_all_that_was_heard_of_it():
    scene = watched(END)
    scene.watched(scene.show(WHOLE))

    part, gone, whole = scene.puts
    assert (part.certain, gone.id, gone.state.value) == (False, part.id, "gone")
    assert gone.evidence == "more of the same prompt is seen by now, under an id of its own"
    assert (whole.tool, whole.input, whole.certain) == ("Bash", REQUEST.input, True)


def test_of_which_only_the_end_is_seen_no_key_is_pressed():
    scene = Scene(WHOLE, Claude(), _1=[pane("claude/busy")])
    scene.show(END)()

    assert scene.refused() == (
        "only the end of a-1 is seen: the terminal of ada is too small for it just now. No key was pressed."
    )


def test_a_terminal_that_shrinks_after_a_key_that_was_overlooked_shows_no_next_one():
    scene = Scene(WHOLE, Claude(), _1=[END])

    with pytest.raises(NoEffect):
        scene.answered()
    assert scene.terminal.pressed == ["1"]
