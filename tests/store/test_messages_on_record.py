"""What the record keeps of a message: its words, where its delivery and its task stand, and its whole history."""

from pathlib import Path

import pytest

from peerd.errors import PeerdError, UnknownMessage
from peerd.model.attempt import AttemptEnd
from peerd.model.message import BODY_MAX_BYTES, Delivery, Hold, Message, MessageId, Receipt, Task
from peerd.model.peer import PeerName
from peerd.model.session import SessionId
from peerd.store.store import Accepted, Store
from peerd.store.write import InsertMessage, SetHold
from tests.build import ADA, M1, M2, message
from tests.store.records import BEGUN, WALL, delivery, history, in_store, step, task

BOB = PeerName("bob")
HANDED_OVER = delivery(Delivery.HANDED_OVER)
SUBMITTED = delivery(Delivery.SUBMITTED, at=WALL + 2)


def ids(receipts: list[Receipt]) -> list[MessageId]:
    return [receipt.message.id for receipt in receipts]


@pytest.mark.parametrize(
    "body",
    ["one\ntwo\r\n\n", "-n $(x) 'y' \"z\"\t%", "\0 \x1b[201~ \x7f", "\U0001f600 \u200d é", "x" * BODY_MAX_BYTES],
    ids=["lines", "shell", "controls", "emoji", "1 MiB"],
)
def test_a_message_is_read_back_as_it_was_sent(tmp_path: Path, body: str):
    sent = message(body=body, topic="t\n", reply_to=MessageId("m-0"), hops=3)

    async def story(store: Store) -> Accepted:
        return await store.accept(sent, Task.OPEN)

    accepted = in_store(tmp_path, story)
    assert accepted == Accepted(
        Receipt(message=sent, state=Delivery.ACCEPTED, task=Task.OPEN, history=(BEGUN,)), new=True
    )


def test_text_that_is_no_unicode_is_kept_with_a_mark_where_it_is_none(tmp_path: Path):
    async def story(store: Store) -> tuple[Accepted, Accepted]:
        return await store.accept(message(body="a\udc80b"), None), await store.accept(message(body="a\udc80b"), None)

    first, again = in_store(tmp_path, story)
    assert (first.receipt.message.body, again.new) == ("a�b", False)


def test_a_message_sent_twice_under_its_id_is_one_message(tmp_path: Path):
    async def story(store: Store) -> tuple[Accepted, list[Receipt | None]]:
        await store.accept(message(), Task.OPEN)
        await store.commit(delivery(Delivery.LEASED))
        again = await store.accept(message(accepted_at=WALL + 9), Task.OPEN)
        return again, [store.reader.receipt(each) for each in ids(store.reader.open_messages())]

    again, on_record = in_store(tmp_path, story)
    leased = Receipt(
        message=message(),
        state=Delivery.LEASED,
        task=Task.OPEN,
        attempt=1,
        session="s-1",
        history=(BEGUN, step(delivery(Delivery.LEASED))),
    )
    assert (again, on_record) == (Accepted(leased, new=False), [leased])


@pytest.mark.parametrize(
    "other", [{"body": "else"}, {"target": BOB}, {"sender": BOB}], ids=["body", "target", "sender"]
)
def test_another_message_under_a_taken_id_is_refused(tmp_path: Path, other: dict[str, str]):
    async def story(store: Store) -> Receipt | None:
        await store.accept(message(), None)
        with pytest.raises(PeerdError, match="the id m-1 is taken"):
            await store.accept(message(**other), None)
        return store.reader.receipt(M1)

    kept = in_store(tmp_path, story)
    assert kept == Receipt(message=message(), state=Delivery.ACCEPTED, task=None, history=(BEGUN,))


def test_a_history_says_when_where_to_and_by_what_evidence(tmp_path: Path):
    answered = task(Task.ANSWERED, answer="done\n", answer_from="reply")
    writes = (delivery(Delivery.LEASED, session=None), HANDED_OVER, SUBMITTED, answered)

    async def story(store: Store) -> tuple[Receipt | None, object]:
        await store.commit(InsertMessage(message(), Task.OPEN), *writes)
        return store.reader.receipt(M1), history(store.reader, M1)

    receipt, steps = in_store(tmp_path, story)
    whole = (BEGUN, *(step(write) for write in writes))
    assert steps == whole
    assert receipt == Receipt(
        message=message(),
        state=Delivery.SUBMITTED,
        task=Task.ANSWERED,
        attempt=1,
        session="s-1",
        answer="done\n",
        answer_from="reply",
        history=whole,
    )


def test_a_reply_and_the_task_it_answers_are_written_together_or_not_at_all(tmp_path: Path):
    reply = message(id=M2, sender=ADA, target=BOB, reply_to=M1)

    async def story(store: Store) -> tuple[list[MessageId], Receipt | None]:
        await store.commit(InsertMessage(message(), Task.OPEN), SUBMITTED)
        with pytest.raises(UnknownMessage):
            await store.accept(reply, None, task(Task.ANSWERED), task(Task.ANSWERED, MessageId("m-404")))
        before = ids(store.reader.open_messages())
        await store.accept(reply, None, task(Task.ANSWERED, answer="42", answer_from="reply"))
        return [*before, *ids(store.reader.open_messages())], store.reader.receipt(M1)

    waiting, asked = in_store(tmp_path, story)
    assert waiting == [M1, M2]
    assert asked is not None
    assert (asked.task, asked.answer) == (Task.ANSWERED, "42")


@pytest.mark.parametrize(("state", "late"), [(Task.DEAD, M2), (Task.TURN_ENDED, None), (Task.ANSWERED, None)])
def test_a_reply_to_what_came_to_nothing_is_found_by_that(tmp_path: Path, state: Task, late: MessageId | None):
    async def story(store: Store) -> MessageId | None:
        await store.commit(InsertMessage(message(), Task.OPEN), SUBMITTED, task(state))
        for id, sender in ((MessageId("m-3"), BOB), (M2, ADA)):
            await store.accept(message(id=id, sender=sender, target=message().sender, reply_to=M1), None)
        asked = store.reader.receipt(M1)
        assert asked is not None
        return store.reader.late_reply(asked)

    assert in_store(tmp_path, story) == late


def test_an_answer_after_the_turn_replaces_its_last_words_and_keeps_its_exit_status(tmp_path: Path):
    async def story(store: Store) -> Receipt | None:
        await store.commit(InsertMessage(message(), Task.OPEN), SUBMITTED)
        await store.commit(task(Task.TURN_ENDED, answer="$ ", answer_from="turn", exit_status=3))
        await store.commit(task(Task.ANSWERED, answer="42", answer_from="reply"))
        return store.reader.receipt(M1)

    receipt = in_store(tmp_path, story)
    assert receipt is not None
    assert (receipt.task, receipt.answer, receipt.answer_from, receipt.exit_status) == (Task.ANSWERED, "42", "reply", 3)


def test_a_task_whose_session_died_waits_again(tmp_path: Path):
    reopened = delivery(Delivery.ACCEPTED, session=None, at=WALL + 3, outcome=AttemptEnd.DIED_AT_IT)

    async def story(store: Store) -> list[Receipt]:
        await store.commit(InsertMessage(message(), Task.OPEN), HANDED_OVER, SUBMITTED, reopened)
        return store.reader.open_messages()

    (receipt,) = in_store(tmp_path, story)
    assert (receipt.state, receipt.task, receipt.attempt, receipt.session) == (Delivery.ACCEPTED, Task.OPEN, 1, "s-1")
    assert receipt.history == (BEGUN, step(HANDED_OVER), step(SUBMITTED), step(reopened))


def test_a_delivered_reply_does_not_wait_again(tmp_path: Path):
    async def story(store: Store) -> list[Receipt]:
        await store.commit(InsertMessage(message(), None), SUBMITTED)
        with pytest.raises(PeerdError, match="m-1 is submitted and stays so"):
            await store.commit(delivery(Delivery.ACCEPTED))
        return store.reader.open_messages()

    assert in_store(tmp_path, story) == []


@pytest.mark.parametrize("end", [Delivery.REFUSED, Delivery.EXPIRED, Delivery.CANCELLED, Delivery.DEAD])
def test_a_message_that_is_not_delivered_takes_its_task_with_it(tmp_path: Path, end: Delivery):
    async def story(store: Store) -> tuple[Receipt | None, list[Receipt]]:
        await store.commit(InsertMessage(message(), Task.OPEN), SetHold(M1, Hold.BUSY), delivery(end))
        with pytest.raises(PeerdError, match="the task of m-1 is dead"):
            await store.commit(task(Task.OPEN))
        return store.reader.receipt(M1), store.reader.open_messages()

    receipt, waiting = in_store(tmp_path, story)
    assert waiting == []
    assert receipt == Receipt(
        message=message(),
        state=end,
        task=Task.DEAD,
        attempt=1,
        session="s-1",
        history=(BEGUN, step(delivery(end))),
    )


def test_a_hold_stands_beside_the_state_until_the_delivery_ends(tmp_path: Path):
    async def story(store: Store) -> tuple[list[Hold | None], list[tuple[bool, ...]]]:
        await store.accept(message(), None)
        holds: list[Hold | None] = []
        changed = []
        for write in (SetHold(M1, Hold.DRAFT), HANDED_OVER, SUBMITTED, SetHold(M1, Hold.BUSY)):
            changed.append(await store.commit(write))
            receipt = store.reader.receipt(M1)
            holds.append(receipt.hold if receipt else None)
        return holds, changed

    holds, changed = in_store(tmp_path, story)
    assert holds == [Hold.DRAFT, Hold.DRAFT, None, None]
    assert changed == [(True,), (True,), (True,), (False,)]


@pytest.mark.parametrize("write", [HANDED_OVER, task(Task.DONE), SetHold(M1, None)], ids=["delivery", "task", "hold"])
def test_nothing_is_written_of_an_unknown_message(tmp_path: Path, write: object):
    async def story(store: Store) -> None:
        with pytest.raises(UnknownMessage, match="no message m-1"):
            await store.commit(write)  # type: ignore[arg-type]

    in_store(tmp_path, story)


def test_a_booting_daemon_is_told_what_is_not_over_in_the_order_accepted(tmp_path: Path):
    ends = {
        "m-9": (),
        "m-8": (delivery(Delivery.SUBMITTED, MessageId("m-8")),),
        "m-7": (delivery(Delivery.LEASED, MessageId("m-7")),),
        "m-6": (delivery(Delivery.SUBMITTED, MessageId("m-6")), task(Task.DONE, MessageId("m-6"))),
        "m-5": (delivery(Delivery.CANCELLED, MessageId("m-5")),),
        "m-4": (delivery(Delivery.HANDED_OVER, MessageId("m-4")),),
    }

    async def before(store: Store) -> None:
        for id, writes in ends.items():
            await store.commit(InsertMessage(message(id=id), Task.OPEN), *writes)
        await store.commit(InsertMessage(message(id="m-3"), None), delivery(Delivery.SUBMITTED, MessageId("m-3")))

    async def after(store: Store) -> tuple[list[MessageId], dict[PeerName, int]]:
        await store.accept(message(id="m-2", target=BOB), None)
        return ids(store.reader.open_messages()), store.reader.queue_depths()

    in_store(tmp_path, before)
    waiting, depths = in_store(tmp_path, after)
    assert waiting == ["m-9", "m-8", "m-7", "m-4", "m-2"]
    assert depths == {"ada": 3, "bob": 1}


def test_messages_are_listed_newest_first_without_their_texts(tmp_path: Path):
    async def story(store: Store) -> list[list[MessageId]]:
        read = store.reader.receipts
        answered = task(Task.ANSWERED, answer="long", answer_from="reply")
        await store.commit(InsertMessage(message(), Task.OPEN), SUBMITTED, answered)
        await store.accept(message(id=M2, target=BOB, accepted_at=WALL + 5), None)
        await store.accept(message(id="m-3", sender=BOB, accepted_at=WALL + 6), None)
        assert read(state=Delivery.SUBMITTED).receipts == [
            Receipt(
                message=message(body=""),
                state=Delivery.SUBMITTED,
                task=Task.ANSWERED,
                attempt=1,
                session=SessionId("s-1"),
                answer_from="reply",
                history=(BEGUN, step(SUBMITTED), step(answered)),
            )
        ]
        return [
            ids(found.receipts)
            for found in (read(), read(peer=BOB), read(since=WALL + 6), read(limit=2), read(BOB, limit=1))
        ] + [ids(read(BOB, before=MessageId("m-3")).receipts), ids(read(limit=1, before=MessageId("m-3")).receipts)]

    alone = [["m-3", "m-2", "m-1"], ["m-3", "m-2"], ["m-3"], ["m-3", "m-2"], ["m-3"]]
    assert in_store(tmp_path, story) == [*alone, ["m-2"], ["m-2"]]


def test_an_unknown_message_has_no_receipt_and_no_history(tmp_path: Path):
    async def story(store: Store) -> tuple[object, ...]:
        return (
            store.reader.receipt(M1),
            history(store.reader, M1),
            store.reader.receipts().receipts,
            store.reader.queue_depths(),
        )

    assert in_store(tmp_path, story) == (None, (), [], {})


def test_a_step_of_another_message_is_not_its_history(tmp_path: Path):
    async def story(store: Store) -> tuple[object, object]:
        sent: tuple[Message, ...] = (message(), message(id=M2))
        await store.commit(*(InsertMessage(each, None) for each in sent), delivery(Delivery.LEASED, M2))
        return history(store.reader, M1), history(store.reader, M2)

    assert in_store(tmp_path, story) == ((BEGUN,), (BEGUN, step(delivery(Delivery.LEASED))))


def test_a_message_whose_turn_is_over_was_served_by_its_session(tmp_path: Path):
    async def story(store: Store) -> list[MessageId | None]:
        await store.commit(InsertMessage(message(), Task.OPEN), SUBMITTED)
        open_turn = store.reader.served(SessionId("s-1"))
        await store.commit(task(Task.TURN_ENDED))
        return [open_turn, store.reader.served(SessionId("s-1")), store.reader.served(SessionId("s-2"))]

    assert in_store(tmp_path, story) == [None, M1, None]
