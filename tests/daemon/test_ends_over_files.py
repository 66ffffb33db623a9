"""A daemon that ends while a message with files waits for its disk: the message has its files, or there is neither."""

import asyncio
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from peerd.config import Settings
from peerd.daemon import attachments
from peerd.daemon.context import Daemon
from peerd.edges.eventlog.writer import EventLog
from peerd.model.message import Task
from peerd.paths import home
from peerd.store.store import Store
from tests.build import M1, message


@contextmanager
def stalled(store: str) -> Iterator[None]:
    """Nothing gets on its disk meanwhile: another process writes to it."""
    with closing(sqlite3.connect(store, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def begun(root: Path) -> Daemon:
    here = home({"PEERD_HOME": str(root)})
    for folder in (here.state, here.logs):
        os.makedirs(folder, exist_ok=True)
    return Daemon(here, Settings(), Store.open(here.store, wall=0.0), EventLog(here.logs, stamp=str), {})


async def sent(daemon: Daemon, path: Path, asked: asyncio.Event) -> None:
    async with attachments.taken(daemon, [str(path)]) as files:
        asked.set()
        await daemon.store.accept(message(attachments=files), Task.OPEN)


async def ended_amid(daemon: Daemon, path: Path) -> None:
    """As at a stop that has waited for long enough."""
    with stalled(daemon.home.store):
        asked = asyncio.Event()
        sending = asyncio.create_task(sent(daemon, path, asked))
        await asked.wait()
        sending.cancel()
        await asyncio.wait((sending,))
    await daemon.store.close()


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    path = tmp_path / "notes.txt"
    path.write_text("as it was")
    return path


def test_a_message_that_gets_on_disk_after_its_daemon_stopped_waiting_for_it_has_its_files(tmp_path: Path, notes: Path):
    async def lived() -> tuple[tuple[str, ...], list[str]]:
        await ended_amid(begun(tmp_path / "home"), notes)
        after = begun(tmp_path / "home")
        await attachments.begin(after)
        kept = after.store.reader.receipt(M1)
        await after.store.close()
        digests = tuple(each.digest for each in kept.message.attachments) if kept is not None else ()
        return digests, os.listdir(after.home.attachments)

    digests, kept = asyncio.run(lived())

    assert (len(digests), list(digests)) == (1, kept)


def test_what_is_left_of_one_that_never_did_is_collected_by_the_next_daemon(tmp_path: Path, notes: Path):
    async def lived() -> tuple[list[str], list[str]]:
        daemon = begun(tmp_path / "home")
        await daemon.store.accept(message(), Task.OPEN)  # another has its id
        await ended_amid(daemon, notes)
        left = os.listdir(daemon.home.attachments)
        after = begun(tmp_path / "home")
        await attachments.begin(after)
        await after.store.close()
        return left, os.listdir(after.home.attachments)

    left, kept = asyncio.run(lived())

    assert (len(left), kept) == (1, [])
