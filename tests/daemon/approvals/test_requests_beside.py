"""Two that ask for the same beside each other: no rule answers either, for nobody knows which one stands there."""

import pytest

from peerd.daemon.approvals import answering, watcher
from tests.daemon.approvals.test_answering import ASKS, RM
from tests.daemon.approvals.test_watcher import APPROVE, DENY_LATE
from tests.daemon.approvals.watched import Watched


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watcher, "LOOK_AGAIN_S", 0.002)
    monkeypatch.setattr(answering, "LOOK_AGAIN_S", 0.002)


def test_what_is_asked_for_twice_at_once_is_denied_by_nobody_in_the_end():
    """The second may have stood there for a moment only."""
    scene = Watched(ASKS, rules=(DENY_LATE,))
    scene.live.asks.hear(RM)

    def late() -> None:
        scene.live.asks.hear(RM)
        scene.live.asks.asked_at -= 3600.0

    scene.watched(late)

    assert [(each.certain, each.expired) for each in scene.puts] == [(True, False), (False, False), (False, True)]
    assert scene.terminal.pressed == []


def test_a_rule_whose_key_was_overlooked_presses_no_other_once_the_same_was_asked_for_beside_it(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(answering, "SEEN_WITHIN_S", 0.05)
    scene = Watched(ASKS, rules=(APPROVE,))
    scene.terminal.then = {"1": [ASKS]}
    scene.terminal.at_key = {1: lambda: scene.live.asks.hear(RM)}
    scene.live.asks.hear(RM)
    scene.watched(looks=40)

    assert (scene.terminal.pressed, scene.puts[-1].certain) == (["1"], False)
