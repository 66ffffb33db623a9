"""What became of an attempt, of which an older peerd kept the words alone."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from peerd.core.history import all_told, behind
from peerd.core.tally import Tally
from peerd.store import schema
from peerd.store.store import Store
from tests.build import M1
from tests.store.records import WALL, history, in_store, store_file

WORDS_ALONE = 10
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
    file.parent.mkdir(parents=True)
    with closing(sqlite3.connect(file)) as connection, connection:
        for statement in (each for migration in schema.MIGRATIONS[:WORDS_ALONE] for each in migration):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version={WORDS_ALONE}")
        columns = "id, sender, sender_identity, sender_kind, target, accepted_at, hops, state, attempt, place"
        values = f"'{M1}', 'bob', 'actor-bob', 'agent', 'ada', {WALL}, 0, '{told[-1][0]}', 1, 1"
        connection.execute(f"INSERT INTO message ({columns}) VALUES ({values})")
        connection.execute("INSERT INTO body VALUES (1, 'work')")
        for n, (state, attempt, evidence) in enumerate(told, 1):
            step = (1, n, WALL, state, attempt, evidence)
            connection.execute("INSERT INTO step VALUES (?, ?, ?, ?, ?, ?)", step)
