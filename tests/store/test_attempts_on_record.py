"""How many attempts were made at a message, as the next daemon reads it."""

from pathlib import Path

from peerd.model.message import Delivery, Task
from peerd.store.store import Store
from peerd.store.write import InsertMessage
from tests.build import M1, message
from tests.store.records import delivery, in_store


def test_an_earlier_attempt_that_was_taken_after_all_leaves_the_number_of_those_made(tmp_path: Path):
    async def story(store: Store) -> tuple[int, list[int]]:
        first, second = (delivery(Delivery.LEASED, attempt=n) for n in (1, 2))
        taken = delivery(Delivery.SUBMITTED, attempt=1)
        await store.commit(InsertMessage(message(), Task.OPEN), first, second, taken)
        receipt = store.reader.receipt(M1)
        assert receipt is not None
        return receipt.attempt, [step.attempt for step in receipt.history]

    assert in_store(tmp_path, story) == (2, [0, 1, 2, 1])


def test_an_attempt_that_never_was_one_is_taken_back(tmp_path: Path):
    async def story(store: Store) -> int | None:
        untyped = delivery(Delivery.ACCEPTED, attempt=0)
        await store.commit(InsertMessage(message(), Task.OPEN), delivery(Delivery.LEASED), untyped)
        receipt = store.reader.receipt(M1)
        return receipt.attempt if receipt else None

    assert in_store(tmp_path, story) == 0
