"""Of which messages their senders are to be told is on record with their ends, and no more once they were."""

from pathlib import Path
from typing import Any

import pytest

from peerd.model.message import Delivery, MessageId, Task
from peerd.model.peer import PeerName
from peerd.store.owed import SettleReport
from peerd.store.store import Store
from peerd.store.write import ForgetPeer, InsertMessage, Revive, SetDelivery, SetTask, TakeOut, Write
from tests.build import M1, M2, S1, S2, message
from tests.store.records import in_store

BOB = PeerName("bob")


def dead(id: MessageId = M1, state: Delivery = Delivery.DEAD) -> SetDelivery:
    return SetDelivery(id, state, 0, None, 2.0, "lost")


TAKEN = SetDelivery(M1, Delivery.SUBMITTED, 1, None, 1.0, "seen")


def task(state: Task) -> tuple[Write, ...]:
    return TAKEN, SetTask(M1, state, 2.0, "so")


@pytest.mark.parametrize(
    ("writes", "fields", "owed"),
    [
        ((dead(),), {}, True),
        ((dead(state=Delivery.EXPIRED),), {}, True),
        ((dead(state=Delivery.CANCELLED),), {}, True),
        ((TakeOut(M1, 2.0, "out"),), {}, True),
        (task(Task.DEAD), {}, True),
        (task(Task.TURN_ENDED), {}, False),
        (task(Task.TURN_ENDED), {"report": "quiet"}, True),
        (task(Task.DONE), {"report": "asked"}, True),
        (task(Task.ANSWERED), {"report": "asked"}, False),
        ((*task(Task.TURN_ENDED), SetTask(M1, Task.ANSWERED, 3.0, "reply")), {"report": "asked"}, False),
        ((dead(), Revive(M1, 3.0, "again")), {}, False),
        ((dead(), SettleReport(M1)), {}, False),
        ((dead(), SettleReport(M1), dead()), {}, False),
        ((dead(),), {"sender": PeerName("operator")}, False),
        ((dead(),), {"sender": PeerName("daemon")}, False),
        ((dead(),), {"reply_to": M2}, True),
        ((TAKEN,), {"reply_to": M2, "report": "asked"}, False),
        ((dead(),), {"sent_in": None}, False),
        ((dead(), ForgetPeer(BOB, 3.0, "gone")), {}, False),
        ((ForgetPeer(BOB, 3.0, "gone"), dead()), {}, False),
        ((TAKEN,), {"report": "asked"}, False),
    ],
)
def test_what_is_owed_follows_from_the_end(
    tmp_path: Path, writes: tuple[Write, ...], fields: dict[str, Any], owed: bool
):
    sent = message(**({"sender": BOB, "sent_in": S2} | fields))

    async def work(store: Store) -> list[MessageId]:
        await store.commit(InsertMessage(sent, None if sent.reply_to else Task.OPEN))
        for write in writes:
            await store.commit(write)
        return store.reader.owed()

    assert in_store(tmp_path, work) == ([M1] if owed else [])


ANSWER = MessageId("answer")
ANSWERED = (TAKEN, SetTask(M1, Task.ANSWERED, 2.0, f"reply {ANSWER}"))


@pytest.mark.parametrize(
    ("writes", "owed"),
    [
        ((*ANSWERED, dead(ANSWER)), [M1, ANSWER]),
        ((*ANSWERED, dead(ANSWER), Revive(ANSWER, 3.0, "again")), []),
        ((TAKEN, dead(ANSWER)), [ANSWER]),
        ((TAKEN, SetTask(M1, Task.ANSWERED, 2.0, "reply another"), dead(ANSWER)), [ANSWER]),
    ],
    ids=["lost", "lost, and handed out again", "a reply to what is open", "a reply to what another one answered"],
)
def test_of_an_answer_that_is_lost_who_asked_is_told_too(
    tmp_path: Path, writes: tuple[Write, ...], owed: list[MessageId]
):
    asked = message(sender=BOB, sent_in=S2, report="quiet")
    reply = message(id=ANSWER, sender=PeerName("ada"), target=BOB, sent_in=S1, reply_to=M1)

    async def work(store: Store) -> list[MessageId]:
        await store.commit(InsertMessage(asked, Task.OPEN), InsertMessage(reply, None))
        for write in writes:
            await store.commit(write)
        return store.reader.owed()

    assert in_store(tmp_path, work) == owed


def test_whoever_tells_of_ends_is_told_of_each_and_of_nothing_else(tmp_path: Path):
    told: list[int] = []

    async def work(store: Store) -> None:
        store.tell_ends(lambda: told.append(1))
        await store.commit(InsertMessage(message(), Task.OPEN))
        await store.commit(TAKEN)
        assert told == []
        await store.commit(SetTask(M1, Task.DONE, 2.0, "so"))

    in_store(tmp_path, work)
    assert told == [1]
