"""Commits: together where they wait together, each whole or not at all, in order, and never in each other's way."""

import asyncio
import resource
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from peerd.errors import DiskFull, InternalError, PeerdError, StoreError, TryAgain, UnknownMessage
from peerd.model.message import Delivery, MessageId
from peerd.store.database import own
from peerd.store.opening import begin, prepare
from peerd.store.read import Reader
from peerd.store.reserve import Reserve
from peerd.store.store import COMMITS_WAITING_MAX, Store
from peerd.store.write import InsertMessage, InsertSession, SetDelivery, SetJournalRead
from peerd.store.writer import Changed, Writer
from tests.build import M1, S1, message
from tests.store.records import WALL, delivery, in_store, session, store_file

BIG = "x" * (1 << 20)
SYNCHRONOUS_FULL = 2  # as https://sqlite.org/pragma.html#pragma_synchronous has it


def inserted(n: int, **changes: object) -> InsertMessage:
    return InsertMessage(message(id=MessageId(f"m-{n}"), **changes), None)


def on_record(store: Store) -> list[str]:
    return [receipt.message.id for receipt in store.reader.open_messages()]


def test_commits_that_wait_together_share_a_transaction_and_keep_their_order(tmp_path: Path):
    async def story(store: Store) -> tuple[int, list[str]]:
        await asyncio.gather(*(store.commit(inserted(n)) for n in range(200)))
        return store.transactions, on_record(store)

    transactions, ids = in_store(tmp_path, story)
    assert transactions <= 10
    assert ids == [f"m-{n}" for n in range(200)]


def test_a_commit_is_on_disk_when_it_returns_and_not_only_with_the_kernel(tmp_path: Path):
    path = store_file(tmp_path)
    prepare(path, WALL)

    with closing(own(path)) as connection:
        assert connection.execute("PRAGMA synchronous").fetchone()[0] == SYNCHRONOUS_FULL
        assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"


def test_a_refused_commit_is_taken_back_whole_and_its_neighbours_are_kept(tmp_path: Path):
    async def story(store: Store) -> tuple[list[Changed | BaseException], int, list[str]]:
        lost = store.commit(inserted(2), delivery(Delivery.LEASED, MessageId("m-404")))
        commits = [store.commit(inserted(1)), lost, store.commit(inserted(3))]
        outcomes = await asyncio.gather(*commits, return_exceptions=True)
        return outcomes, store.transactions, on_record(store)

    outcomes, transactions, ids = in_store(tmp_path, story)
    assert [type(outcome) for outcome in outcomes] == [tuple, UnknownMessage, tuple]
    assert (transactions, ids) == (1, ["m-1", "m-3"])


@pytest.mark.parametrize(
    "write",
    [
        SetJournalRead(S1, 1 << 63),
        SetDelivery(M1, Delivery.LEASED, None, None, WALL, ""),  # type: ignore[arg-type]
        SetDelivery(M1, Delivery.LEASED, 1, None, float("nan"), ""),
        SetDelivery(M1, Delivery.LEASED, 1, [], WALL, ""),  # type: ignore[arg-type]
    ],
    ids=["too great a number", "nothing", "no time", "a list"],
)
def test_what_cannot_be_stored_fails_only_its_own_caller(tmp_path: Path, write: SetJournalRead | SetDelivery):
    async def story(store: Store) -> tuple[list[Changed | BaseException], list[str]]:
        await store.commit(InsertSession(session()), inserted(1))
        commits = [store.commit(inserted(2)), store.commit(write), store.commit(inserted(3))]
        return await asyncio.gather(*commits, return_exceptions=True), on_record(store)

    outcomes, ids = in_store(tmp_path, story)
    assert [type(outcome) for outcome in outcomes] == [tuple, InternalError, tuple]
    assert ids == ["m-1", "m-2", "m-3"]


def test_a_bug_costs_its_transaction_and_nothing_later(tmp_path: Path):
    async def story(store: Store) -> tuple[list[Changed | BaseException], list[str]]:
        commits = [store.commit(inserted(1)), store.commit("no write")]  # type: ignore[arg-type]
        outcomes = await asyncio.gather(*commits, return_exceptions=True)
        await store.commit(inserted(2))
        return outcomes, on_record(store)

    outcomes, ids = in_store(tmp_path, story)
    assert [type(outcome) for outcome in outcomes] == [AssertionError, AssertionError]
    assert ids == ["m-2"]


def test_an_owner_waits_for_the_disk_at_every_commit(tmp_path: Path):
    path = str(tmp_path / "peerd.db")
    prepare(path, WALL)
    connection = own(path)

    told = [
        connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous", "foreign_keys")
    ]
    connection.close()

    assert told == ["wal", 2, 1]


def test_a_full_disk_fails_all_who_wait_and_nothing_later(tmp_path: Path):
    path = str(tmp_path / "peerd.db")
    prepare(path, WALL)
    connection = own(path)
    begin(connection)
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count={pages + 8}")

    async def story() -> tuple[list[Changed | BaseException], Changed]:
        writer = Writer(connection, path, Reserve(path))
        commits = [writer.commit((inserted(1),)), writer.commit((inserted(2, body=BIG),))]
        outcomes = await asyncio.gather(*commits, return_exceptions=True)
        later = await writer.commit((inserted(3),))
        await writer.drain()
        await writer.close()
        return outcomes, later

    outcomes, later = asyncio.run(story())
    assert [type(outcome) for outcome in outcomes] == [DiskFull, DiskFull]
    assert later == (True,)
    assert kept(path) == ["m-3"]


@contextmanager
def files_at_most(size: int) -> Iterator[None]:
    """The kernel refuses this process to write beyond `size` bytes in any file."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_disk_that_refuses_a_write_costs_only_those_who_wait(tmp_path: Path):
    async def story(store: Store) -> list[str]:
        await store.commit(inserted(1))
        with files_at_most(3 << 18):
            with pytest.raises(StoreError, match="make room"):
                await store.commit(inserted(2, body=BIG))
            await store.commit(inserted(3))
        await store.commit(inserted(4, body=BIG))
        return on_record(store)

    assert in_store(tmp_path, story) == ["m-1", "m-3", "m-4"]
    assert kept(store_file(tmp_path)) == ["m-1", "m-3", "m-4"]


def test_what_is_asked_for_and_refused_is_told_until_the_disk_takes_something_that_is_asked_for(tmp_path: Path):
    async def story(store: Store) -> tuple[str | None, ...]:
        with files_at_most(3 << 18):
            with pytest.raises(StoreError, match="make room"):
                await store.commit(inserted(1, body=BIG))
            refused = store.refusal
            await store.keep(inserted(2))
            still = store.refusal
        await store.commit(inserted(3))
        return refused, still, store.refusal

    refused, still, after = in_store(tmp_path, story)
    assert (refused is not None and "make room" in refused, still, after) == (True, refused, None)


def test_what_is_kept_is_tried_again_until_the_disk_takes_it_and_nothing_overtakes_it(tmp_path: Path):
    async def story(store: Store) -> tuple[list[str], list[str | None], list[str]]:
        told: list[str] = []
        store.tell_trouble(lambda error: told.append(str(error)))
        with files_at_most(1 << 19):
            written = store.keep(inserted(1, body=BIG))
            await asyncio.sleep(0)  # its first attempt has begun
            after = store.keep(inserted(2))
            with pytest.raises(StoreError, match="make room"):
                await store.commit()
            troubles = [store.trouble]
            with pytest.raises(StoreError, match="make room"):
                await store.commit(inserted(3))
        assert not written.done()
        assert not after.done()
        await store.commit(inserted(4))
        assert written.done()
        return told, [*troubles, store.trouble], on_record(store)

    told, troubles, ids = in_store(tmp_path, story)
    assert (told, ids) == ([troubles[0]], ["m-1", "m-2", "m-4"])
    assert troubles[1] is None


def test_a_store_that_is_closed_gives_up_what_the_disk_refuses(tmp_path: Path):
    async def story(store: Store) -> "asyncio.Future[Changed]":
        written = store.keep(inserted(1, body=BIG))
        with pytest.raises(StoreError):
            await store.commit()
        await store.close()
        return written

    async def whole() -> BaseException | None:
        store = Store.open(store_file(tmp_path), wall=WALL)
        with files_at_most(1 << 19):
            return (await asyncio.wait_for(story(store), 10)).exception()

    assert isinstance(asyncio.run(whole()), StoreError)


def kept(path: str) -> list[str]:
    reader = Reader.open(path)
    ids: list[str] = [receipt.message.id for receipt in reader.open_messages()]
    reader.close()
    return ids


def test_a_message_that_finds_too_many_before_it_is_not_stored(tmp_path: Path):
    async def story(store: Store) -> tuple[list[type], int]:
        sent = (store.accept(message(id=f"m-{n}"), None) for n in range(COMMITS_WAITING_MAX + 2))
        outcomes = await asyncio.gather(*sent, return_exceptions=True)
        return [type(each) for each in outcomes if isinstance(each, BaseException)], len(on_record(store))

    assert in_store(tmp_path, story) == ([TryAgain, TryAgain], COMMITS_WAITING_MAX)


def test_who_gives_up_waiting_does_not_take_the_commit_back(tmp_path: Path):
    async def story(store: Store) -> list[str]:
        impatient = store.commit(inserted(1))
        impatient.cancel()
        await store.commit(inserted(2))
        assert impatient.cancelled()
        return on_record(store)

    assert in_store(tmp_path, story) == ["m-1", "m-2"]


def test_closing_keeps_what_was_asked_for_and_takes_no_more(tmp_path: Path):
    async def story(store: Store) -> Changed:
        asked = store.commit(inserted(1))
        await store.close()
        with pytest.raises(PeerdError, match="the store is closed"):
            await store.commit(inserted(2))
        return await asked

    async def whole() -> Changed:
        return await story(Store.open(store_file(tmp_path), wall=WALL))

    assert asyncio.run(whole()) == (True,)
    assert kept(store_file(tmp_path)) == ["m-1"]
