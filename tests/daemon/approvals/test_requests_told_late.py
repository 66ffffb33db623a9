"""A prompt that is drawn before its hook's word is heard is one, and told as that word says once it is heard."""

import asyncio

import pytest

from peerd.daemon.approvals import answering, watcher
from peerd.model.fact import PromptOpened, TurnBegan
from peerd.model.rule import Rule
from tests.daemon.approvals.test_answering import ASKS, BUSY, RM
from tests.daemon.approvals.watched import Watched

OTHER_TOOLS = PromptOpened("", "Edit", '{"file_path": "/p/a.py"}')
HIDDEN = PromptOpened("", "run", '{"command": "rm", "beyond": "what is seen"}')


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watcher, "LOOK_AGAIN_S", 0.002)
    monkeypatch.setattr(answering, "SEEN_WITHIN_S", 0.3)


def test_it_keeps_its_id_and_has_the_tool_and_arguments_that_are_told_late():
    scene = Watched(ASKS)
    scene.watched(lambda: scene.live.asks.hear(RM), lambda: scene.live.asks.hear(TurnBegan()))

    drawn, told = scene.puts
    assert (drawn.tool, told.id, told.tool, told.input, told.certain) == (None, drawn.id, "run", RM.input, False)
    assert scene.live.asks.open == told


def test_what_another_tool_asks_for_meanwhile_is_not_what_it_waits_for():
    scene = Watched(ASKS)
    scene.watched(lambda: scene.live.asks.hear(OTHER_TOOLS), lambda: scene.live.asks.hear(RM))

    assert [(each.state.value, each.tool) for each in scene.puts] == [("open", None), ("open", "run")]


def test_a_second_one_that_is_heard_after_it_may_stand_there():
    scene = Watched(ASKS)
    scene.watched(lambda: scene.live.asks.hear(RM), lambda: scene.live.asks.hear(HIDDEN))

    assert scene.states == ["open", "open", "gone", "open"]


def test_of_two_that_are_heard_late_nobody_knows_which_it_is():
    scene = Watched(ASKS)

    def both() -> None:
        scene.live.asks.hear(RM)
        scene.live.asks.hear(HIDDEN)

    scene.watched(both)

    assert [(each.state.value, each.tool) for each in scene.puts] == [("open", None), ("gone", None), ("open", None)]


def test_what_is_heard_once_anything_was_answered_may_be_another():
    scene = Watched(ASKS)
    scene.watched(lambda: scene.live.asks.hear(TurnBegan()), lambda: scene.live.asks.hear(RM))

    assert scene.states == ["open", "gone", "open"]


def test_one_whose_word_is_heard_after_the_key_was_pressed_is_approved():
    scene = Watched(ASKS)
    scene.watched()
    scene.terminal.then = {"1": [ASKS, ASKS, BUSY]}
    scene.terminal.at_key = {1: lambda: scene.live.asks.hear(RM)}

    done = asyncio.run(answering.answer(scene.daemon, scene.live, scene.puts[0].id, "approve", "me"))

    assert done.state.value == "approved"


def test_no_rule_answers_what_is_told_late():
    scene = Watched(ASKS, rules=(Rule(tool="run", answer="approve"),))
    scene.watched(lambda: scene.live.asks.hear(RM), looks=20)

    assert scene.terminal.pressed == []
