"""What became of a message that was entered in the middle of a turn is asked of the runtime's own record, which may be
written after its hook has spoken."""

import asyncio
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from peerd.aside import Aside
from peerd.core.state import Waiting
from peerd.daemon import ingest, transcript
from peerd.daemon.loop import Loop
from peerd.daemon.transcript import Became
from peerd.model.fact import Submitted
from peerd.model.message import MessageId
from peerd.model.peer import Activity
from peerd_adapters import hooks
from tests.build import running, waiting
from tests.daemon.test_heard_on_boot import live

M1, M2 = MessageId("m-1"), MessageId("m-2")
BOTH = frozenset({M1, M2})


def line(operation: str, id: str | None = None, **more: str) -> str:
    content = {} if id is None else {"content": f"peerd message {id} from operator (person) attempt 1 hops 0:\nhello"}
    return json.dumps({"type": "queue-operation", "operation": operation, **content, **more}) + "\n"


def absorbed(id: str) -> str:
    return line("remove", id, reason="absorbed_mid_turn")


class Recorded:
    """A session with a record of its own, in which the last word on this turn is not yet."""

    def __init__(self, path: Path, *lines: str) -> None:
        self.path, self.live = path, live()
        self.live.adapter, self.live.record = SimpleNamespace(facts=hooks.facts), str(path)
        self.path.write_text("".join(lines))
        home = SimpleNamespace(store_files=(str(path.with_name("peerd.db")),))
        self.daemon: Any = SimpleNamespace(home=home, folders=Aside())

    async def ends(self, entered: frozenset[MessageId], *later: str) -> frozenset[MessageId]:
        """What was taken in, as that is known once all is settled; the record goes on meanwhile."""
        settling = asyncio.create_task(transcript.settled(self.daemon, self.live, entered))
        await asyncio.sleep(0)
        assert not settling.done()
        with self.path.open("a") as record:
            record.write("".join(later))
        async with asyncio.timeout(transcript.WRITTEN_WITHIN_S / 2):
            return (await settling).taken

    def became(self, entered: frozenset[MessageId]) -> Became:
        return asyncio.run(transcript.became(self.daemon, self.live, entered))


@pytest.mark.parametrize(
    ("before", "later", "taken"),
    [
        ((line("enqueue", "m-1"), line("enqueue", "m-2")), (absorbed("m-1"), absorbed("m-2")), BOTH),
        ((line("enqueue", "m-1"), line("enqueue", "m-2"), absorbed("m-1")), (line("dequeue"),), {M1}),
        ((line("enqueue", "m-1"), line("enqueue", "m-2")), (line("dequeue"),), set()),
        ((), (line("enqueue", "m-1"), line("enqueue", "m-2"), line("dequeue")), set()),
        (
            (line("enqueue", "m-1"), absorbed("m-1"), line("enqueue", "m-1"), line("enqueue", "m-2")),
            (line("dequeue"),),
            set(),
        ),
        ((line("dequeue"), line("enqueue", "m-1"), line("enqueue", "m-2")), (absorbed("m-2"), absorbed("m-1")), BOTH),
    ],
    ids=["both", "one of two", "none", "all of it late", "an earlier attempt was", "another had its turn before"],
)
def test_it_is_waited_for_and_what_was_told_before_it_was_last_entered_is_not_of_now(
    tmp_path: Path, before: tuple[str, ...], later: tuple[str, ...], taken: set[MessageId]
):
    recorded = Recorded(tmp_path / "record.jsonl", *before)

    assert asyncio.run(recorded.ends(BOTH, *later)) == taken


def test_a_record_that_never_tells_is_waited_for_no_longer_than_a_second(tmp_path: Path):
    recorded = Recorded(tmp_path / "record.jsonl", line("enqueue", "m-1"))

    async def waits() -> float:
        loop = asyncio.get_running_loop()
        began = loop.time()
        await transcript.settled(recorded.daemon, recorded.live, frozenset({M1}))
        return loop.time() - began

    assert transcript.WRITTEN_WITHIN_S <= asyncio.run(waits()) < transcript.WRITTEN_WITHIN_S * 3
    assert recorded.became(frozenset({M1})).taken == set()


def test_a_record_that_is_the_stores_own_is_never_opened(tmp_path: Path):
    """Closed again in the daemon's process, it would lose the locks that this has on it."""
    recorded = Recorded(tmp_path / "record", line("remove", M1, reason="absorbed_mid_turn"))
    taken = recorded.became(frozenset({M1})).taken

    (tmp_path / "peerd.db").hardlink_to(recorded.path)

    assert (taken, recorded.became(frozenset({M1})).taken) == (frozenset({M1}), frozenset())


def a_tool_ran(bytes: int) -> str:
    return json.dumps({"type": "user", "message": {"role": "user", "content": "x" * bytes}}) + "\n"


@pytest.mark.parametrize("noted", [True, False], ids=["its size was noted", "as the next daemon has it"])
def test_what_was_taken_into_a_turn_is_found_whatever_came_after_it(tmp_path: Path, noted: bool):
    recorded = Recorded(tmp_path / "record", line("dequeue"), line("enqueue", M1))
    if noted:
        asyncio.run(transcript.note_size(recorded.daemon, recorded.live, M1))
    with recorded.path.open("a") as record:
        record.write(absorbed(M1) + a_tool_ran(300_000) * 9 + "é" * transcript.PART_BYTES + "\n" + a_tool_ran(5))

    assert recorded.became(frozenset({M1})) == Became(frozenset({M1}))


def test_what_comes_before_a_message_was_entered_is_not_read(tmp_path: Path):
    recorded = Recorded(tmp_path / "record", absorbed(M1), a_tool_ran(2 * transcript.TAIL_BYTES))
    asyncio.run(transcript.note_size(recorded.daemon, recorded.live, M1))

    assert recorded.became(frozenset({M1})) == Became(waits=frozenset({M1}))


def test_what_a_daemon_hears_as_it_begins_was_entered_before_all_that_came_since(tmp_path: Path):
    recorded = Recorded(tmp_path / "record", line("enqueue", M1), absorbed(M1), a_tool_ran(300_000))
    recorded.daemon.loop = Loop(lambda _: None, lambda *_: None, lambda *_: None)
    recorded.daemon.loop.add(running(activity=Activity.BUSY, turn=waiting(M2)[0], queue=(Waiting(M1, attempts=1),)))
    recorded.live.turn, recorded.live.turns["t-1"] = "t-1", M2

    heard = Submitted(M1, 1, "t-1", entered=True)
    asyncio.run(ingest.take(recorded.daemon, recorded.live, heard, recorded.daemon.loop.recall))

    assert recorded.became(frozenset({M1})).taken == {M1}


def test_of_a_record_that_is_shorter_than_it_was_it_is_not_known(tmp_path: Path):
    recorded = Recorded(tmp_path / "record", a_tool_ran(2 * transcript.TAIL_BYTES))
    asyncio.run(transcript.note_size(recorded.daemon, recorded.live, M1))
    recorded.path.write_text(line("dequeue"))

    assert recorded.became(frozenset({M1})).unclear == {M1}


@pytest.mark.parametrize("lost", ["too much of it", "all of it"])
def test_of_what_a_record_cannot_be_read_for_it_is_not_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lost: str
):
    recorded = Recorded(tmp_path / "record", line("enqueue", M1), absorbed(M1), a_tool_ran(1000))
    if lost == "too much of it":
        monkeypatch.setattr(transcript, "READ_MAX_BYTES", 500)
    else:
        recorded.path.unlink()

    assert recorded.became(frozenset({M1})).unclear == {M1}
