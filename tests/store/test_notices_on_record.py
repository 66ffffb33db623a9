"""The board as the next daemon finds it, and what came to nothing that nobody looked at."""

import contextlib
import sqlite3
from pathlib import Path

from msgspec.structs import replace

from peerd.model.board import Entry
from peerd.model.message import TAKEN_LATE, Delivery, MessageId, Task
from peerd.model.notice import Notice, Severity
from peerd.model.peer import DAEMON, OPERATOR, PeerName
from peerd.store.noticed import UNSEEN, KeepNotices, SetLooked
from peerd.store.schema_messaging import LOSSES_ARE_SEEN
from peerd.store.steps import SetLate
from peerd.store.store import Store
from peerd.store.write import ForgetPeer, RenamePeer, Revive, SetDelivery, SetTask
from tests.build import ADA, message
from tests.store.records import WALL, in_store, store_file

BOB = PeerName("bob")
LOST = (MessageId("m-dead"), MessageId("m-late"))
DOWN = Notice(kind="down", about="ada", text="ada is failed: ä", remedy="start it", severity=Severity.URGENT)
ENTRY = Entry(n=3, notice=DOWN, first_at=WALL, raised_at=WALL + 5, seen_at=WALL + 7, count=2, read=True)
OTHER = Entry(n=4, notice=replace(DOWN, about="bob"), first_at=WALL, raised_at=WALL, seen_at=WALL)


def test_the_board_is_kept_as_it_was_last_written(tmp_path: Path):
    async def written(store: Store) -> None:
        await store.commit(KeepNotices((replace(ENTRY, read=False), OTHER)))
        await store.commit(KeepNotices((ENTRY,), (OTHER.key,)))

    async def found(store: Store) -> object:
        return store.reader.board()

    in_store(tmp_path, written)
    assert in_store(tmp_path, found) == {("down", "ada"): ENTRY}


def test_one_of_a_newer_peerd_is_left_out(tmp_path: Path):
    async def written(store: Store) -> None:
        await store.commit(KeepNotices((ENTRY, OTHER)))

    async def found(store: Store) -> object:
        return list(store.reader.board().values())

    in_store(tmp_path, written)
    with contextlib.closing(sqlite3.connect(store_file(tmp_path))) as store, store:
        store.execute("""UPDATE notice SET entry = replace(entry, '"down"', '"moonstruck"') WHERE about = 'ada'""")
    assert in_store(tmp_path, found) == [OTHER]


async def came_to(store: Store, id: str, state: Delivery, at: float, sender: PeerName = BOB) -> None:
    await store.accept(message(id=MessageId(id), sender=sender), Task.OPEN)
    await store.commit(SetDelivery(MessageId(id), state, 0, None, at, "why"))


async def losses(store: Store) -> None:
    """Two of ada's that were lost, one that somebody cancelled, and one of the daemon's own words."""
    await came_to(store, "m-dead", Delivery.DEAD, WALL + 1)
    await came_to(store, "m-late", Delivery.EXPIRED, WALL + 2)
    await came_to(store, "m-cancelled", Delivery.CANCELLED, WALL + 3)
    await came_to(store, "m-said", Delivery.EXPIRED, WALL + 3, DAEMON)


def test_what_came_to_nothing_is_unseen_until_somebody_looked(tmp_path: Path):
    async def story(store: Store) -> list[object]:
        await losses(store)
        unseen = [store.reader.unseen_losses()]
        await store.commit(SetLooked(LOST))
        return [*unseen, store.reader.unseen_losses()]

    assert in_store(tmp_path, story) == [{ADA: 2}, {}]


def test_what_nobody_has_seen_is_listed_first_then_the_newest_and_that_there_is_more(tmp_path: Path):
    async def story(store: Store) -> list[object]:
        await losses(store)
        await came_to(store, "m-last", Delivery.CANCELLED, WALL + 4)
        await store.commit(SetLooked(LOST[:1]))
        found = [store.reader.dead_letters(ADA, limit) for limit in (2, 5)]
        return [store.reader.unseen_of(ADA), *((each.ids, each.more) for each in found)]

    in_all = ["m-late", "m-last", "m-said", "m-cancelled", "m-dead"]
    assert in_store(tmp_path, story) == [{"m-late"}, (in_all[:2], True), (in_all, False)]


def test_what_was_answered_before_it_expired_has_not_come_to_nothing(tmp_path: Path):
    async def story(store: Store) -> list[object]:
        await store.accept(message(id=MessageId("m-late"), sender=BOB), Task.OPEN)
        await store.commit(SetTask(MessageId("m-late"), Task.ANSWERED, WALL, "reply m-2"))
        await store.commit(SetDelivery(MessageId("m-late"), Delivery.EXPIRED, 0, None, WALL, "why"))
        return [store.reader.unseen_losses(), store.reader.dead_letters(ADA, 9).ids]

    assert in_store(tmp_path, story) == [{}, []]


def test_what_comes_to_nothing_after_that_is_unseen_whatever_the_clock_says(tmp_path: Path):
    async def story(store: Store) -> list[object]:
        await losses(store)
        await store.commit(SetLooked(LOST))
        await came_to(store, "m-back", Delivery.EXPIRED, WALL - 3600)
        back = store.reader.unseen_losses()
        await store.commit(Revive(MessageId("m-dead"), WALL - 3600, "by you"))
        await store.commit(SetDelivery(MessageId("m-dead"), Delivery.DEAD, 1, None, WALL - 3600, "why"))
        return [back, store.reader.unseen_losses()]

    assert in_store(tmp_path, story) == [{ADA: 1}, {ADA: 2}]


def test_what_was_taken_after_all_once_somebody_had_looked_is_no_further_loss(tmp_path: Path):
    async def story(store: Store) -> list[object]:
        await losses(store)
        await store.commit(SetLooked(LOST))
        await store.commit(SetLate(MessageId("m-dead"), WALL + 9, f"{TAKEN_LATE}: its id is in the journal of s-1"))
        taken = store.reader.unseen_losses()
        await store.commit(Revive(MessageId("m-dead"), WALL + 10, "by you"))
        await store.commit(SetDelivery(MessageId("m-dead"), Delivery.DEAD, 1, None, WALL + 11, "why"))
        return [taken, store.reader.unseen_losses()]

    assert in_store(tmp_path, story) == [{}, {ADA: 1}]


def test_what_a_peerd_before_noted_as_looked_at_is_seen(tmp_path: Path):
    async def unseen(store: Store) -> dict[PeerName, int]:
        return store.reader.unseen_losses()

    in_store(tmp_path, losses)
    with contextlib.closing(sqlite3.connect(store_file(tmp_path))) as store, store:
        store.execute("ALTER TABLE message DROP COLUMN loss_seen")
        store.execute("CREATE TABLE looked (peer TEXT PRIMARY KEY, at REAL NOT NULL) WITHOUT ROWID")
        store.execute("INSERT INTO looked VALUES ('ada', ?)", (WALL + 1,))
        for statement in LOSSES_ARE_SEEN:
            store.execute(statement)
    assert in_store(tmp_path, unseen) == {ADA: 1}


def test_what_was_looked_at_is_so_under_another_name_and_a_namesake_inherits_nothing_to_look_at(tmp_path: Path):
    async def story(store: Store) -> list[object]:
        await losses(store)
        await store.commit(SetLooked(LOST), RenamePeer(ADA, BOB, WALL))
        renamed = store.reader.unseen_losses()
        await store.commit(ForgetPeer(BOB, WALL, "removed"))
        return [renamed, store.reader.unseen_losses()]

    assert in_store(tmp_path, story) == [{}, {}]


def test_what_the_operator_read_of_one_that_was_removed_is_no_loss_and_what_was_not_read_in_time_is(tmp_path: Path):
    async def story(store: Store) -> list[object]:
        for id in ("q-read", "q-unread"):
            await store.accept(message(id=MessageId(id), sender=BOB, target=OPERATOR, sent_in="s-1"), Task.OPEN)
        await store.commit(SetDelivery(MessageId("q-read"), Delivery.SUBMITTED, 1, None, WALL, "shown"))
        await store.commit(SetTask(MessageId("q-read"), Task.DEAD, WALL, "not answered in time"))
        await store.commit(SetDelivery(MessageId("q-unread"), Delivery.EXPIRED, 0, None, WALL, "not read in time"))
        unseen = store.reader.unseen_losses()
        await store.commit(ForgetPeer(BOB, WALL, "removed"))
        return [unseen, store.reader.unseen_losses()]

    assert in_store(tmp_path, story) == [{OPERATOR: 2}, {OPERATOR: 1}]


def test_the_count_takes_the_index_and_not_every_message(tmp_path: Path):
    async def story(store: Store) -> str:

        with contextlib.closing(sqlite3.connect(store_file(tmp_path))) as beside:
            return " ".join(row[3] for row in beside.execute(f"EXPLAIN QUERY PLAN {UNSEEN}"))

    assert "USING INDEX message_lost" in in_store(tmp_path, story)
