"""What each peer goes by, for a daemon that finds its file broken."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from peerd.model.peer import PeerName, Spec, Want
from peerd.store import schema_sessions
from peerd.store.read import Reader
from peerd.store.read_peers import KeptSpec
from peerd.store.store import Store
from peerd.store.write import ForgetPeer, RenamePeer, SetSpec, SetWant
from tests.build import ADA, spec
from tests.store.records import WALL, in_store, older_store, store_file

BOB = PeerName("bob")
FULL = spec(
    args=("--x", "1"),
    env={"LANG": "C", "KEY": "ü"},
    accepts_from=(),
    idle_s=7.5,
    task_attempts=2,
    pane_log=False,
    login="own",
    worktree="/repo",
)


async def on_record(store: Store) -> dict[PeerName, Spec]:
    return store.reader.specs()


def test_a_spec_is_kept_as_it_was_until_it_is_another(tmp_path: Path):
    async def story(store: Store) -> tuple[bool, ...]:
        return await store.commit(SetSpec(ADA, spec()), SetSpec(ADA, FULL), SetSpec(ADA, FULL))

    assert in_store(tmp_path, story) == (True, True, False)
    assert in_store(tmp_path, on_record) == {ADA: FULL}


def test_the_folder_that_its_file_was_in_is_kept_too_and_may_change_alone(tmp_path: Path):
    async def story(store: Store) -> tuple[bool, ...]:
        return await store.commit(*(SetSpec(ADA, FULL, folder) for folder in ("7", "8", "8")))

    async def kept(store: Store) -> Any:
        return store.reader.kept_specs()

    assert in_store(tmp_path, story) == (True, True, False)
    assert in_store(tmp_path, kept) == {ADA: KeptSpec(FULL, "8")}


def test_one_that_a_peerd_before_kept_is_of_no_folder_that_anybody_knows(tmp_path: Path):
    file, before = (
        Path(store_file(tmp_path)),
        schema_sessions.BEFORE_MESSAGING.index(schema_sessions.SPECS_KNOW_THEIR_FOLDER),
    )
    with older_store(file, before) as connection:
        connection.execute('INSERT INTO spec VALUES (\'ada\', \'{"name":"ada","runtime":"actor","dir":"/tmp"}\')')

    async def kept(store: Store) -> Any:
        return store.reader.kept_specs()

    assert in_store(tmp_path, kept) == {ADA: KeptSpec(spec(), "")}


def test_a_spec_can_be_forgotten(tmp_path: Path):
    async def story(store: Store) -> tuple[bool, ...]:
        return await store.commit(SetSpec(ADA, FULL), SetSpec(ADA, None), SetSpec(ADA, None))

    assert in_store(tmp_path, story) == (True, True, False)
    assert in_store(tmp_path, on_record) == {}


def test_it_goes_with_its_peer_to_another_name_and_takes_the_place_of_what_was_there(tmp_path: Path):
    async def story(store: Store) -> Any:
        old = SetSpec(BOB, spec(name=BOB, idle_s=1.0))
        return await store.commit(SetSpec(ADA, FULL), old, RenamePeer(ADA, BOB, WALL))

    in_store(tmp_path, story)

    kept = in_store(tmp_path, on_record)
    assert (list(kept), kept[BOB].name, kept[BOB].idle_s) == ([BOB], BOB, 7.5)


def test_a_peer_that_is_removed_leaves_none(tmp_path: Path):
    async def story(store: Store) -> Any:
        both = (SetSpec(ADA, FULL), SetSpec(BOB, spec(name=BOB)))
        return await store.commit(*both, ForgetPeer(ADA, WALL, "removed"))

    in_store(tmp_path, story)

    assert list(in_store(tmp_path, on_record)) == [BOB]


def test_one_that_makes_no_sense_costs_no_other_and_one_of_a_newer_peerd_is_understood(tmp_path: Path):
    async def story(store: Store) -> Any:
        return await store.commit(SetSpec(BOB, spec(name=BOB)))

    in_store(tmp_path, story)
    rows = [
        ("ada", '{"name":"ada","runtime":"actor","dir":"/tmp","mood":"good"}'),
        ("cid", '{"name":"cid"}'),
        ("dan", "{"),
        ("No Name", '{"name":"eve","runtime":"actor","dir":"/tmp"}'),
    ]
    with closing(sqlite3.connect(store_file(tmp_path))) as connection, connection:
        connection.executemany("INSERT INTO spec (peer, spec) VALUES (?, ?)", rows)

    assert in_store(tmp_path, on_record) == {ADA: spec(), BOB: spec(name=BOB)}


def test_the_store_of_the_peerd_before_has_none_and_keeps_what_it_has(tmp_path: Path):
    file, before = Path(store_file(tmp_path)), schema_sessions.BEFORE_MESSAGING.index(schema_sessions.SPECS_ARE_KEPT)
    with older_store(file, before) as connection:
        connection.execute("INSERT INTO want (peer, want, at) VALUES ('ada', 'down', 1)")

    async def story(store: Store) -> tuple[Any, ...]:
        none = store.reader.specs()
        await store.commit(SetSpec(ADA, FULL), SetWant(BOB, Want.DOWN, WALL))
        return none, store.reader.specs(), store.reader.wants()

    assert in_store(tmp_path, story) == ({}, {ADA: FULL}, {ADA: Want.DOWN, BOB: Want.DOWN})


def test_nothing_is_on_record_where_there_is_no_store_yet(tmp_path: Path):
    reader = Reader.open(store_file(tmp_path))

    assert reader.specs() == {}
    reader.close()
