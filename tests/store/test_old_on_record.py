"""What is over for long is not kept, texts first; what is open, or needed by that, always is."""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from peerd.errors import PeerdError
from peerd.model.message import Attachment, Delivery, MessageId, Task
from peerd.model.peer import OPERATOR, PeerName
from peerd.model.session import PROBED, End, EndCause, SessionId
from peerd.store.old import NEWEST_KEPT, DropReceipts, DropSessions, DropTexts
from peerd.store.read_old import TAKEN_LAST
from peerd.store.store import Store
from peerd.store.write import EndSession, InsertSession, Revive, SetConversation, SetReady, SetTyped
from tests.build import ADA, M1, M2, S1, message
from tests.store.records import WALL, delivery, in_store, session, task

DAY = 86_400.0
LATER = WALL + 40 * DAY
BEFORE = LATER - 30 * DAY
OVER = (delivery(Delivery.LEASED), delivery(Delivery.HANDED_OVER), delivery(Delivery.SUBMITTED), task(Task.TURN_ENDED))
FILE = Attachment("a.txt", "a" * 64, 1)

Story = Callable[[Store], Awaitable[Any]]


async def over(store: Store, **fields: Any) -> MessageId:
    sent = message(**fields)
    await store.accept(sent, Task.OPEN)
    ended = task(Task.TURN_ENDED, sent.id, answer="words", exit_status=0)
    await store.commit(delivery(Delivery.SUBMITTED, sent.id), ended)
    return sent.id


async def purged(store: Store, before: float = BEFORE, peer: PeerName | None = None) -> list[MessageId]:
    """Texts of which messages went."""
    seqs = store.reader.old_texts(before, peer, 100)
    had = {each.message.id for each in store.reader.receipts().receipts if each.gone_at is None}
    if seqs:
        await store.commit(DropTexts(json.dumps(seqs), before, LATER))
    return sorted(id for id in had if not store.reader.with_text([id]))


def test_the_text_the_answer_and_the_files_go_and_what_became_of_it_stays(tmp_path: Path):
    async def story(store: Store) -> Any:
        await over(store, topic="t", attachments=(FILE,))
        await purged(store)
        return store.reader.receipt(M1), store.reader.receipts().receipts, store.reader.attached([FILE.digest])

    receipt, (listed,), contents = in_store(tmp_path, story)
    assert (receipt.message.body, receipt.message.attachments, receipt.answer, receipt.gone_at) == ("", (), None, LATER)
    assert (receipt.task, receipt.exit_status, receipt.message.topic) == (Task.TURN_ENDED, 0, "t")
    assert [step.state for step in receipt.history] == ["accepted", "submitted", "turn_ended"]
    assert (listed.gone_at, contents) == (LATER, set())


def test_nothing_is_old_that_is_over_for_less_or_was_over_late(tmp_path: Path):
    async def story(store: Store) -> list[MessageId]:
        await over(store, id=M1, accepted_at=LATER - 29 * DAY)
        await store.accept(message(id=M2), Task.OPEN)
        await store.commit(delivery(Delivery.SUBMITTED, M2), task(Task.DONE, M2, at=LATER - DAY))
        return await purged(store)

    assert in_store(tmp_path, story) == []


@pytest.mark.parametrize("state", [Delivery.ACCEPTED, Delivery.LEASED, Delivery.HANDED_OVER, Delivery.SUBMITTED])
def test_nothing_open_goes_nor_what_that_replies_to_back_to_its_origin(tmp_path: Path, state: Delivery):
    async def story(store: Store) -> tuple[list[MessageId], list[int]]:
        await over(store, id=MessageId("origin"))
        await over(store, id=MessageId("question"), reply_to=MessageId("origin"))
        await over(store, id=MessageId("another"))
        await store.accept(message(id=M1, reply_to=MessageId("question")), Task.OPEN)
        if state is not Delivery.ACCEPTED:
            await store.commit(delivery(state))
        gone = await purged(store)
        return gone, store.reader.old_receipts(BEFORE, None, 100)

    gone, rows = in_store(tmp_path, story)
    assert (gone, len(rows)) == (["another"], 1)


def test_what_lies_unread_for_the_operator_is_open(tmp_path: Path):
    async def story(store: Store) -> list[MessageId]:
        await store.accept(message(sender=ADA, target=OPERATOR), None)
        return await purged(store)

    assert in_store(tmp_path, story) == []


@pytest.mark.parametrize("typed", [M1, f"{PROBED}{M1}", None])
def test_what_may_stand_in_a_line_that_lives_is_kept(tmp_path: Path, typed: str | None):
    async def story(store: Store) -> tuple[list[MessageId], list[MessageId]]:
        await store.commit(InsertSession(session()))
        await store.accept(message(), Task.OPEN)
        await store.commit(delivery(Delivery.CANCELLED, session=None if typed else S1), SetTyped(S1, typed))
        alive = await purged(store)
        await store.commit(EndSession(S1, End(EndCause.STOPPED), LATER))
        return alive, await purged(store)

    assert in_store(tmp_path, story) == ([], [M1])


def test_what_is_in_hand_is_not_old_whatever_became_of_its_task(tmp_path: Path):
    async def story(store: Store) -> tuple[list[int], list[int]]:
        for id in (M1, M2):
            await over(store, id=id)
        texts = store.reader.old_texts(BEFORE, None, 1, {M1})
        await store.commit(DropTexts(json.dumps([*texts, 1]), BEFORE, LATER))
        return texts, store.reader.old_receipts(BEFORE, None, 1, {M1})

    assert in_store(tmp_path, story) == ([2], [2])


def test_of_a_session_that_may_live_and_is_not_at_rest_a_few_are_known_that_it_took_last(tmp_path: Path):
    async def story(store: Store) -> list[set[MessageId]]:
        await store.commit(InsertSession(session()))
        for n in range(TAKEN_LAST + 1):
            await store.accept(message(id=MessageId(f"m-{n}")), None)
            await store.commit(delivery(Delivery.SUBMITTED, MessageId(f"m-{n}"), session=S1))
        await store.accept(message(id=MessageId("waits")), None)
        found = [store.reader.last_taken(()), store.reader.last_taken({S1})]
        await store.commit(EndSession(S1, End(EndCause.STOPPED), LATER))
        return [*found, store.reader.last_taken(())]

    assert in_store(tmp_path, story) == [{"m-1", "m-2", "m-3", "m-4"}, set(), set()]


def test_only_what_is_from_or_to_a_peer_goes_where_one_is_named(tmp_path: Path):
    async def story(store: Store) -> list[MessageId]:
        for id, sender, target in (("to", "operator", "ada"), ("from", "ada", "bob"), ("other", "bob", "cy")):
            await over(store, id=MessageId(id), sender=PeerName(sender), target=PeerName(target))
        return await purged(store, peer=ADA)

    assert in_store(tmp_path, story) == ["from", "to"]


def test_a_receipt_goes_only_once_its_text_is_gone_and_the_id_is_free_then(tmp_path: Path):
    async def story(store: Store) -> Any:
        await over(store)
        early = store.reader.old_receipts(BEFORE, None, 100)
        await purged(store)
        with pytest.raises(PeerdError, match="m-1 was sent to ada before, and its text is no longer kept"):
            await store.accept(message(), Task.OPEN)
        assert store.reader.sent_before(M1, "ada", "hello") is None
        seqs = store.reader.old_receipts(BEFORE, None, 100)
        await store.commit(DropReceipts(json.dumps(seqs), BEFORE))
        gone = store.reader.receipt(M1)
        return early, gone, (await store.accept(message(body="anew"), Task.OPEN)).new

    assert in_store(tmp_path, story) == ([], None, True)


def test_what_has_no_text_is_not_handed_out_again(tmp_path: Path):
    async def story(store: Store) -> Any:
        await store.accept(message(), Task.OPEN)
        await store.commit(delivery(Delivery.DEAD))
        await purged(store)
        with pytest.raises(PeerdError, match="text of m-1 is no longer kept"):
            await store.commit(Revive(M1, LATER, "again"))
        return [each.message.id for each in store.reader.dead_letters(ADA, 10).receipts]

    assert in_store(tmp_path, story) == [M1]


def test_what_has_come_to_be_needed_since_it_was_looked_at_stays(tmp_path: Path):
    async def story(store: Store) -> Any:
        await store.accept(message(), Task.OPEN)
        await store.commit(delivery(Delivery.DEAD))
        seqs = store.reader.old_texts(BEFORE, None, 100)
        await store.commit(Revive(M1, LATER, "again"))
        changed = await store.commit(DropTexts(json.dumps(seqs), BEFORE, LATER))
        return changed, store.reader.receipt(M1)

    changed, receipt = in_store(tmp_path, story)
    assert (changed, receipt.message.body) == ((False,), "hello")


def test_it_is_counted_before_it_is_done(tmp_path: Path):
    async def story(store: Store) -> Any:
        await over(store, id=M1)
        await purged(store)
        await over(store, id=M2, attachments=(FILE,))
        await store.accept(message(id=MessageId("m-3")), Task.OPEN)
        return store.reader.count_old(BEFORE, None)

    assert in_store(tmp_path, story) == (2, 1, 1)


async def _sessions(store: Store, count: int, **fields: Any) -> None:
    for n in range(count):
        id = SessionId(f"s-{n}")
        await store.commit(InsertSession(session(id=id, **fields)), SetReady(id, WALL), SetConversation(id, f"c-{n}"))
        await store.commit(EndSession(id, End(EndCause.PARKED), WALL + n))


def test_old_sessions_go_but_for_the_newest(tmp_path: Path):
    async def story(store: Store) -> Any:
        await _sessions(store, NEWEST_KEPT + 3)
        seqs = store.reader.old_sessions(BEFORE, 100)
        await store.commit(DropSessions(json.dumps(seqs), BEFORE))
        return store.reader.ended_sessions(ADA)

    assert in_store(tmp_path, story) == [f"s-{n}" for n in range(NEWEST_KEPT + 2, 2, -1)]


def test_a_session_stays_whose_conversation_is_gone_on_with_or_that_an_answer_may_wake(tmp_path: Path):
    async def story(store: Store) -> Any:
        await _sessions(store, NEWEST_KEPT + 4)
        await store.commit(SetConversation(SessionId(f"s-{NEWEST_KEPT + 3}"), "c-0", anew=True))
        await store.accept(message(sent_in=SessionId("s-1")), Task.OPEN)
        await over(store, id=M2, sent_in=SessionId("s-2"))
        await store.accept(message(id=MessageId("m-3"), reply_to=M2), None)
        return store.reader.old_sessions(BEFORE, 100)

    assert in_store(tmp_path, story) == [4]
