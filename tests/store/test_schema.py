"""Databases of other versions: none yet, an older peerd's, a newer one's."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from peerd.errors import ConfigError, StoreError
from peerd.model.peer import PeerName
from peerd.model.session import Session, SessionId
from peerd.store import schema_sessions
from peerd.store.database import own
from peerd.store.migrate import migrate, version
from peerd.store.opening import prepare
from peerd.store.read import Reader
from peerd.store.schema import VERSION
from peerd.store.store import Store
from peerd.store.write import InsertSession
from tests.build import spec
from tests.store.records import WALL, in_store, older_store, session, store_file


def layout(file: str) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(file)) as connection:
        return sorted(connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"))


def set_version(file: str, number: int) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute(f"PRAGMA user_version={number}")


def test_a_database_without_tables_is_brought_up_to_date(tmp_path: Path):
    in_store(tmp_path / "new", lambda store: store.commit())
    bare = tmp_path / "bare" / "state" / "peerd.db"
    bare.parent.mkdir(parents=True)
    with closing(sqlite3.connect(bare)) as connection:
        connection.executescript("PRAGMA journal_mode=WAL; PRAGMA user_version=0; VACUUM;")
    assert bare.stat().st_size > 0

    in_store(tmp_path / "bare", lambda store: store.commit())

    assert layout(str(bare)) == layout(store_file(tmp_path / "new")) != []


def test_a_migration_that_fails_leaves_the_version_it_began_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = str(tmp_path / "peerd.db")
    prepare(path, WALL)
    with closing(own(path)) as connection:
        failing = ("CREATE TABLE a (x)",), ("CREATE TABLE b (x)", "CREATE")
        monkeypatch.setattr("peerd.store.migrate.MIGRATIONS", failing)
        monkeypatch.setattr("peerd.store.migrate.VERSION", 2)
        with pytest.raises(sqlite3.OperationalError):
            migrate(connection)
        assert version(connection) == 1

    assert [name for name, _ in layout(path)] == ["a"]


def test_a_newer_peerds_database_is_refused_and_left_untouched(tmp_path: Path):
    in_store(tmp_path, lambda store: store.commit())
    file = store_file(tmp_path)
    set_version(file, VERSION + 1)
    before = Path(file).read_bytes()

    with pytest.raises(ConfigError, match="upgrade peerd"):
        Store.open(file, wall=WALL)
    with pytest.raises(ConfigError, match="upgrade peerd"):
        Reader.open(file)

    assert Path(file).read_bytes() == before
    assert [path.name for path in Path(file).parent.glob("*corrupt*")] == []


def test_a_reader_does_not_migrate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    in_store(tmp_path, lambda store: store.commit())
    monkeypatch.setattr("peerd.store.read.VERSION", VERSION + 1)

    with pytest.raises(StoreError, match="older peerd"):
        Reader.open(store_file(tmp_path))


def test_every_opening_has_a_higher_epoch(tmp_path: Path):
    async def epoch(store: Store) -> int:
        return store.epoch

    assert [in_store(tmp_path, epoch) for _ in range(3)] == [1, 2, 3]


def test_the_sessions_of_the_first_database_are_there_in_the_next(tmp_path: Path):
    file = Path(store_file(tmp_path))
    file.parent.mkdir(parents=True)
    with closing(sqlite3.connect(file)) as connection, connection:
        for statement in schema_sessions.FIRST:
            connection.execute(statement)
        connection.execute("PRAGMA user_version=1")
        connection.execute(
            "INSERT INTO session (id, peer, runtime, mode, cause, boot_id, token_hash, started_at, journal_read) "
            "VALUES ('s-1', 'ada', 'actor', 'fresh', 'message', ?, ?, ?, 0)",
            (session().boot_id, "0" * 64, WALL),
        )

    async def story(store: Store) -> list[Session]:
        return store.reader.live_sessions()

    assert in_store(tmp_path, story) == [session()]


def older(file: Path, migrations: int, *rows: str) -> None:
    """A database of an earlier peerd, with sessions as it had them."""
    with older_store(file, migrations) as connection:
        for row in rows:
            columns = "id, because, ready_at, ended_at, end_cause, end, journal_read, peer, runtime, mode, cause"
            connection.execute(
                f"INSERT INTO session ({columns}, boot_id, token_hash, started_at) "
                f"VALUES ({row}, 'ada', 'actor', 'resume', 'message', 'b-1', '{'0' * 64}', {WALL})"
            )


KILLED = """'killed', '{"cause":"killed","signal":9}', 0"""


@pytest.mark.parametrize(
    ("because", "ready_at", "counts"),
    [("'ephemeral'", "1", False), ("'ephemeral'", "NULL", True), ("'not parked'", "1", True)],
    ids=["at its task", "before it was ready", "of another peer"],
)
def test_a_death_before_it_was_kept_whose_it_was_is_its_tasks_where_it_can_have_been(
    tmp_path: Path, because: str, ready_at: str, counts: bool
):
    older(Path(store_file(tmp_path)), 6, f"'s-1', {because}, {ready_at}, {WALL + 1}, {KILLED}")

    async def story(store: Store) -> bool:
        return bool(store.reader.deaths(WALL))

    assert in_store(tmp_path, story) is counts


def test_a_want_that_an_older_peerd_noted_may_have_followed_a_stop(tmp_path: Path):
    file = Path(store_file(tmp_path))
    older(file, 9, *(f"'s-{n}', '', NULL, {WALL + n}, {KILLED}" for n in (-1, 1)))
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("INSERT INTO want VALUES ('ada', 'on_demand', ?)", (WALL,))

    async def story(store: Store) -> list[dict[PeerName, int]]:
        return [store.reader.wanted_after(), store.reader.stopped_after()]

    assert in_store(tmp_path, story) == [{"ada": 1}, {"ada": 1}]


def test_a_session_that_an_older_peerd_has_heard_counts_as_having_told_its_conversation(tmp_path: Path):
    over = f"'fresh', 1, {WALL}, {KILLED[:-1]}"
    older(Path(store_file(tmp_path)), 6, f"'s-1', {over} 7", f"'s-2', {over} 0")

    async def story(store: Store) -> list[int]:
        found = (store.reader.session(SessionId(id)) for id in ("s-1", "s-2"))
        return [each.told for each in found if each is not None]

    assert in_store(tmp_path, story) == [1, 0]


def test_a_spec_with_fields_of_a_newer_peerd_costs_no_session(tmp_path: Path):
    async def story(store: Store) -> list[Session]:
        await store.commit(InsertSession(session(spec=spec())))
        return store.reader.live_sessions()

    assert in_store(tmp_path, story) == [session(spec=spec())]
    with closing(sqlite3.connect(store_file(tmp_path))) as connection, connection:
        newer = '{"name":"ada","runtime":"actor","dir":"/tmp","mood":"good"}'
        connection.execute("UPDATE session SET spec = ?", (newer,))

    async def after(store: Store) -> list[Session]:
        return store.reader.live_sessions()

    assert in_store(tmp_path, after) == [session(spec=spec())]
