"""What became of an attempt, of which an older peerd kept the words alone."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from peerd.core.history import all_told, behind
from peerd.core.tally import Tally
from peerd.store.store import Store
from tests.build import M1, S1
from tests.store.records import WALL, history, in_store, older_store, store_file

WORDS_ALONE = 10
BOOT = "00000000-0000-4000-8000-000000000001"
TYPED = (("accepted", 0, "on disk"), ("leased", 1, "the input line is empty"), ("handed_over", 1, "seen"))
TAKEN = (*TYPED, ("submitted", 1, "its id is in the journal of s-1"))
ENTERED = "after it was entered: it may have been taken"
GIVEN_UP = "typed 5 times, never seen taken: no evidence of its submission in time"


def waits(why: str) -> tuple[str, int, str]:
    return ("accepted", 1, f"waits again: {why}")


@pytest.mark.parametrize(
    ("told", "tally"),
    [
        ((*TYPED, waits("no evidence of its submission in time")), Tally(in_vain=1, unknown=1)),
        ((*TYPED, waits("3 Enters had no effect")), Tally(in_vain=1)),
        ((*TYPED, ("accepted", 1, "it stood in the input line still, and is taken back")), Tally()),
        ((*TYPED, ("accepted", 0, "something came between the lease and the paste")), Tally()),
        ((*TYPED, waits("session ended (killed) while it was handed over")), Tally(in_vain=1, deaths=1)),
        ((*TYPED, waits("session ended (stopped) while it was handed over")), Tally()),
        ((*TYPED, waits("session ended (boot-failed) while it was handed over")), Tally()),
        ((*TYPED, waits("session ended (finished) while it was handed over")), Tally()),
        ((*TYPED, waits(f"session ended (exited) {ENTERED}")), Tally(in_vain=1, deaths=1, unknown=1)),
        ((*TYPED, waits(f"session ended (replaced) {ENTERED}")), Tally(unknown=1)),
        ((*TAKEN, waits("session ended (server-died) before the turn did")), Tally(deaths=1, taken=1)),
        ((*TAKEN, waits("session ended (parked) before the turn did")), Tally(taken=1)),
        ((*TAKEN, waits("session ended (finished) before the turn did")), Tally(deaths=1, taken=1)),
        ((*TYPED, ("dead", 1, GIVEN_UP)), Tally(in_vain=1, unknown=1)),
        ((*TAKEN, ("dead", 1, "session ended (killed) before the turn did; not handed over again")), Tally()),
    ],
    ids=lambda each: str(each[-1][2]) if isinstance(each, tuple) else "",
)
def test_it_counts_as_it_did(tmp_path: Path, told: tuple[tuple[str, int, str], ...], tally: Tally):
    on_record(Path(store_file(tmp_path)), told)

    async def story(store: Store) -> Tally:
        return all_told(behind(history(store.reader, M1))).tally

    assert in_store(tmp_path, story) == tally


def on_record(file: Path, told: tuple[tuple[str, int, str], ...]) -> None:
    with older_store(file, WORDS_ALONE) as connection:
        columns = "id, sender, sender_identity, sender_kind, target, accepted_at, hops, state, attempt, place"
        values = f"'{M1}', 'bob', 'actor-bob', 'agent', 'ada', {WALL}, 0, '{told[-1][0]}', 1, 1"
        connection.execute(f"INSERT INTO message ({columns}) VALUES ({values})")
        connection.execute("INSERT INTO body VALUES (1, 'work')")
        for n, (state, attempt, evidence) in enumerate(told, 1):
            step = (1, n, WALL, state, attempt, evidence)
            connection.execute("INSERT INTO step VALUES (?, ?, ?, ?, ?, ?)", step)


def test_each_attempt_of_one_that_lives_on_is_known_to_be_its_sessions(tmp_path: Path):
    file = Path(store_file(tmp_path))
    on_record(file, (*TYPED, waits("no evidence of its submission in time"), ("leased", 2, ""), waits("not seen")))
    with closing(sqlite3.connect(file)) as connection, connection:
        columns = "id, peer, runtime, mode, cause, boot_id, token_hash, started_at, journal_read"
        for id, started_at in (("s-0", WALL - 9), ("s-1", WALL - 1), ("s-2", WALL + 9)):
            values = f"'{id}', 'ada', 'actor', 'fresh', 'message', '{BOOT}', '{'0' * 64}', {started_at}, 0"
            ended = "NULL" if id == "s-1" else "0.0"
            connection.execute(f"INSERT INTO session ({columns}, ended_at) VALUES ({values}, {ended})")
        connection.execute("UPDATE message SET session = 's-1', attempt = 2")

    async def story(store: Store) -> tuple[tuple[int, ...], str | None]:
        found = store.reader.session(S1)
        return behind(history(store.reader, M1)).unproved_in("s-1"), found.typed if found else None

    assert in_store(tmp_path, story) == ((1,), M1)
