"""What a peer asked the operator, who read it and did not answer: the last of it is found, whatever else it sent."""

import contextlib
import sqlite3
from pathlib import Path

from peerd.model.message import Delivery, MessageId, Task
from peerd.model.peer import OPERATOR, PeerName
from peerd.store.read_messages import ASKED_OPERATOR
from peerd.store.store import Store
from peerd.store.write import ForgetPeer, SetDelivery
from tests.build import message
from tests.store.records import WALL, in_store, store_file, task

BOB, CAT = PeerName("bob"), PeerName("cat")


async def asks(store: Store, id: str, by: PeerName = BOB, *, read: bool = True, work: Task | None = Task.OPEN) -> None:
    sent = message(id=MessageId(id), sender=by, target=OPERATOR, sent_in="s-1")
    await store.accept(sent, work)
    if read:
        await store.commit(SetDelivery(sent.id, Delivery.SUBMITTED, 1, None, WALL, "shown"))


def found(store: Store, by: PeerName = BOB) -> str | None:
    asked = store.reader.asked_operator(by)
    return None if asked is None else asked.message.id


def test_the_last_that_was_read_and_awaits_an_answer_is_found(tmp_path: Path):
    async def story(store: Store) -> list[str | None]:
        await asks(store, "m-1")
        await asks(store, "m-2")
        await asks(store, "m-note", work=None)
        await asks(store, "m-unread", read=False)
        await asks(store, "m-cat", CAT)
        seen = [found(store), found(store, CAT)]
        await store.commit(task(Task.ANSWERED, message=MessageId("m-2")))
        seen.append(found(store))
        await store.commit(ForgetPeer(BOB, WALL, "removed"))
        return [*seen, found(store)]

    assert in_store(tmp_path, story) == ["m-2", "m-cat", "m-1", None]


def test_it_is_looked_for_among_what_is_open_and_not_in_all_that_was_sent(tmp_path: Path):
    async def story(store: Store) -> str:
        with contextlib.closing(sqlite3.connect(store_file(tmp_path))) as beside:
            plan = beside.execute(f"EXPLAIN QUERY PLAN {ASKED_OPERATOR}", {"peer": BOB})
            return " ".join(row[3] for row in plan)

    assert "USING INDEX message_working" in in_store(tmp_path, story)
