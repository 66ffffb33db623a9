"""What became of a key that was pressed at a permission prompt is said by what tells it, and of nothing else."""

import json
from types import SimpleNamespace
from typing import Any

import pytest

from peerd.daemon.approvals import aftermath, answering
from peerd.daemon.approvals.outcome import SEVERAL
from peerd.errors import NoEffect
from peerd.model.approval import Answer
from peerd.model.fact import Fact, PromptClosed, PromptOpened, ToolRan, TurnBegan, TurnClosed, TurnEnded
from peerd.model.screen import Screen
from peerd_adapters.actor import Actor
from tests.build import ADA
from tests.daemon.approvals.test_answering import ASKS, BUSY, IDLE, OTHER, RM, Scene
from tests.daemon.approvals.watched import BLANK


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> Scene:
    monkeypatch.setattr(answering, "SEEN_WITHIN_S", 0.3)
    return Scene(ASKS, Actor(), _1=[BUSY], _2=[IDLE])


def test_what_was_denied_is_back_at_its_input_line(scene: Scene):
    assert scene.answered("deny").state.value == "denied"
    assert scene.terminal.pressed == ["2"]


def test_an_input_line_is_no_evidence_that_something_was_approved(scene: Scene):
    scene.terminal.then = {"1": [IDLE]}

    assert scene.answered().state.value == "unknown"


LS = PromptOpened("", "run", json.dumps({"command": "ls"}))
RAN = TurnBegan(ran=ToolRan("run", RM.input))
BESIDE = TurnBegan(ran=ToolRan("Read", '{"file_path": "/x"}'))
APPROVES = "its hook told that it was approved"
IS_OVER = "its turn was over; nothing tells what became of it"
TOLD: dict[str, tuple[Answer, tuple[Fact, ...], tuple[str, str]]] = {
    "a tool ran": ("approve", (RAN, TurnClosed(None)), ("approved", APPROVES)),
    "approved": ("approve", (PromptClosed(approved=True), TurnEnded()), ("approved", APPROVES)),
    "refused": ("approve", (PromptClosed(approved=False),), ("unknown", "its hook told that it was refused")),
    "another tool ran": ("approve", (PromptClosed(approved=False), RAN), ("unknown", "refused")),
    "over": ("approve", (PromptClosed(), TurnClosed(None)), ("unknown", IS_OVER)),
    "broken off": ("approve", (TurnClosed(None, 130), RAN), ("unknown", IS_OVER)),
    "somebody began anew": ("approve", (TurnBegan("t-2"),), ("unknown", IS_OVER)),
    "answered, nobody says how": ("approve", (PromptClosed(),), ("unknown", "nothing tells what became of it")),
    "refused, as we did": ("deny", (PromptClosed(approved=False),), ("denied", "its hook told that it was refused")),
    "answered, and at its input line": ("deny", (PromptClosed(),), ("denied", "it was at its input line")),
    "denied, and over": ("deny", (TurnClosed(None),), ("denied", "its turn was over")),
    "another tool ran beside it": ("approve", (BESIDE, TurnClosed(None)), ("unknown", IS_OVER)),
    "denied, and another tool ran beside it": ("deny", (BESIDE, TurnClosed(None)), ("denied", "its turn was over")),
    "nobody says which tool": ("approve", (TurnBegan(ran=ToolRan()), TurnClosed(None)), ("unknown", IS_OVER)),
    "approved at the pane": ("deny", (RAN,), ("unknown", APPROVES)),
}
"""What is told once the key was pressed, and what is said then."""


@pytest.mark.parametrize("what", TOLD)
def test_only_what_a_hook_tells_of_a_tool_that_runs_shows_that_it_was_approved(scene: Scene, what: str):
    said, facts, (state, evidence) = TOLD[what]
    scene.terminal.then = {"1": [IDLE], "2": [IDLE]}

    def told() -> None:
        for fact in facts:
            scene.live.asks.hear(fact)

    scene.terminal.at_look[3] = told

    done = scene.answered(said)

    assert (done.state.value, done.evidence.endswith(evidence)) == (state, True), done.evidence


def test_a_turn_that_we_broke_off_meanwhile_approves_nothing_by_what_is_seen_then(scene: Scene):
    scene.terminal.at_look[3] = scene.live.asks.broken_off

    assert scene.answered().evidence.endswith(IS_OVER)


def test_what_is_at_work_after_its_turn_was_seen_to_be_broken_off_is_at_something_else(scene: Scene):
    """Somebody refused at the pane, and the next message was given."""
    scene.terminal.then = {"1": [IDLE, IDLE, BUSY]}
    loop = SimpleNamespace(peers={ADA: SimpleNamespace(turn=None)}, feed=lambda event: None)
    daemon: Any = SimpleNamespace(loop=loop)
    scene.terminal.at_look[5] = lambda: aftermath.tell_broken_off(daemon, scene.live)

    assert scene.answered().evidence.endswith(IS_OVER)


def test_what_is_told_before_the_screen_shows_it_counts_before_the_screen(scene: Scene):
    def is_written() -> None:
        scene.record.poll = lambda session: scene.live.asks.hear(PromptClosed(approved=False))

    scene.terminal.at_look[4] = is_written

    assert scene.answered().evidence.endswith("its hook told that it was refused")


def test_the_next_prompt_is(scene: Scene):
    scene.live.asks.hear(LS)
    scene.terminal.then = {"1": [OTHER]}

    assert scene.answered().evidence.endswith("the next one was there")


def test_the_same_that_is_asked_again_is_the_next(scene: Scene):
    scene.terminal.then = {"1": [ASKS]}

    def asked_again() -> None:
        scene.live.asks.hear(PromptClosed())
        scene.live.asks.hear(RM)

    scene.terminal.at_look[3] = asked_again

    assert scene.answered().state.value == "approved"
    assert scene.terminal.pressed == ["1"]


def test_a_screen_that_flickers_is_no_evidence_and_the_prompt_stands(scene: Scene):
    scene.terminal.then = {"1": [ASKS, BUSY, ASKS]}

    with pytest.raises(NoEffect):
        scene.answered()
    assert scene.record.states == [("answering", 0), ("open", 1)]
    assert scene.live.asks.open is not None


def test_what_stands_there_after_it_was_gone_is_another_one_though_it_looks_the_same(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(answering, "SEEN_WITHIN_S", 30.0)  # it is not waited for
    scene.terminal.then = {"1": [BLANK, BLANK, BLANK, ASKS]}

    done = scene.answered()

    assert done.state.value == "unknown"
    assert done.evidence.endswith("one that looks the same was there; nothing tells what became of it")
    assert scene.live.asks.open is None


@pytest.mark.parametrize("then", [BUSY, OTHER], ids=["at work", "the next one"])
def test_what_goes_on_was_not_denied_where_a_refusal_ends_the_turn(scene: Scene, then: Screen):
    """Our key was overlooked, and it was approved at the pane."""
    scene.live.asks.hear(LS)
    scene.terminal.then = {"2": [ASKS, ASKS, then]}

    done = scene.answered("deny")

    assert (done.state.value, done.evidence) == (
        "unknown",
        "'No' was chosen, and the prompt is gone; nothing tells what became of it",
    )


@pytest.mark.parametrize(("then", "shows"), [(BUSY, "it was at work"), (OTHER, "the next one was there")])
def test_what_goes_on_was_denied_where_its_runtime_works_on_after_a_refusal(scene: Scene, then: Screen, shows: str):
    scene.live.asks.hear(LS)
    scene.live.adapter.goes_on_refused = True
    scene.terminal.then = {"2": [then]}

    done = scene.answered("deny")

    assert (done.state.value, done.evidence.endswith(shows)) == ("denied", True)


def test_an_input_line_that_is_seen_for_a_moment_shows_no_denial(scene: Scene):
    """As a tool begins that was approved at the pane."""
    scene.terminal.then = {"2": [ASKS, BLANK, IDLE, BUSY]}

    assert scene.answered("deny").state.value == "unknown"


@pytest.mark.parametrize(("said", "facts"), [("deny", ()), ("approve", (RAN,))], ids=["denied", "approved"])
def test_of_two_that_look_the_same_nobody_knows_which_was_answered(scene: Scene, said: Answer, facts: tuple[Fact, ...]):
    """The first may have been answered at the pane, and the second stood there at once: no hook tells of that."""
    scene.live.asks.hear(RM)

    def told() -> None:
        for fact in facts:
            scene.live.asks.hear(fact)

    scene.terminal.at_look[3] = told

    done = scene.answered(said)

    assert (done.state.value, done.evidence.endswith(SEVERAL)) == ("unknown", True)


def test_that_another_was_asked_for_which_looks_the_same_shows_not_that_the_key_was_heeded(scene: Scene):
    scene.terminal.then = {"1": [ASKS]}
    more = PromptOpened("", "run", json.dumps({"command": "rm", "beyond": "what is seen"}))
    scene.terminal.at_look[4] = lambda: scene.live.asks.hear(more)

    done = scene.answered()

    assert (done.state.value, done.evidence) == (
        "unknown",
        "'Yes' was chosen; what stands there may be it, or another that was asked for since",
    )
