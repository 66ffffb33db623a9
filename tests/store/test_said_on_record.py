"""What the record keeps of the turn of a task: what was sent in it, and how it ended where the task is not over by
that."""

from pathlib import Path

import pytest

from peerd.model.message import Delivery, MessageId, Task
from peerd.store.store import Store
from peerd.store.write import InsertMessage, SetSaid
from tests.build import ADA, M1, S1, S2, message
from tests.store.records import WALL, delivery, in_store, task


def test_how_the_turn_of_a_task_ended_that_awaits_an_answer_is_kept_until_the_task_ends(tmp_path: Path):
    async def story(store: Store) -> list[object]:
        await store.commit(InsertMessage(message(), Task.OPEN), SetSaid(M1, 1, "no"))
        told = [await store.commit(SetSaid(M1, 0, "all is well")), store.reader.said(M1)]
        receipt = store.reader.receipt(M1)
        ended = await store.commit(task(Task.DONE), SetSaid(M1, 1, "late"))
        return [*told, receipt and receipt.answer, ended, store.reader.said(M1)]

    assert in_store(tmp_path, story) == [(True,), (0, "all is well"), None, (True, False), None]


@pytest.mark.parametrize("back_s", [0, 3600], ids=["right", "set back"])
def test_what_a_peer_sent_since_it_took_its_task_is_told_in_order_whatever_the_clock(tmp_path: Path, back_s: float):
    async def story(store: Store) -> list[object]:
        sent = (
            InsertMessage(message(id=MessageId(id), sender=ADA, accepted_at=WALL - back_s), Task.OPEN) for id in "bcd"
        )
        await store.commit(next(sent), InsertMessage(message(), Task.OPEN))
        never = store.reader.sent_since(ADA, M1, 10)
        await store.commit(delivery(Delivery.SUBMITTED), *sent)
        return [never, store.reader.sent_since(ADA, M1, 10), store.reader.sent_since(ADA, M1, 1)]

    assert in_store(tmp_path, story) == [(), ("d", "c"), ("d",)]


@pytest.mark.parametrize(
    ("end", "served", "lost"), [(Task.DONE, M1, False), (Task.DEAD, None, True)], ids=["came to its end", "was late"]
)
def test_a_task_that_was_lost_was_not_served(tmp_path: Path, end: Task, served: MessageId | None, lost: bool):
    async def story(store: Store) -> list[object]:
        await store.commit(InsertMessage(message(), Task.OPEN), delivery(Delivery.SUBMITTED))
        told = [store.reader.served(S1), store.reader.lost(S1)]
        await store.commit(task(end))
        return [*told, store.reader.served(S1), store.reader.lost(S1), store.reader.lost(S2)]

    assert in_store(tmp_path, story) == [None, False, served, lost, False]
