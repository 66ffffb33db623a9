"""What a daemon had heard since a permission was asked for is known to the next one."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from peerd.adapter import Place
from peerd.daemon.approvals import recovery, watcher
from peerd.daemon.approvals.outcome import AT_THE_PANE
from peerd.daemon.approvals.requests import Asks
from peerd.model.approval import Approval, ApprovalId, ApprovalState
from peerd.model.screen import Screen
from peerd.store.approvals import SetApproval
from peerd.store.store import Store
from tests.daemon.approvals.test_answering import ASKS, IDLE
from tests.daemon.approvals.watched import Watched
from tests.store.records import in_store

ASKED = '{"ev":"prompt_opened","tool":"run","input":{"command":"rm"}}\n'
APPROVED, REFUSED, BEGAN = '{"ev":"prompt_closed","approved":true}\n', '{"ev":"turn_ended"}\n', '{"ev":"turn_began"}\n'
UNKNOWN = [("gone", recovery.UNHEARD), ("open", "")]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watcher, "LOOK_AGAIN_S", 0.002)


def came_back(folder: Path, *since: str, read: int | None = None, **fields: Any) -> Watched:
    """A daemon comes back to what stands there, of which the one before had heard this since, or read so far."""
    scene, journal = Watched(ASKS), folder / "journal"
    journal.write_text("".join((ASKED, *since)))
    read = journal.stat().st_size if read is None else read
    scene.live.session = replace(scene.live.session, journal_read=read)
    scene.live.place = Place(str(folder), str(journal), str(folder), str(folder))
    scene.stood(**{"heard_to": len(ASKED), **fields})
    scene.watched()
    return scene


def told(scene: Watched) -> list[tuple[str, str]]:
    return [(each.state.value, each.evidence) for each in scene.puts]


@pytest.mark.parametrize("since", [(), (BEGAN,)], ids=["nothing", "another tool ran"])
def test_it_stands_under_its_id_where_nothing_tells_that_it_was_answered(tmp_path: Path, since: tuple[str, ...]):
    assert told(came_back(tmp_path, *since)) == []


def test_one_of_two_that_look_the_same_stands_under_its_id_and_is_certain_no_more(tmp_path: Path):
    (told,) = came_back(tmp_path, ASKED, certain=True).puts

    assert (told.state.value, told.certain) == ("open", False)


@pytest.mark.parametrize("answered", [APPROVED, REFUSED, BEGAN])
def test_the_same_asked_again_before_the_daemon_was_killed_is_another_one(tmp_path: Path, answered: str):
    scene = came_back(tmp_path, answered, ASKED)

    assert [state for state, _ in told(scene)] == ["gone", "open"]
    assert scene.puts[0].id != scene.puts[1].id


def test_one_whose_hook_told_late_is_no_two_for_the_next_daemon(tmp_path: Path):
    scene, journal = Watched(ASKS), tmp_path / "journal"
    journal.write_text(ASKED)

    def told() -> None:
        scene.live.heard_to = len(ASKED)
        scene.live.asks.hear(*scene.live.adapter.facts(ASKED))

    scene.watched(told)
    scene.on_record = in_store(tmp_path, lambda store: put_and_read(store, scene.puts))
    scene.live.session = replace(scene.live.session, journal_read=len(ASKED))
    scene.live.place = Place(str(tmp_path), str(journal), str(tmp_path), str(tmp_path))
    scene.live.asks = Asks()
    asyncio.run(recovery.recall(scene.daemon, scene.live))

    (told_of,) = scene.on_record
    assert (told_of.tool, scene.live.asks.open, len(scene.live.asks.heard)) == ("run", told_of, 1)
    assert not scene.live.asks.several


async def put_and_read(store: Store, puts: list[Approval]) -> list[Approval]:
    for each in puts:
        await store.commit(SetApproval(each))
    return store.reader.standing_approvals()


def test_what_was_heard_and_what_is_still_to_be_heard_count_as_one(tmp_path: Path):
    """It is told from where the last daemon had read to; this is told by nobody else."""
    scene = came_back(tmp_path, APPROVED, ASKED, read=len(ASKED) + len(APPROVED))
    assert told(scene) == []

    scene.live.asks.hear(*scene.live.adapter.facts(ASKED))
    scene.watched()
    assert [state for state, _ in told(scene)] == ["gone", "open"]


@pytest.mark.parametrize(
    "fields",
    [{"heard_to": None}, {"read": len(ASKED) - 1}, {"read": 1000}, {"tool": None, "input": None}],
    ids=["an older peerd's", "read anew from its start", "cut short", "no hook's"],
)
def test_one_of_which_nobody_knows_what_was_said_since_is_over_and_what_stands_is_another(
    tmp_path: Path, fields: dict[str, Any]
):
    assert told(came_back(tmp_path, **fields)) == UNKNOWN


def test_what_an_older_peerd_put_on_record_tells_what_stands_there_and_no_rule_answers_it(tmp_path: Path):
    gone, stands = came_back(tmp_path, heard_to=None, alike=0).puts

    assert (stands.tool, stands.input, stands.certain) == (gone.tool, gone.input, False)
    assert stands.tool is not None


def test_of_those_that_stand_on_record_the_last_does():
    scene = Watched(ASKS)
    last = scene.stood()
    scene.on_record = [replace(last, id=ApprovalId(f"{last.id}-before")), last]
    asyncio.run(recovery.recall(scene.daemon, scene.live))

    assert [(each.id, each.state) for each in scene.puts] == [(f"{last.id}-before", ApprovalState.GONE)]
    assert scene.live.asks.open == last


@pytest.mark.parametrize(("screen", "stands"), [(ASKS, ["open"]), (IDLE, [])], ids=["one stands there", "gone"])
def test_one_that_the_last_daemon_was_answering_is_over_and_its_answer_told_whatever_stands_there(
    screen: Screen, stands: list[str]
):
    """The same may have been asked anew, and what that daemon heard of it is not known."""
    scene = Watched(ASKS)
    before = scene.stood(state=ApprovalState.ANSWERING, answer="approve", by="me")
    scene.show(screen)()
    scene.watched()

    over, *others = scene.puts
    told = "it may have been approved by me, or answered at the pane: the daemon ended over it"
    assert (over.id, over.state.value, over.by, over.evidence) == (before.id, "gone", "me", told)
    assert [each.state.value for each in others] == stands
    assert all(each.id != before.id and not each.certain for each in others)


def test_one_that_the_last_daemon_was_answering_is_answered_by_nobody_from_the_first_moment_on():
    scene = Watched(ASKS)
    scene.stood(state=ApprovalState.ANSWERING, answer="approve", by="me")

    assert scene.live.asks.open is None
    assert scene.states == ["gone"]


@pytest.mark.parametrize(("soon_s", "told"), [(0.0, True), (60.0, False)], ids=["soon", "long after"])
def test_one_that_is_gone_soon_after_a_daemon_was_killed_over_its_answer_may_have_been_answered_by_that_key(
    soon_s: float, told: bool
):
    """Its runtime read it only then."""
    scene = Watched(ASKS)
    scene.stood(state=ApprovalState.ANSWERING, answer="approve", by="me")

    def gone() -> None:
        assert scene.live.asks.open is not None
        scene.live.asks.open = replace(scene.live.asks.open, opened_at=scene.live.asks.open.opened_at - soon_s)
        scene.show(IDLE)()

    scene.watched(gone)

    key = ", or approved by the key of me, pressed before a restart"
    assert scene.puts[-1].evidence == f"{AT_THE_PANE}{key if told else ''}"
