"""What the record keeps of how the turn of a task ended that is not over by that."""

from pathlib import Path

from peerd.model.message import Task
from peerd.store.store import Store
from peerd.store.write import InsertMessage, SetSaid
from tests.build import M1, message
from tests.store.records import in_store, task


def test_how_the_turn_of_a_task_ended_that_awaits_an_answer_is_kept_until_the_task_ends(tmp_path: Path):
    async def story(store: Store) -> list[object]:
        await store.commit(InsertMessage(message(), Task.OPEN), SetSaid(M1, 1, "no"))
        told = [await store.commit(SetSaid(M1, 0, "all is well")), store.reader.said(M1)]
        receipt = store.reader.receipt(M1)
        ended = await store.commit(task(Task.DONE), SetSaid(M1, 1, "late"))
        return [*told, receipt and receipt.answer, ended, store.reader.said(M1)]

    assert in_store(tmp_path, story) == [(True,), (0, "all is well"), None, (True, False), None]
