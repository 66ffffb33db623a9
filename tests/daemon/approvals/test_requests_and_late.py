"""What was heard of and not seen is looked for until it is known to be over, whatever runs beside it."""

import json

import pytest

from peerd.daemon.approvals import watcher
from peerd.model.fact import Fact, PromptClosed, PromptOpened, Submitted, ToolRan, TurnBegan, TurnClosed, TurnEnded
from peerd.model.message import MessageId
from peerd.model.peer import Activity
from tests.daemon.approvals.test_answering import ASKS, BUSY, RM
from tests.daemon.approvals.test_requests import LS, asked, request, shown
from tests.daemon.approvals.watched import Watched

BESIDE = TurnBegan(ran=ToolRan("Read", '{"file_path": "/x"}'))
OWN = TurnBegan(ran=ToolRan("run", RM.input))
ENDS: tuple[Fact, ...] = (OWN, TurnBegan(ran=ToolRan()), TurnBegan(), PromptClosed(), TurnEnded(), TurnClosed(None))


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> Watched:
    monkeypatch.setattr(watcher, "LOOK_AGAIN_S", 0.002)
    monkeypatch.setattr(watcher, "QUIET_LOOKS", 3)
    monkeypatch.setattr(watcher, "SELDOM_S", 0.01)
    scene = Watched(BUSY)
    scene.activity = Activity.BUSY
    scene.live.asks.hear(RM)
    return scene


def test_it_is_listed_though_other_tools_ran_before_it_was_drawn(scene: Watched):
    scene.watched(*[lambda: scene.live.asks.hear(BESIDE)] * 3, scene.show(ASKS), looks=8)

    (opened,) = scene.puts
    assert (opened.tool, opened.input, opened.certain) == ("run", RM.input, False)


@pytest.mark.parametrize("ends", ENDS, ids=lambda fact: type(fact).__name__)
def test_the_looking_ends_as_it_is_over_or_may_be(scene: Watched, ends: Fact):
    scene.watched(lambda: scene.live.asks.hear(ends), looks=30)

    assert scene.terminal.looks <= 30 + 3
    assert not scene.live.asks.awaits


def test_what_comes_late_leaves_certain_what_is_asked_for_beside_it():
    """As one that a hook of the user's refused, which is never drawn."""
    asks = asked(request(LS), BESIDE)
    asks.none_yet()
    asks.hear(request({"command": "rm"}))

    assert asks.found(shown("rm")).certain
    assert asks.found(shown()).request == request(LS)


def test_what_looks_as_one_that_is_late_is_not_certain():
    asks = asked(request(LS), BESIDE)
    asks.none_yet()
    asks.hear(request(LS))

    assert not asks.found(shown()).certain


def test_the_turn_that_is_over_leaves_none_to_be_looked_for():
    asks = asked(request(LS), BESIDE, Submitted(MessageId("m-1")))
    assert not asks.awaits
    assert asked(request(LS), PromptOpened("", "Bash", json.dumps({"command": "x"})), BESIDE).awaits
