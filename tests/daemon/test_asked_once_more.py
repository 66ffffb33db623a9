"""A prompt that was away from the screen, and is back: the same one, or asked once more."""

import pytest

from peerd.daemon import asks
from tests.daemon.test_answering import ASKS, RM
from tests.daemon.watched import BLANK, Watched


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asks, "LOOK_AGAIN_S", 0.002)


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
