"""A prompt that stands for long is looked at now and then, and at once where something tells that it may be over."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from peerd.daemon.approvals import watcher
from peerd.edges import clock
from peerd.model.approval import ApprovalState
from peerd.model.fact import PromptClosed
from tests.build import spec
from tests.daemon.approvals.test_answering import ASKS, IDLE, RM
from tests.daemon.approvals.watched import Watched

FOR_EVER_S = 3600.0


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Watched:
    """One that stands, of which what is drawn is in a log."""
    monkeypatch.setattr(watcher, "LOOK_AGAIN_S", 0.002)
    monkeypatch.setattr(watcher, "SELDOM_S", FOR_EVER_S)
    monkeypatch.setattr(watcher, "STILL_LOOKS", 3)
    scene = Watched(ASKS)
    scene.live.place = replace(scene.live.place, folder=str(tmp_path))
    draws(scene)
    return scene


def draws(scene: Watched) -> None:
    with Path(scene.live.place.folder, "pane.log").open("a") as log:
        log.write("x")


def answers(scene: Watched) -> None:
    open = scene.live.asks.open
    assert open is not None
    scene.live.asks.open = replace(open, state=ApprovalState.ANSWERING)


@pytest.mark.parametrize(
    "change",
    [
        draws,
        answers,
        lambda scene: scene.live.asks.hear(RM),
        lambda scene: scene.live.asks.hear(PromptClosed()),
        lambda scene: scene.live.asks.closed(scene.live.asks.open),
        lambda scene: Path(scene.live.place.folder, "pane.log").unlink(),
    ],
    ids=["drawn", "being answered", "asked", "answered", "gone", "no log"],
)
def test_the_next_look_is_due_once_something_changes(scene: Watched, change: Callable[[Watched], None]):
    scene.stood()

    async def story() -> None:
        waits = asyncio.create_task(watcher.next_look(scene.live, watcher.news(scene.live)))
        await asyncio.wait((waits,), timeout=0.05)
        assert not waits.done()
        change(scene)
        await asyncio.wait_for(waits, 5)

    asyncio.run(story())


def test_it_is_due_now_and_then_though_nothing_changes(scene: Watched, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(watcher, "SELDOM_S", 0.05)
    began = clock.now()

    asyncio.run(watcher.next_look(scene.live, watcher.news(scene.live)))

    assert clock.now() - began >= 0.05


def test_of_one_that_keeps_no_log_of_what_is_drawn_nothing_is_news(scene: Watched):
    scene.live.session = replace(scene.live.session, spec=spec(pane_log=False))

    assert watcher.news(scene.live) is None


def test_what_stood_for_long_is_seen_to_be_gone_as_that_is_drawn(scene: Watched):
    def gone() -> None:
        scene.show(IDLE)()
        draws(scene)

    scene.watched(gone, looks=3)

    assert scene.states == ["open", "gone"]
