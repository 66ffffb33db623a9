"""What one peer sent another lately, and a message's priority, as they are on record."""

import sqlite3
from pathlib import Path

from peerd.model.message import MessageId, Receipt
from peerd.model.peer import PeerName
from peerd.store.read_pairs import Sent
from peerd.store.store import Store
from tests.build import ADA, M1, S1, message
from tests.store.records import WALL, in_store, store_file

BOB, EVE = PeerName("bob"), PeerName("eve")


def test_the_nth_last_message_of_a_pair_within_a_while_is_told(tmp_path: Path):
    sent = [(BOB, ADA, 0), (EVE, ADA, 1), (BOB, ADA, 2), (BOB, EVE, 3), (BOB, ADA, 4)]
    asked = [(WALL - 1, 1), (WALL - 1, 2), (WALL - 1, 3), (WALL - 1, 4), (WALL, 3)]

    async def story(store: Store) -> list[float | None]:
        for n, (sender, to, at) in enumerate(sent):
            fields = {"sender": sender, "target": to, "accepted_at": WALL + at, "sent_in": S1}
            await store.accept(message(id=MessageId(f"m-{n}"), **fields), None)
        return [store.reader.nth_last_sent(Sent(BOB, ADA, since, WALL + 10), nth) for since, nth in asked]

    assert in_store(tmp_path, story) == [WALL + 4, WALL + 2, WALL, None, None]


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
