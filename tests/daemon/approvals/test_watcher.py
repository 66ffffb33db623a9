"""What stands on a screen and what is on record as standing there are made one, look by look."""

import asyncio
import math
from typing import Any

import pytest
from msgspec.structs import replace

from peerd.daemon.approvals import answering, requests, watcher
from peerd.edges import clock
from peerd.model.approval import ApprovalState
from peerd.model.fact import PromptClosed
from peerd.model.peer import Activity
from peerd.model.rule import Rule
from peerd.model.screen import Screen
from tests.daemon.approvals.terminals import standing
from tests.daemon.approvals.test_answering import ASKS, BUSY, IDLE, OTHER, QUESTION, RM
from tests.daemon.approvals.watched import BLANK, Watched

DENY_LATE = Rule(tool="*", answer="ask", on_expiry="deny")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watcher, "LOOK_AGAIN_S", 0.002)
    monkeypatch.setattr(answering, "LOOK_AGAIN_S", 0.002)


def test_a_prompt_is_put_on_record_with_what_was_heard_of_it():
    scene = Watched(ASKS)
    scene.live.asks.hear(RM)
    scene.watched()

    (opened,) = scene.puts
    assert (opened.tool, opened.input, opened.certain) == ("run", RM.input, True)
    assert (opened.question, opened.choices) == ("Allow running rm?", ("Yes", "No"))


def test_a_screen_that_flickers_opens_and_closes_nothing():
    scene = Watched(ASKS, BUSY, ASKS, BUSY)
    scene.watched()
    assert scene.puts == []

    closing = Watched(ASKS)
    closing.watched(closing.show(IDLE, ASKS))
    assert closing.states == ["open"]


def test_what_is_in_the_journal_is_heard_before_it_counts():
    scene = Watched(ASKS)

    def poll() -> None:
        if not scene.live.asks.heard:
            scene.live.asks.hear(RM)

    scene.poll = poll
    scene.watched()

    assert [each.tool for each in scene.puts] == ["run"]


@pytest.mark.parametrize(("screen", "gone"), [(IDLE, True), (BUSY, True), (BLANK, False), (QUESTION, False)])
def test_it_is_gone_where_an_input_line_is_seen_and_no_dialog(screen: Screen, gone: bool):
    scene = Watched(ASKS)
    scene.watched(scene.show(screen))

    assert scene.states == ["open", *(["gone"] if gone else [])]


def test_another_prompt_is_another_one():
    scene = Watched(ASKS)
    scene.watched(scene.show(OTHER))

    assert [(each.state.value, each.question) for each in scene.puts] == [
        ("open", "Allow running rm?"),
        ("gone", "Allow running rm?"),
        ("open", "Allow running ls?"),
    ]


def test_the_same_that_is_asked_once_more_is_another_one():
    scene = Watched(ASKS)
    scene.live.asks.hear(RM)

    def asked_again() -> None:
        scene.live.asks.hear(PromptClosed())
        scene.live.asks.hear(RM)

    scene.watched(asked_again)

    assert scene.states == ["open", "gone", "open"]
    assert scene.puts[0].id != scene.puts[2].id
    assert not scene.puts[2].certain


def test_while_somebody_presses_a_key_nothing_is_made_of_what_is_seen_and_nothing_is_late():
    scene = Watched(ASKS, expires_s=60.0)

    def pressing() -> None:
        pressed.append(asyncio.ensure_future(scene.live.asks.lock.acquire()))
        scene.live.asks.asked_at -= 3600.0
        scene.show(OTHER)()

    pressed: list[asyncio.Future[bool]] = []
    scene.watched(pressing)

    assert [(each.state.value, each.expired) for each in scene.puts] == [("open", False)]


def test_a_dialog_is_one_only_where_a_hook_says_so_and_no_rule_answers_it():
    silent, told = Watched(QUESTION), Watched(QUESTION, rules=(Rule(tool="*", answer="deny"),))
    told.live.asks.hear(RM)
    for scene in (silent, told):
        scene.watched()

    assert silent.puts == []
    assert [(each.state.value, each.choices, each.certain) for each in told.puts] == [("open", (), False)]


def test_nothing_is_heard_of_a_session_that_is_not_ready_and_nothing_seen_before_all_is_heard():
    scene = Watched(ASKS)
    scene.live.ready_at = None
    watcher.hear(scene.daemon, scene.live, RM)
    assert scene.live.asks.heard == ()

    scene.live.ready_at, scene.live.hearing = 1.0, None
    watcher.hear(scene.daemon, scene.live, RM)
    assert (len(scene.live.asks.heard), scene.live.asks.watching) == (1, None)


def test_what_was_heard_of_is_looked_for_seldom_for_as_long_as_its_peer_works(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(watcher, "QUIET_LOOKS", 3)
    monkeypatch.setattr(watcher, "SELDOM_S", 0.01)
    scene = Watched(BUSY)
    scene.activity = Activity.BUSY
    scene.live.asks.hear(RM)
    scene.watched(scene.show(ASKS), looks=20)
    (opened,) = scene.puts
    assert (opened.tool, opened.certain) == ("run", True)

    over = Watched(BUSY)
    over.activity = Activity.BUSY
    over.live.asks.hear(RM)
    over.watched(lambda: over.live.asks.hear(PromptClosed(approved=True)), looks=10)
    assert (over.terminal.looks, over.live.asks.heard, over.live.asks.uneven) == (10, (), False)


def test_after_a_while_without_a_prompt_what_was_heard_is_in_doubt(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(watcher, "QUIET_LOOKS", 3)
    scene = Watched(IDLE)
    scene.live.asks.hear(RM)
    scene.watched(looks=20)

    assert scene.terminal.looks == 3
    assert scene.live.asks.uneven


def test_what_is_heard_just_before_that_while_is_over_is_waited_for(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(watcher, "QUIET_LOOKS", 3)
    scene = Watched(IDLE)

    def asked() -> None:
        scene.live.asks.hear(RM)
        scene.show(IDLE, ASKS)()

    scene.watched(asked, lambda: None, lambda: None, looks=2)

    assert [(each.tool, each.certain) for each in scene.puts] == [("run", True)]


@pytest.mark.parametrize(("fields", "states"), [({}, ["gone"]), ({"state": ApprovalState.ANSWERING}, [])], ids=str)
def test_where_something_is_about_to_be_entered_nothing_stands_but_what_is_just_being_answered(
    fields: dict[str, Any], states: list[str]
):
    scene = Watched(ASKS)
    known = standing(scene.live, scene.terminal)
    scene.live.asks.open = replace(known, **fields)
    watcher.none_stands(scene.daemon, scene.live)

    assert (scene.states, scene.live.asks.open is None) == (states, bool(states))


def test_the_end_of_a_session_is_the_end_of_what_it_asks_for():
    scene = Watched(ASKS)
    scene.watched()
    watcher.end(scene.daemon, scene.live)

    assert [(each.state.value, each.evidence) for each in scene.puts][1:] == [("gone", "its session ended")]


APPROVE = Rule(tool="run", input={"command": "rm"}, answer="approve")


@pytest.mark.parametrize(
    ("rules", "fields", "pressed"),
    [
        ((APPROVE,), {}, ["1"]),
        ((APPROVE,), {"certain": False}, []),
        ((Rule(tool="other", answer="deny"),), {"tool": "other"}, []),
        ((Rule(tool="*", answer="ask"),), {"expired": True}, []),
        ((DENY_LATE,), {}, []),
        ((DENY_LATE,), {"expired": True}, ["2"]),
        ((Rule(tool="*", answer="ask"), APPROVE), {}, []),
    ],
    ids=["approves", "not certain", "another tool's", "no denial", "not late", "late", "the first counts"],
)
def test_what_stood_before_is_answered_by_a_rule_that_is_sure_of_it(
    rules: tuple[Rule, ...], fields: dict[str, Any], pressed: list[str]
):
    scene = Watched(ASKS, rules=rules)
    scene.stood(**fields)
    scene.watched(looks=20)

    assert scene.terminal.pressed == pressed


@pytest.mark.parametrize(
    ("rule", "again_at", "pressed"),
    [(APPROVE, 0.0, []), (DENY_LATE, 0.0, ["2"]), (DENY_LATE, math.inf, [])],
    ids=["approves", "denies", "not yet"],
)
def test_of_what_a_rule_could_not_do_a_late_denial_is_tried_again(rule: Rule, again_at: float, pressed: list[str]):
    scene = Watched(ASKS, rules=(rule,))
    known = scene.stood(expired=True)
    scene.live.asks.tried = known.id, again_at
    scene.watched(looks=20)

    assert scene.terminal.pressed == pressed


def test_what_stood_or_was_heard_before_is_looked_at_and_else_nothing():
    async def begun(scene: Watched) -> bool:
        watcher.resume(scene.daemon, scene.live)
        return scene.live.asks.watching is not None

    stood, heard, neither = Watched(ASKS), Watched(ASKS), Watched(ASKS)
    stood.stood()
    heard.live.asks.hear(RM)

    assert [asyncio.run(begun(each)) for each in (stood, heard, neither)] == [True, True, False]


def test_that_it_is_late_is_put_on_record_once_and_approves_nothing():
    scene = Watched(ASKS, expires_s=0.01)
    scene.watched(looks=30)

    assert [(each.state.value, each.expired) for each in scene.puts] == [("open", False), ("open", True)]
    assert scene.terminal.pressed == []


def undecided(scene: Watched) -> bool:
    return scene.live.asks.undecided(clock.now())


def test_whether_somebody_must_answer_is_open_until_it_is_known_what_stands_there_and_after_it_is_gone():
    scene, seen = Watched(BUSY), []
    scene.live.asks.hear(RM)
    scene.watched(
        lambda: seen.append(undecided(scene)),
        scene.show(ASKS),
        lambda: seen.append(undecided(scene)),
        scene.show(BUSY),
        lambda: seen.append(undecided(scene)),
    )

    assert (seen, scene.states) == ([True, False, True], ["open", "gone"])


def test_it_is_open_no_longer_once_nothing_was_seen_for_a_while_or_nothing_can_be_told(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(watcher, "QUIET_LOOKS", 3)
    scene = Watched(IDLE)
    scene.live.asks.hear(RM)
    scene.watched(looks=20)
    assert not undecided(scene)

    flickers, seen = Watched(*[ASKS, BUSY] * 20), []
    monkeypatch.setattr(requests, "DECIDED_WITHIN_S", 0.0)
    flickers.watched(lambda: seen.append(undecided(flickers)))
    assert (seen, flickers.states) == ([False], [])


def test_what_a_rule_is_to_answer_is_nobodys_until_it_could_not():
    cannot = Watched(ASKS, rules=(APPROVE,))
    cannot.live.asks.hear(RM)
    cannot.live.proved = False
    cannot.watched(looks=20)
    assert (cannot.terminal.pressed, undecided(cannot), cannot.states) == ([], False, ["open"])

    scene, seen = Watched(ASKS, rules=(APPROVE,)), []
    scene.live.asks.hear(RM)
    scene.terminal.at_key = {1: lambda: seen.append(undecided(scene))}
    scene.watched(looks=20)
    assert (scene.terminal.pressed, seen) == (["1"], [True])
