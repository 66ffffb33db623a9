"""Builders for the store's tests: sessions, steps, and a store on a real file."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, TypeVar

from msgspec.structs import replace

from peerd.model.message import Delivery, MessageId, Step, Task
from peerd.model.session import Host, Process, Session
from peerd.store import schema
from peerd.store.read import Reader
from peerd.store.store import Store
from peerd.store.write import SetDelivery, SetTask
from tests.build import ADA, M1, S1

T = TypeVar("T")

WALL = 1_700_000_000.0
HOST = Host("/run/tmux/actor-ada.sock", "%0", Process(41, 4100), Process(40, 4000))


@contextmanager
def older_store(file: Path, migrations: int) -> Iterator[sqlite3.Connection]:
    """The database of an earlier peerd, that knew so many of them."""
    file.parent.mkdir(parents=True)
    with closing(sqlite3.connect(file)) as connection, connection:
        for statement in (each for migration in schema.MIGRATIONS[:migrations] for each in migration):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version={migrations}")
        yield connection


def session(**changes: Any) -> Session:
    """A session of ada's, begun and not yet hosted."""
    fields: dict[str, Any] = {
        "id": S1,
        "peer": ADA,
        "runtime": "actor",
        "mode": "fresh",
        "cause": "message",
        "boot_id": "00000000-0000-4000-8000-000000000001",
        "token_hash": "0" * 64,
        "started_at": WALL,
    }
    return Session(**(fields | changes))


def delivery(state: Delivery, message: MessageId = M1, **changes: Any) -> SetDelivery:
    fields: dict[str, Any] = {"attempt": 1, "session": S1, "at": WALL + 1, "evidence": f"seen {state.value}"}
    return SetDelivery(message=message, state=state, **(fields | changes))


def task(state: Task, message: MessageId = M1, **changes: Any) -> SetTask:
    fields: dict[str, Any] = {"at": WALL + 2, "evidence": f"seen {state.value}"}
    return SetTask(message=message, task=state, **(fields | changes))


def step(write: SetDelivery | SetTask, attempt: int = 1) -> Step:
    """The step that this write leaves in a history."""
    if isinstance(write, SetTask):
        return Step(at=write.at, state=write.task.value, attempt=attempt, evidence=write.evidence)
    state = write.state.value
    step = Step(at=write.at, state=state, attempt=attempt, evidence=write.evidence)
    return replace(step, outcome=write.outcome, session=write.session)


def history(reader: Reader, message: MessageId) -> tuple[Step, ...]:
    """A message's steps, oldest first; () for an unknown one."""
    receipt = reader.receipt(message)
    return receipt.history if receipt else ()


BEGUN = Step(at=WALL, state="accepted", attempt=0, evidence="on disk")


def store_file(folder: Path) -> str:
    return str(folder / "state" / "peerd.db")


def in_store(folder: Path, story: Callable[[Store], Awaitable[T]]) -> T:
    """Open the store in this folder, live the story, close it."""

    async def whole() -> T:
        store = Store.open(store_file(folder), wall=WALL)
        try:
            return await story(store)
        finally:
            await store.close()

    return asyncio.run(whole())
