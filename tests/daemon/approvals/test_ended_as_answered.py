"""A permission whose session ends as somebody answers it: on record as the answering comes out, and never twice."""

import pytest
from msgspec.structs import replace

from peerd.daemon.approvals import answering, watcher
from peerd.daemon.approvals.recovery import forget_strangers
from peerd.errors import TmuxError
from peerd.model.approval import ApprovalState
from peerd_adapters.actor import Actor
from tests.daemon.approvals.test_answering import ASKS, BUSY, IDLE, Scene


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> Scene:
    monkeypatch.setattr(answering, "SEEN_WITHIN_S", 0.3)
    return Scene(ASKS, Actor(), _1=[BUSY], _2=[IDLE])


@pytest.mark.parametrize("at", ["at_key", "at_look"])
def test_a_session_that_ends_while_it_is_answered_leaves_it_as_the_answering_comes_out(scene: Scene, at: str):
    def ends() -> None:
        watcher.end(scene.record.daemon, scene.live)
        raise TmuxError("send-keys", "no server")

    getattr(scene.terminal, at)[1 if at == "at_key" else 3] = ends

    assert scene.answered().state.value == "unknown"
    assert [state for state, _ in scene.record.states] == ["answering", "unknown"]


def test_a_session_that_ends_before_the_key_leaves_nothing_that_stands(scene: Scene):
    def ends() -> None:
        watcher.end(scene.record.daemon, scene.live)
        scene.terminal.dead = True

    scene.terminal.at_look[2] = ends

    assert "is no longer on the screen of ada. No key was pressed." in scene.refused()
    assert [state for state, _ in scene.record.states] == ["answering", "open", "gone"]


@pytest.mark.parametrize(("stood", "left"), [("open", "gone"), ("answering", "unknown")])
def test_what_stood_as_the_last_daemon_was_killed_and_its_session_with_it_is_as_far_as_is_known(
    scene: Scene, stood: str, left: str
):
    scene.record.on_record = [replace(scene.stands, state=ApprovalState(stood))]

    forget_strangers(scene.record.daemon)

    assert scene.record.states == [(left, 0)]
