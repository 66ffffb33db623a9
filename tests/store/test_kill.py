"""What was said to be on disk is on disk, however suddenly the daemon ends."""

import asyncio
import random
import subprocess
import sys
from itertools import islice
from pathlib import Path

from peerd.model.message import MessageId
from peerd.store.read import Reader
from peerd.store.store import Store
from tests.store.records import WALL, history, store_file

ROOT = Path(__file__).parents[2]
KILLS = 20


def begun(path: str, prefix: str) -> "subprocess.Popen[str]":
    """A process that owns the store, writes, and says what is on disk."""
    command = [sys.executable, "-m", "tests.store.author", path, prefix]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def said_before_the_kill(path: str, prefix: str, lines: int) -> list[str]:
    """All that was said, to the last whole line; SIGKILL comes after so many."""
    with begun(path, prefix) as author:
        assert author.stdout
        heard = list(islice(author.stdout, lines))
        author.kill()
        heard += author.stdout
    return [line.rstrip("\n") for line in heard[1:] if line.endswith("\n")]


def on_record(reader: Reader, line: str) -> bool:
    id, _, what = line.partition(" ")
    return what in [step.state for step in history(reader, MessageId(id))]


def of_one_moment(reader: Reader) -> bool:
    """Whether the newest messages stand where their histories end, though they are being written."""
    return all(receipt.history[-1].state == receipt.state.value for receipt in reader.receipts(limit=8).receipts)


def test_a_kill_loses_nothing_that_was_said_to_be_on_disk(tmp_path: Path):
    path, chance = store_file(tmp_path), random.Random(20)
    said: list[str] = []

    for kill in range(KILLS):
        said += said_before_the_kill(path, f"k{kill}", chance.choice([1, 2, 3, chance.randrange(400)]))

        store = Store.open(path, wall=WALL)
        lost = [line for line in said if not on_record(store.reader, line)]
        asyncio.run(store.close())
        assert (store.set_aside, lost) == (None, [])
    assert len(said) > 100


def test_a_reader_sees_each_commit_once_it_was_said_beside_its_writer_and_after_its_death(tmp_path: Path):
    path = store_file(tmp_path)
    with begun(path, "r") as author:
        assert author.stdout
        assert author.stdout.readline() == "opening\n"
        first = author.stdout.readline().rstrip("\n")
        reader = Reader.open(path)
        seen = [on_record(reader, line.rstrip("\n")) and of_one_moment(reader) for line in islice(author.stdout, 300)]
        author.kill()

    left_behind = Reader.open(path)
    assert seen == [True] * 300
    assert on_record(reader, first)
    assert left_behind.receipts().receipts == reader.receipts().receipts != []
    left_behind.close()
    reader.close()
