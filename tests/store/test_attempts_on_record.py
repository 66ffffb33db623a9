"""What was made of a message so far, and whether it waits, as the next daemon reads it."""

from pathlib import Path

import pytest

from peerd.errors import PeerdError
from peerd.model.attempt import AttemptEnd
from peerd.model.message import Delivery, MessageId, Receipt, Task
from peerd.model.session import SessionId
from peerd.store.store import Store
from peerd.store.write import InsertMessage
from tests.build import M1, message
from tests.store.records import delivery, in_store, task


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


def test_a_task_that_was_taken_does_not_wait_again_though_a_later_attempt_was_none(tmp_path: Path):
    async def story(store: Store) -> Receipt | None:
        await store.commit(
            InsertMessage(message(), Task.OPEN), delivery(Delivery.LEASED, attempt=2), delivery(Delivery.SUBMITTED)
        )
        with pytest.raises(PeerdError, match="m-1 is submitted and stays so"):
            await store.commit(delivery(Delivery.ACCEPTED))
        return store.reader.receipt(M1)

    receipt = in_store(tmp_path, story)
    assert receipt is not None
    assert (receipt.state, receipt.task, receipt.attempt) == (Delivery.SUBMITTED, Task.OPEN, 2)


def test_a_task_that_is_over_waits_for_nothing_whatever_is_on_record_of_its_delivery(tmp_path: Path):
    async def story(store: Store) -> list[Receipt]:
        await store.commit(InsertMessage(message(), Task.OPEN), task(Task.TURN_ENDED))
        return store.reader.open_messages()

    assert in_store(tmp_path, story) == []


def test_an_ended_task_is_opened_again_without_its_old_answer(tmp_path: Path):
    async def story(store: Store) -> list[Receipt]:
        await store.commit(InsertMessage(message(), Task.OPEN), delivery(Delivery.SUBMITTED))
        await store.commit(task(Task.TURN_ENDED, answer="...", answer_from="turn", exit_status=1))
        await store.commit(task(Task.OPEN), delivery(Delivery.ACCEPTED, outcome=AttemptEnd.DIED_AT_IT))
        return store.reader.open_messages()

    (receipt,) = in_store(tmp_path, story)
    assert (receipt.task, receipt.answer, receipt.answer_from, receipt.exit_status) == (Task.OPEN, None, None, None)


@pytest.mark.parametrize("state", [Delivery.CANCELLED, Delivery.ACCEPTED])
def test_what_was_typed_into_a_session_and_not_seen_to_be_taken_is_told_whatever_became_of_it(
    tmp_path: Path, state: Delivery
):
    async def story(store: Store) -> list[MessageId]:
        await store.commit(InsertMessage(message(), Task.OPEN), delivery(Delivery.LEASED), delivery(state))
        return [each.message.id for each in store.reader.not_submitted_in(SessionId("s-1"))]

    assert in_store(tmp_path, story) == [M1]
