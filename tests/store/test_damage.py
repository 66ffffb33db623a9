"""A file that cannot be trusted is set aside whole, under a name of its own, and a new one is begun."""

import asyncio
import os
import shutil
import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from peerd.errors import StoreError
from peerd.model.message import MessageId
from peerd.store.read import Reader
from peerd.store.store import Store
from peerd.store.write import InsertMessage
from tests.build import message
from tests.store.records import WALL, in_store, store_file

PAGE = 4096
ASIDE = ".corrupt-20231114T221320Z"


async def fill(store: Store) -> None:
    """Some hundred pages of messages."""
    sent = (message(id=MessageId(f"m-{n}"), body=f"{n} " * 500) for n in range(200))
    await store.commit(*(InsertMessage(each, None) for each in sent))


def filled(folder: Path) -> Path:
    in_store(folder, fill)
    return Path(store_file(folder))


def truncate(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2 // PAGE * PAGE)


def tear(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 3 + 17)


def fill_with_garbage(file: Path) -> None:
    file.write_bytes(bytes(range(1, 256)) * 400)


def leave_a_note(file: Path) -> None:
    file.write_bytes(b"not a database\n")


def flip_pages(file: Path) -> None:
    """The first 64 bytes of ten pages in the middle."""
    whole = bytearray(file.read_bytes())
    for page in range(len(whole) // PAGE // 2, len(whole) // PAGE // 2 + 10):
        head = slice(page * PAGE, page * PAGE + 64)
        whole[head] = bytes(byte ^ 0xFF for byte in whole[head])
    file.write_bytes(whole)


@pytest.mark.parametrize("damage", [truncate, tear, fill_with_garbage, leave_a_note, flip_pages])
def test_a_damaged_file_is_set_aside_as_it_is(tmp_path: Path, damage: Callable[[Path], None]):
    file = filled(tmp_path)
    damage(file)
    damaged = file.read_bytes()

    store = Store.open(str(file), wall=WALL)
    asyncio.run(store.close())

    assert store.set_aside is not None
    assert store.set_aside.path == f"{file}{ASIDE}"
    assert store.set_aside.why != ""
    assert Path(store.set_aside.path).read_bytes() == damaged
    assert (store.epoch, kept(file)) == (1, [])


def test_a_file_is_set_aside_with_its_log(tmp_path: Path):
    file = left_by_a_crash(tmp_path)
    log = Path(f"{file}-wal").read_bytes()
    fill_with_garbage(file)

    store = Store.open(str(file), wall=WALL)
    asyncio.run(store.close())

    assert Path(f"{file}{ASIDE}-wal").read_bytes() == log
    assert kept(file) == []


@pytest.mark.parametrize("lose", [lambda file: os.truncate(file, 0), os.unlink], ids=["emptied", "gone"])
def test_a_log_whose_file_is_lost_is_set_aside(tmp_path: Path, lose: Callable[[Path], None]):
    file = left_by_a_crash(tmp_path)
    log = Path(f"{file}-wal").read_bytes()
    lose(file)

    store = Store.open(str(file), wall=WALL)
    asyncio.run(store.close())

    assert store.set_aside is not None
    assert Path(f"{file}{ASIDE}-wal").read_bytes() == log
    assert kept(file) == []


def left_by_a_crash(folder: Path) -> Path:
    """A store as a killed owner leaves it: the newest commit is in its log alone."""
    filled(folder)
    crashed = folder / "crashed" / "peerd.db"
    crashed.parent.mkdir()

    async def copy(store: Store) -> None:
        await store.accept(message(id="m-last"), None)
        for end in ("", "-wal"):
            shutil.copyfile(f"{store_file(folder)}{end}", f"{crashed}{end}")

    in_store(folder, copy)
    return crashed


def kept(file: Path) -> list[str]:
    reader = Reader.open(str(file))
    ids: list[str] = [receipt.message.id for receipt in reader.open_messages()]
    reader.close()
    return ids


def test_what_a_crash_left_in_the_log_is_no_damage(tmp_path: Path):
    file = left_by_a_crash(tmp_path)

    store = Store.open(str(file), wall=WALL)
    asyncio.run(store.close())

    assert store.set_aside is None
    assert kept(file)[-1] == "m-last"


def test_two_damaged_files_of_one_second_are_both_kept(tmp_path: Path):
    file = filled(tmp_path)
    for content in (b"first", b"second"):
        file.write_bytes(content)
        asyncio.run(Store.open(str(file), wall=WALL).close())

    assert Path(f"{file}{ASIDE}").read_bytes() == b"first"
    assert Path(f"{file}{ASIDE}-2").read_bytes() == b"second"


def test_an_empty_file_is_a_new_store(tmp_path: Path):
    file = tmp_path / "peerd.db"
    file.touch()

    store = Store.open(str(file), wall=WALL)
    asyncio.run(store.close())

    assert (store.set_aside, store.epoch) == (None, 1)


def test_a_file_whose_making_was_cut_short_is_made_whole(tmp_path: Path):
    file = tmp_path / "peerd.db"
    cut_short(tmp_path / "elsewhere.db", file)

    store = Store.open(str(file), wall=WALL)
    asyncio.run(store.close())

    assert store.set_aside is None
    assert kept(file) == []


def cut_short(original: Path, copy: Path) -> None:
    """A database in the middle of a first transaction: pages written, its rollback journal hot."""
    connection = sqlite3.connect(original, isolation_level=None)
    connection.executescript("PRAGMA cache_size=1; CREATE TABLE scrap (text); BEGIN;")
    connection.executemany("INSERT INTO scrap VALUES (?)", [("x" * 3000,)] * 50)
    for end in ("", "-journal"):
        shutil.copyfile(f"{original}{end}", f"{copy}{end}")
    connection.execute("ROLLBACK")
    connection.close()


@pytest.mark.parametrize("end", ["", "/peerd.db"], ids=["the folder", "the file"])
def test_what_is_no_file_is_refused_and_left_alone(tmp_path: Path, end: str):
    place = tmp_path / "state"
    if end:
        (tmp_path / f"state{end}").mkdir(parents=True)
    else:
        place.write_text("a file")

    with pytest.raises(StoreError, match="cannot|could not"):
        Store.open(store_file(tmp_path), wall=WALL)

    assert sorted(path.name for path in tmp_path.rglob("*")) == (["peerd.db", "state"] if end else ["state"])


def test_nobody_else_can_read_what_the_store_keeps(tmp_path: Path):
    async def modes(store: Store) -> dict[str, int]:
        await fill(store)
        found = (tmp_path / "state", *(tmp_path / "state").iterdir())
        return {path.name: stat.S_IMODE(path.stat().st_mode) for path in found}

    before = os.umask(0)
    try:
        made = in_store(tmp_path, modes)
        os.chmod(store_file(tmp_path), 0o644)
        again = in_store(tmp_path, modes)
    finally:
        os.umask(before)

    files = ("peerd.db", "peerd.db-wal", "peerd.db-shm", "peerd.db-reserve")
    assert made == again == {"state": 0o700} | dict.fromkeys(files, 0o600)
