"""A permission is answered by one key, at the prompt that is known, or by none."""

import asyncio
import json
from collections.abc import Callable

import pytest
from msgspec.structs import replace

from peerd.adapter import Adapter
from peerd.daemon.approvals import answering, watcher
from peerd.daemon.live import Live
from peerd.errors import NotPressed, PeerdError, TmuxError
from peerd.model.approval import Answer, Approval, ApprovalId
from peerd.model.fact import PromptOpened, TurnBegan
from peerd.model.screen import Screen
from peerd_adapters.actor import Actor
from tests.adapters.panes import pane
from tests.daemon.approvals.terminals import Record, Terminal, live, standing

RM = PromptOpened("", "run", json.dumps({"command": "rm"}))
ASKS, BUSY, IDLE, QUESTION = (pane(f"actor/{name}") for name in ("permission", "busy", "idle", "question"))


def edited(screen: Screen, *changes: tuple[str, str]) -> Screen:
    for old, new in changes:
        screen = replace(screen, lines=tuple(line.replace(old, new) for line in screen.lines))
    return screen


OTHER = edited(ASKS, ("running rm?", "running ls?"))
NO_CURSOR = edited(ASKS, ("❯ 1. Yes", "  1. Yes"))
TWO_YES = edited(ASKS, ("2. No ", "2. Yes"))


class Scene:
    """One prompt that stands, known for certain, and somebody who answers it."""

    def __init__(self, screen: Screen, adapter: Adapter, **then: list[Screen]) -> None:
        self.terminal = Terminal(screen, then | {key.removeprefix("_"): shown for key, shown in then.items()})
        self.live: Live = live(adapter, self.terminal)
        self.live.asks.hear(RM)
        self.stands: Approval = standing(self.live, self.terminal)
        self.record = Record(self.terminal)

    def show(self, screen: Screen) -> Callable[[], None]:
        def shown() -> None:
            self.terminal.shows = [screen]

        return shown

    async def answer(self, said: Answer = "approve", id: str | None = None) -> Approval:
        known = ApprovalId(id or self.stands.id)
        return await answering.answer(self.record.daemon, self.live, known, said, "operator")

    def answered(self, said: Answer = "approve", id: str | None = None) -> Approval:
        async def whole() -> Approval:
            try:
                return await asyncio.wait_for(self.answer(said, id), 10)
            finally:
                async with self.live.asks.lock:  # whoever waits for that has gone on
                    pass

        return asyncio.run(whole())

    def refused(self, said: Answer = "approve", id: str | None = None) -> str:
        with pytest.raises(NotPressed) as refused:
            self.answered(said, id)
        return str(refused.value)


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> Scene:
    monkeypatch.setattr(answering, "SEEN_WITHIN_S", 0.3)
    return Scene(ASKS, Actor(), _1=[BUSY], _2=[IDLE])


def test_it_is_on_record_before_the_key_and_approved_on_evidence(scene: Scene):
    done = scene.answered()

    assert scene.terminal.pressed == ["1"]
    assert scene.record.states == [("answering", 0), ("approved", 1)]
    assert (done.by, done.evidence) == ("operator", "'Yes' was chosen; then the prompt was gone, and it was at work")
    assert scene.live.asks.open is None


def test_a_terminal_that_fails_as_the_key_is_pressed_leaves_it_unknown(scene: Scene):
    def fails() -> None:
        raise TmuxError("send-keys", "no answer")

    scene.terminal.at_key[1] = fails

    done = scene.answered()

    assert (done.state.value, done.evidence.startswith("a key may have been pressed")) == ("unknown", True)


def followed(scene: Scene) -> None:
    scene.live.asks.hear(TurnBegan())
    scene.live.asks.hear(RM)


def unproved(scene: Scene) -> None:
    scene.live.proved = False


def in_a_mode(scene: Scene) -> None:
    scene.terminal.in_mode = True


def dead(scene: Scene) -> None:
    scene.terminal.dead = True


def unheard(scene: Scene) -> None:
    """It is in the journal, and was not read yet."""
    scene.record.poll = lambda session: followed(scene)


NO_MORE = "a-1 is no longer on the screen of ada. No key was pressed."
REFUSED: dict[str, tuple[Callable[[Scene], None], str]] = {
    "another prompt": (lambda scene: scene.show(OTHER)(), NO_MORE),
    "at its input line": (lambda scene: scene.show(IDLE)(), NO_MORE),
    "a dialog": (
        lambda scene: scene.show(QUESTION)(),
        "peerd does not know well enough what ada asks to answer it from here",
    ),
    "dead": (dead, NO_MORE),
    "the same again": (followed, NO_MORE),
    "the same again, not read": (unheard, NO_MORE),
    "in a tmux mode": (
        in_a_mode,
        "ada is in a tmux mode: whoever is attached must leave it first. No key was pressed.",
    ),
    "not proved": (unproved, "is not proved, so only a person at its pane can answer"),
    "no cursor": (lambda scene: scene.show(NO_CURSOR)(), "peerd knows no choice there that says yes for this one time"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_nothing_is_pressed_and_nothing_put_on_record_where_it_is_not_sure(scene: Scene, name: str):
    happens, says = REFUSED[name]
    happens(scene)

    assert says in scene.refused()
    assert (scene.terminal.pressed, scene.record.states) == ([], [])


def test_an_answer_to_another_one_presses_nothing(scene: Scene):
    assert scene.refused(id="a-0") == "a-0 is no longer on the screen of ada. No key was pressed."
    assert scene.terminal.pressed == []


def test_two_choices_that_say_so_are_none():
    assert "peerd knows no choice there that says yes" in Scene(TWO_YES, Actor()).refused()


def test_what_changes_while_it_is_put_on_record_is_seen_before_the_key(scene: Scene):
    scene.terminal.at_look[2] = scene.show(OTHER)

    assert scene.refused() == NO_MORE
    assert (scene.terminal.pressed, scene.record.states) == ([], [("answering", 0), ("open", 0)])
    assert scene.live.asks.open is not None
    assert scene.live.asks.open.by is None


def test_what_changes_after_the_last_look_is_seen_by_tmux(scene: Scene):
    scene.terminal.at_key[1] = scene.show(OTHER)

    assert scene.refused() == NO_MORE
    assert scene.terminal.pressed == []


def elsewhere(screen: Screen) -> Screen:
    """A row was written above it."""
    return replace(screen, lines=("and so on", *screen.lines[:-1]))


def test_one_that_stands_elsewhere_by_then_is_looked_at_again(scene: Scene):
    scene.terminal.at_key[1] = scene.show(elsewhere(ASKS))

    assert scene.answered().state.value == "approved"
    assert (scene.terminal.keys, scene.terminal.pressed) == (2, ["1"])


def test_at_a_screen_that_does_not_stand_still_no_key_is_pressed(scene: Scene):
    for nth in range(1, 100):
        scene.terminal.at_key[nth] = scene.show(elsewhere(ASKS) if nth % 2 else ASKS)

    assert scene.refused() == "the screen of ada keeps changing; try again. No key was pressed."
    assert scene.terminal.pressed == []


def test_what_its_key_would_answer_by_now_is_looked_at_after_all_was_heard(scene: Scene):
    """To hear it may take long."""
    heard = iter(range(100))
    scene.record.poll = lambda session: scene.show(OTHER)() if next(heard) == 2 else None

    assert scene.refused() == NO_MORE
    assert scene.terminal.keys == 0


def test_two_answers_at_once_press_one_key_and_the_second_is_told_of_the_first(scene: Scene):
    async def both() -> tuple[Approval | BaseException, Approval | BaseException]:
        return await asyncio.gather(scene.answer(), scene.answer("deny"), return_exceptions=True)

    first, second = asyncio.run(both())

    assert isinstance(first, Approval)
    assert isinstance(second, PeerdError)
    assert str(second) == "a-1 is over: approved by operator. No key was pressed."
    assert scene.terminal.pressed == ["1"]
    assert scene.record.states == [("answering", 0), ("approved", 1)]


def test_what_is_being_typed_is_over_before_anything_is_looked_at(scene: Scene):
    async def story() -> int:
        over = asyncio.Event()

        async def typed() -> None:
            await over.wait()

        scene.live.typing = asyncio.create_task(typed())
        answering_it = asyncio.create_task(scene.answer())
        for _ in range(20):
            await asyncio.sleep(0)
        looks = scene.terminal.looks
        over.set()
        await answering_it
        return looks

    assert asyncio.run(story()) == 0


def test_what_was_entered_at_its_input_line_meanwhile_tells_that_it_stood_there_no_more(scene: Scene):
    """However alike what that leads to looks."""
    scene.terminal.at_look[1] = lambda: watcher.none_stands(scene.record.daemon, scene.live)

    assert scene.refused() == NO_MORE
    assert (scene.terminal.pressed, scene.live.asks.open) == ([], None)
