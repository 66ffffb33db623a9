"""A prompt that was away from the screen, and is back: the same one, or asked once more."""

import asyncio

import pytest

from peerd.daemon.approvals import answering, watcher
from peerd.model.approval import Approval
from peerd.model.fact import PromptOpened, ToolRan, TurnBegan
from tests.daemon.approvals.test_answering import ASKS, BUSY, RM
from tests.daemon.approvals.watched import BLANK, Watched


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watcher, "LOOK_AGAIN_S", 0.002)
    monkeypatch.setattr(answering, "SEEN_WITHIN_S", 0.3)


RAN = TurnBegan(ran=ToolRan("run", RM.input))


@pytest.mark.parametrize(("looks", "states"), [(4, ["open"]), (16, ["open", "gone", "open"])])
def test_of_one_that_no_hook_tells_of_what_is_back_after_a_while_is_another_one(looks: int, states: list[str]):
    """Answered at the pane, at work on a screen without an input line, and asked once more."""
    scene = Watched(ASKS)
    scene.watched(scene.show(BLANK), scene.show(ASKS), looks=looks)

    assert scene.states == states


def test_one_that_a_hook_tells_of_may_be_covered_for_a_while():
    scene = Watched(ASKS)
    scene.live.asks.hear(RM)
    scene.watched(scene.show(BLANK), scene.show(ASKS), looks=16)

    assert scene.states == ["open"]


def asked_again_at_once(*first: PromptOpened) -> tuple[Watched, Approval]:
    """Approved at the pane, run, and asked for once more before a screen without it was seen."""
    scene = Watched(ASKS)
    for fact in first:
        scene.live.asks.hear(fact)

    def ran_and_again() -> None:
        scene.live.asks.hear(RAN)
        scene.live.asks.hear(RM)

    scene.watched(ran_and_again)
    assert scene.states == ["open", "gone", "open"]
    assert scene.live.asks.open is not None
    return scene, scene.live.asks.open


def test_what_is_asked_for_again_once_it_has_run_is_answered_as_what_is_asked_for_once():
    scene, again = asked_again_at_once(RM)
    scene.terminal.then = {"1": [BUSY]}

    done = asyncio.run(answering.answer(scene.daemon, scene.live, again.id, "approve", "me"))

    assert (done.id, done.state.value) == (again.id, "approved")


def test_of_two_that_were_asked_for_beside_each_other_the_one_that_ran_leaves_the_other():
    scene, again = asked_again_at_once(RM, RM)

    assert (again.alike, scene.live.asks.several) == (2, True), "the other, and the one that was asked for since"


def test_of_two_beside_each_other_the_first_of_which_ran_the_second_stands_there_under_an_id_of_its_own():
    scene = Watched(ASKS)
    for fact in (RM, RM):
        scene.live.asks.hear(fact)
    scene.watched(lambda: scene.live.asks.hear(RAN))

    assert (scene.states, [each.alike for each in scene.puts]) == (["open", "gone", "open"], [2, 2, 1])


def test_another_tool_that_ran_makes_no_one_of_two():
    scene = Watched(ASKS)
    for fact in (RM, TurnBegan(ran=ToolRan("run", '{"command": "ls"}')), RM):
        scene.live.asks.hear(fact)
    scene.watched()

    assert [each.alike for each in scene.puts] == [2]


def test_what_is_asked_for_again_once_it_has_run_stands_under_one_id_while_other_tools_run():
    scene, again = asked_again_at_once(RM)
    scene.watched(lambda: scene.live.asks.hear(TurnBegan()), lambda: scene.live.asks.hear(TurnBegan()))

    assert scene.live.asks.open == again
