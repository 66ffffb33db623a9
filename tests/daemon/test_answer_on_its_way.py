"""An answer that is on its way to the disk as its task comes to an end otherwise."""

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from peerd.core.action import Action, GiveUp, RecordDone, RecordTurn
from peerd.daemon.acts import Acts
from peerd.model.message import Delivery, Task
from peerd.store.store import Store
from peerd.store.write import Write
from tests.build import ADA, M1, S1, message, running
from tests.store.records import delivery, in_store, task


@pytest.mark.parametrize(
    "end",
    [RecordTurn(ADA, S1, M1, 0, "done"), RecordDone(ADA, S1, M1), GiveUp(ADA, M1, 1, "its deadline passed", True)],
    ids=["its turn", "self-done", "its deadline"],
)
def test_a_task_that_is_just_being_answered_stays_answered_and_its_other_end_is_no_fault(tmp_path: Path, end: Action):
    async def story(store: Store) -> Any:
        await store.accept(message(), Task.OPEN)
        await store.commit(delivery(Delivery.SUBMITTED))
        decided: list[Write] = []
        daemon: Any = SimpleNamespace(
            store=store,
            live={},
            stopping=asyncio.Event(),
            log=SimpleNamespace(write=lambda *_, **__: None),
            loop=SimpleNamespace(peers={ADA: running()}),
            kind=lambda spec: "tui",
            record=lambda write, about: decided.append(write),
        )
        Acts(daemon).act(end)
        assert decided
        await asyncio.gather(*map(store.keep, (task(Task.ANSWERED, answer="42", answer_from="reply"), *decided)))
        return store.reader.receipt(M1)

    receipt = in_store(tmp_path, story)
    assert (receipt.task, receipt.answer, receipt.history[-1].evidence) == (Task.ANSWERED, "42", "seen answered")
