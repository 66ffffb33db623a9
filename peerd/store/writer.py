"""One thread that writes. Commits that wait at the same time share one transaction, and so one wait for the disk."""

import asyncio
import concurrent.futures
import contextlib
from collections.abc import Callable, Sequence
from functools import partial

import msgspec

from peerd.errors import DiskFull, InternalError, PeerdError, StoreError
from peerd.store.apply import apply
from peerd.store.database import MAKE_ROOM, NOT_STORABLE, Connection, told, transaction
from peerd.store.ends import may_end
from peerd.store.reserve import Reserve
from peerd.store.write import Write

Changed = tuple[bool, ...]
"""Of each write of a commit, in order: whether it changed anything."""


RETRY_S = 0.5
"""Between two attempts at what is kept while the disk refuses."""


class Waiting(msgspec.Struct, frozen=True):
    """A commit, and the future its caller waits on. One that is kept is tried again where the disk refuses."""

    writes: tuple[Write, ...]
    done: asyncio.Future[Changed]
    kept: bool = False


class Writer:
    """Owns the connection from now on. Used from one event loop; the connection only from the one thread. What is kept
    is given the reserve where the disk is full."""

    def __init__(self, connection: Connection, path: str, reserve: Reserve) -> None:
        self.transactions = 0  # begun so far; many commits may share one
        self.trouble: str | None = None  # why what is kept is not on disk yet
        self.refusal: str | None = None  # why what was asked for last was not written; None once anything is
        self.on_trouble: Callable[[StoreError], None] = lambda _: None  # told once, when it begins
        self.on_end: Callable[[], None] = lambda: None  # told when messages may have ended by what is on disk now
        self._connection = connection
        self._path = path
        self._reserve = reserve
        self._thread = concurrent.futures.ThreadPoolExecutor(1, "peerd-store")
        self._queue: list[Waiting] = []
        self._writing = False
        self._closed = False

    @property
    def waiting(self) -> int:
        """Commits that no transaction has taken up yet."""
        return len(self._queue)

    def commit(self, writes: tuple[Write, ...], *, kept: bool = False) -> asyncio.Future[Changed]:
        """All of the writes or none, on disk when awaited; in the order in which commits were asked for.

        Raises PeerdError where the record refuses one, StoreError where the disk does; neither stops later
        commits. Kept: tried again, ahead of all later ones, until the disk takes it; StoreError only after `drain`.
        Cancelling gives up the wait, not the commit.
        """
        return self._enqueue(writes, kept)

    async def drain(self) -> None:
        """Takes no more commits; returns when all that was asked for is written or refused, what is kept too."""
        if not self._closed:
            last = self._enqueue((), kept=True)
            self._closed = True
            with contextlib.suppress(PeerdError):  # of the last transaction's other commits: their callers were told
                await last

    async def close(self) -> None:
        """After drain: the log goes into the file, and the file is closed."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._connection.close)
        self._thread.shutdown(wait=False)

    def _enqueue(self, writes: tuple[Write, ...], kept: bool) -> asyncio.Future[Changed]:
        if self._closed:
            raise StoreError(f"{self._path}: the store is closed; nothing was stored")
        loop = asyncio.get_running_loop()
        commit = Waiting(writes, loop.create_future(), kept)
        self._queue.append(commit)
        if not self._writing:
            self._writing = True
            loop.call_soon(self._begin, loop)  # not at once: others of this turn of the loop join the transaction
        return commit.done

    def _begin(self, loop: asyncio.AbstractEventLoop) -> None:
        batch, self._queue = self._admitted(), []
        self.transactions += 1
        written = loop.run_in_executor(self._thread, write_together, self._connection, self._path, batch)
        written.add_done_callback(partial(self._finish, loop, batch))

    def _admitted(self) -> list[Waiting]:
        """All that wait; where the only room left is what was held for what has happened, what is only asked for is
        refused."""
        if self._reserve.leaves_room():
            return self._queue
        full = DiskFull(f"{self._path}: the store could not be written: the disk is full; {MAKE_ROOM}")
        asked = _asked(self._queue)
        for commit in asked:
            _tell(commit.done, full)
        self._note_refusal(asked, full)
        return [commit for commit in self._queue if commit not in asked]

    def _finish(
        self, loop: asyncio.AbstractEventLoop, batch: list[Waiting], written: asyncio.Future[list[Changed | PeerdError]]
    ) -> None:
        failure = written.exception()
        outcomes: Sequence[Changed | BaseException] = [failure] * len(batch) if failure else written.result()
        wanted = [commit for commit in batch if commit.kept]
        freed = bool(wanted) and isinstance(failure, DiskFull) and self._reserve.let_go()
        again = freed or (isinstance(failure, StoreError) and not self._closed)
        kept = wanted if again else []
        for commit, outcome in zip(batch, outcomes, strict=True):
            if commit not in kept:
                _tell(commit.done, outcome)
        self._note_refusal(_asked(batch), failure)
        self._note_trouble(failure if isinstance(failure, StoreError) and kept and not freed else None)
        if failure is None and any(may_end(write) for commit in batch for write in commit.writes):
            self.on_end()
        self._queue = kept + self._queue
        self._writing = bool(self._queue)
        if failure is None and not self._reserve.held:
            loop.run_in_executor(self._thread, self._reserve.hold)
        if kept:
            loop.call_later(0.0 if freed else RETRY_S, self._begin, loop)
        elif self._writing:
            self._begin(loop)

    def _note_refusal(self, asked: list[Waiting], failure: BaseException | None) -> None:
        if asked:
            self.refusal = str(failure) if isinstance(failure, StoreError) else None

    def _note_trouble(self, failure: StoreError | None) -> None:
        known, self.trouble = self.trouble, str(failure) if failure else None
        if failure is not None and known is None:
            self.on_trouble(failure)


def _asked(commits: Sequence[Waiting]) -> list[Waiting]:
    """Those that are not kept: they are refused where the disk takes nothing."""
    return [commit for commit in commits if commit.writes and not commit.kept]


def write_together(connection: Connection, path: str, batch: Sequence[Waiting]) -> list[Changed | PeerdError]:
    """One transaction; what became of each commit, in order. Raises StoreError where none is on disk."""
    with told(path, "written"), transaction(connection):
        return [_write(connection, commit.writes) for commit in batch]


def _write(connection: Connection, writes: tuple[Write, ...]) -> Changed | PeerdError:
    """What is refused is taken back alone; its neighbours stay."""
    connection.execute("SAVEPOINT one")
    try:
        outcome: Changed | PeerdError = tuple(apply(connection, write) for write in writes)
    except PeerdError as refusal:
        outcome = refusal
    except (*NOT_STORABLE, ValueError) as error:  # ValueError: of a row that makes no sense
        outcome = InternalError(f"nothing was stored: {error}")
    if isinstance(outcome, PeerdError):
        connection.execute("ROLLBACK TO one")
    connection.execute("RELEASE one")
    return outcome


def _tell(done: asyncio.Future[Changed], outcome: Changed | BaseException) -> None:
    if done.cancelled():
        return
    if isinstance(outcome, BaseException):
        done.set_exception(outcome)
    else:
        done.set_result(outcome)
