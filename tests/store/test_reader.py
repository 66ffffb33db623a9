"""Reading the record where no daemon runs."""

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from peerd.errors import StoreError
from peerd.model.message import Delivery, Receipt
from peerd.store.apply import apply
from peerd.store.database import own, read_only
from peerd.store.read import Reader
from peerd.store.store import Store
from peerd.store.write import InsertMessage
from tests.build import M1, message
from tests.store.records import delivery, in_store, store_file

NOBODY = 65534


async def send(store: Store) -> Receipt:
    return (await store.accept(message(), None)).receipt


def read(file: str) -> list[Receipt | None]:
    with closing(Reader.open(file)) as reader:
        return [reader.receipt(each.message.id) for each in reader.open_messages()]


@pytest.mark.parametrize("there", [False, True], ids=["no file", "an empty file"])
def test_where_no_store_is_nothing_is_on_record_and_nothing_is_made(tmp_path: Path, there: bool):
    file = tmp_path / "peerd.db"
    if there:
        file.touch()

    with closing(Reader.open(str(file))) as reader:
        on_record = reader.open_messages(), reader.live_sessions(), reader.wants(), reader.receipt(M1)

    assert on_record == ([], [], {}, None)
    assert [path.stat().st_size for path in tmp_path.iterdir()] == ([0] if there else [])


def test_a_store_can_be_read_when_its_owner_has_closed_it(tmp_path: Path):
    receipt = in_store(tmp_path, send)

    assert read(store_file(tmp_path)) == [receipt]
    assert read(store_file(tmp_path)) == [receipt]


def test_a_folder_may_have_any_name(tmp_path: Path):
    folder = tmp_path / "a?mode=memory#b%20c é"
    receipt = in_store(folder, send)

    assert read(store_file(folder)) == [receipt]


def test_a_reader_does_not_stop_the_next_owner(tmp_path: Path):
    in_store(tmp_path, send)

    with closing(Reader.open(store_file(tmp_path))) as reader:
        in_store(tmp_path, lambda store: store.commit(InsertMessage(message(id="m-2"), None)))
        assert [receipt.message.id for receipt in reader.open_messages()] == ["m-1", "m-2"]


def test_every_answer_is_of_one_moment(tmp_path: Path):
    in_store(tmp_path, send)
    file = store_file(tmp_path)

    with closing(own(file)) as owner, closing(read_only(file)) as connection:
        reader = Reader(connection, file)
        connection.set_trace_callback(lambda sql: "FROM step" in sql and apply(owner, delivery(Delivery.LEASED)))
        (during,), (after,) = reader.open_messages(), reader.open_messages()

    assert (during.state, [step.state for step in during.history]) == (Delivery.ACCEPTED, ["accepted"])
    assert (after.state, len(after.history)) == (Delivery.LEASED, 2)


@contextmanager
def unwritable(folder: Path) -> Iterator[None]:
    """As one who may read the folder and may not write in it; root becomes nobody."""
    os.chmod(folder, 0o555)
    if os.geteuid() == 0:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(os.getuid())
        os.chmod(folder, 0o755)


def test_a_store_can_be_read_where_nothing_can_be_written():
    with tempfile.TemporaryDirectory(prefix="peerd-", dir="/tmp") as name:
        os.chmod(name, 0o755)
        receipt = in_store(Path(name), send)
        os.chmod(store_file(Path(name)), 0o644)

        with unwritable(Path(name, "state")):
            assert read(store_file(Path(name))) == [receipt]
            assert sorted(os.listdir(Path(name, "state"))) == ["peerd.db", "peerd.db-reserve"]


def test_a_log_that_cannot_be_read_is_not_passed_over():
    with tempfile.TemporaryDirectory(prefix="peerd-", dir="/tmp") as name:
        os.chmod(name, 0o755)
        in_store(Path(name), send)
        os.chmod(store_file(Path(name)), 0o644)
        Path(f"{store_file(Path(name))}-wal").write_bytes(b"x" * 100)

        with unwritable(Path(name, "state")), pytest.raises(StoreError, match="could not be opened"):
            read(store_file(Path(name)))


@pytest.mark.parametrize(
    "damage",
    ["UPDATE message SET state = 'strewn'", "UPDATE step SET at = 'noon'", "UPDATE message SET task = x'ff'"],
)
def test_a_row_that_makes_no_sense_is_told_and_not_passed_over(tmp_path: Path, damage: str):
    in_store(tmp_path, send)
    with closing(sqlite3.connect(store_file(tmp_path))) as connection:
        connection.execute(damage)
        connection.commit()

    with (
        closing(Reader.open(store_file(tmp_path))) as reader,
        pytest.raises(StoreError, match="message m-1 has an invalid record"),
    ):
        reader.receipt(M1)


def test_a_file_that_is_no_database_is_told(tmp_path: Path):
    file = tmp_path / "peerd.db"
    file.write_text("dear diary")

    with pytest.raises(StoreError, match="damaged"):
        Reader.open(str(file))
