"""What one peer sent another lately, and a message's priority, as they are on record."""

import sqlite3
from pathlib import Path

from peerd.model.message import MessageId, Receipt
from peerd.model.peer import PeerName
from peerd.store.store import Store
from tests.build import ADA, M1, message
from tests.store.records import WALL, in_store, store_file

BOB, EVE = PeerName("bob"), PeerName("eve")


def test_the_nth_last_message_of_a_pair_is_told_and_what_is_to_come_is_none(tmp_path: Path):
    sent = [(BOB, ADA, 0), (EVE, ADA, 1), (BOB, ADA, 2), (BOB, EVE, 3), (BOB, ADA, 4), (BOB, ADA, 900)]

    async def story(store: Store) -> list[float | None]:
        for n, (sender, to, at) in enumerate(sent):
            await store.accept(message(id=MessageId(f"m-{n}"), sender=sender, target=to, accepted_at=WALL + at), None)
        return [store.reader.nth_last_sent(BOB, ADA, WALL + 10, nth) for nth in (1, 2, 3, 4)]

    assert in_store(tmp_path, story) == [WALL + 4, WALL + 2, WALL, None]


def test_a_priority_is_kept_and_one_that_there_is_not_makes_no_sense(tmp_path: Path):
    async def accepted(store: Store) -> Receipt:
        return (await store.accept(message(priority="high"), None)).receipt

    async def read(store: Store) -> tuple[list[str], str | None]:
        return [each.message.priority for each in store.reader.open_messages()], store.reader.why_senseless(M1)

    assert in_store(tmp_path, accepted).message.priority == "high"
    assert in_store(tmp_path, read) == (["high"], None)
    with sqlite3.connect(store_file(tmp_path)) as connection:
        connection.execute("UPDATE message SET priority = 'urgent'")
    connection.close()
    found, why = in_store(tmp_path, read)
    assert found == []
    assert "urgent" in (why or "")
