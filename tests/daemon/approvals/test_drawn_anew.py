"""A prompt that is drawn anew after a key, larger or in other words, is no other one unless another was asked for."""

import json
from collections.abc import Callable

import pytest
from msgspec.structs import replace

from peerd.daemon.approvals import answering, keypress, watcher
from peerd.errors import NoEffect
from peerd.model.approval import ApprovalState
from peerd.model.fact import PromptOpened
from peerd.model.screen import Screen
from peerd_adapters.actor import Actor
from peerd_adapters.claude import Claude
from tests.adapters.panes import pane
from tests.daemon.approvals.test_answering import OTHER, Scene
from tests.daemon.approvals.test_seen_in_part import END, REQUEST, STEPS, WHOLE, last_rows, watched

PROMPT = pane("claude/permission")
TOUCH = PromptOpened("", "Bash", json.dumps({"command": "touch made"}))
LISTS = PromptOpened("", "Bash", json.dumps({"command": "ls"}))
HALF = replace(PROMPT, lines=tuple("" if line.startswith("   4. No") else line for line in PROMPT.lines))
STRANGE = "'Yes' was chosen; the screen shows something else, and nothing tells that another was asked for"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watcher, "LOOK_AGAIN_S", 0.002)
    monkeypatch.setattr(watcher, "RESIZED_S", 0.003)
    monkeypatch.setattr(keypress, "LOOK_AGAIN_S", 0.002)
    monkeypatch.setattr(answering, "SEEN_WITHIN_S", 0.3)


class Drawn(Scene):
    """Claude's prompt, of which this was heard, and what its key leads to."""

    def __init__(self, screen: Screen, heard: PromptOpened, *then: Screen) -> None:
        super().__init__(screen, Claude(), _1=list(then))
        self.live.asks.heard = ()
        self.live.asks.hear(heard)
        self.stands = replace(self.stands, tool=heard.tool, input=heard.input)
        self.live.asks.open = self.stands
        self.live.asks.opened(self.stands, known=True, now=0.0)


def explained(screen: Screen) -> Screen:
    """Whoever sits there had Claude explain it."""
    at = next(n for n, line in enumerate(screen.lines) if "Do you want" in line)
    lines = (*screen.lines[:at], " It makes a file, at a low risk.", "", *screen.lines[at:])
    return replace(screen, lines=lines[:50])


SAME: dict[str, Callable[[], Drawn]] = {
    "the whole of it": lambda: Drawn(END, REQUEST, WHOLE),
    "more of its end": lambda: Drawn(END, REQUEST, last_rows(WHOLE, 30)),
    "its last choice": lambda: Drawn(HALF, TOUCH, PROMPT),
    "explained": lambda: Drawn(PROMPT, TOUCH, explained(PROMPT)),
}


@pytest.mark.parametrize("drawn", SAME)
def test_it_stands_there_as_before_and_is_not_said_to_be_approved(drawn: str):
    scene = SAME[drawn]()

    with pytest.raises(NoEffect):
        scene.answered()
    assert scene.record.states == [("answering", 0), ("open", 1)]


def test_what_looks_otherwise_and_was_not_heard_of_tells_nothing():
    scene = Scene(pane("actor/permission"), Actor(), _1=[OTHER])

    done = scene.answered()

    assert (done.state.value, done.evidence) == ("unknown", STRANGE)


@pytest.mark.parametrize("when", ["before", "since"])
def test_what_was_asked_for_is_the_next_one_though_it_is_heard_after_it_is_seen(when: str):
    scene = Scene(pane("actor/permission"), Actor(), _1=[OTHER])
    asks = PromptOpened("", "run", json.dumps({"command": "ls"}))
    if when == "before":
        scene.live.asks.hear(asks)
    scene.terminal.at_look[5] = lambda: scene.live.asks.hear(asks) if when == "since" else None

    assert scene.answered().evidence.endswith("the next one was there")


def test_more_of_what_may_be_another_tells_nothing():
    """It was asked for since, and ends alike."""
    scene = Drawn(END, REQUEST, last_rows(WHOLE, 30))
    ends_so = PromptOpened("", "Bash", json.dumps({"command": "\n".join(("rm -rf x", *STEPS))}))
    scene.terminal.at_look[5] = lambda: scene.live.asks.hear(ends_so)

    assert scene.answered().state.value == "unknown"


def test_what_shows_all_of_it_is_not_another_that_it_does_not_show():
    scene = Drawn(PROMPT, TOUCH, explained(PROMPT))
    scene.live.asks.hear(LISTS)

    with pytest.raises(NoEffect):
        scene.answered()


@pytest.mark.parametrize("by", [None, "rule 1"])
def test_what_is_drawn_larger_keeps_all_that_was_heard_of_it_though_a_key_of_ours_was_overlooked(by: str | None):
    scene = watched(END)

    def answered() -> None:
        assert scene.live.asks.open is not None
        scene.live.asks.open = replace(scene.live.asks.open, by=by, answer="approve" if by else None)

    scene.watched(answered, scene.show(WHOLE))

    part, gone, whole = scene.puts
    assert (gone.id, gone.state, gone.evidence.endswith("had no effect")) == (part.id, ApprovalState.GONE, bool(by))
    assert (whole.tool, whole.input, whole.certain) == ("Bash", REQUEST.input, True)


def test_so_does_what_is_explained():
    scene = watched(PROMPT)
    scene.live.asks.heard = ()
    scene.live.asks.hear(TOUCH)
    scene.watched(scene.show(explained(PROMPT)))

    plain, gone, explains = scene.puts
    assert (gone.id, gone.evidence) == (plain.id, "it looks different by now, and has a new id")
    assert (explains.tool, explains.certain) == ("Bash", True)
