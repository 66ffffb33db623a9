"""What the daemon's parts share: the edges it owns, its loop, and the sessions in its hands. Decides nothing."""

import asyncio
import socket
import traceback
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeVar

from peerd.adapter import Adapter
from peerd.aside import Aside, Begin, in_thread
from peerd.config import Settings
from peerd.core import board
from peerd.daemon.held_sockets import Held
from peerd.daemon.pairs.state import Between
from peerd.daemon.receipts import Receipts
from peerd.daemon.start_slots import A_PROCESSOR, Turns
from peerd.daemon.version import Versions
from peerd.edges import clock, host, limits
from peerd.edges.eventlog.writer import EventLog
from peerd.edges.journal import Journals
from peerd.edges.oom import OomCounters
from peerd.edges.process import Deaths
from peerd.edges.watch import Mark
from peerd.errors import ConfigError, PeerdError, StoreError
from peerd.model.board import Entry, Key
from peerd.model.message import MessageId
from peerd.model.notice import Notice
from peerd.model.peer import PeerName, Spec
from peerd.model.session import Kind, Left, SessionId
from peerd.paths import Home
from peerd.rpc.params import DaemonRestartParams
from peerd.specfile import Found
from peerd.store.decode import Unclear
from peerd.store.store import Store
from peerd.store.write import Write

if TYPE_CHECKING:
    from peerd.daemon.live import Live
    from peerd.daemon.loop import Loop
    from peerd.daemon.notices.command import Teller

T = TypeVar("T")


class LeftLogins:
    """Of peers that were removed, or renamed."""

    def __init__(self) -> None:
        self.left: dict[str, str] = {}  # by their folder: what could not be done yet, and why
        self.users: dict[PeerName, tuple[Left, ...]] = {}  # of removed peers, what could not be ended with them
        self.clearing = asyncio.Lock()


async def _refusal_or(work: Coroutine[Any, Any, T]) -> T | PeerdError:
    """A refusal as a value: it is no bug of the task that meets it."""
    try:
        return await work
    except PeerdError as refusal:
        return refusal


async def _done(written: asyncio.Future[Any]) -> None:
    await written


class Posted:
    """What a person must know, each matter once; `kept` is what of it is on disk. `stirred`: it may have changed."""

    def __init__(self, kept: Mapping[Key, Entry]) -> None:
        self.entries, self.kept = kept, kept
        self.stirred = asyncio.Event()
        self.unread: list[Entry] = board.unread(kept)

    def forget(self, *which: str) -> None:
        """It holds no more: whoever is greeted before the next look is not told of it."""
        self.unread = [each for each in self.unread if each.key != which]
        self.stirred.set()

    def rename(self, old: PeerName, new: PeerName, untold: frozenset[Key]) -> None:
        """Before the next look. What is `untold` would be told by the old name: it is raised anew."""
        self.entries = board.renamed(self.entries, old, new, untold)
        self.unread = board.unread(self.entries)
        self.stirred.set()


class Daemon:
    """One a process. `live` holds every session that may still have processes; `burials` what a new one waits for."""

    loop: "Loop"
    oom: OomCounters
    tmux_version: str | None = None  # once it was found new enough
    restart: DaemonRestartParams | None = None  # as what this process goes on when the daemon has ended
    why_stopped = ""
    tellers: "tuple[Teller, ...]" = ()  # commands that tell a person
    senseless: tuple[Notice, ...] = ()  # what on record makes no sense
    odd: frozenset[str] = frozenset()  # what specs say that is not known here
    found_in = ""  # the folder of specs that was last looked at, as `specs.folder_of` tells
    specs_read: Mapping[str, Mark] | None = None  # the files in it then; None where one was written since
    runtimes_read: Mapping[str, Mark] | None = None  # the files that declare them, as they were last read

    def __init__(
        self,
        home: Home,
        settings: Settings,
        store: Store,
        log: EventLog,
        adapters: dict[str, Adapter],
        looks: Begin = in_thread,
    ) -> None:
        self.home, self.settings, self.store, self.log, self.adapters = home, settings, store, log, adapters
        self.files, self.folders = Aside(looks), Aside(looks)  # that are attached; in which peers work
        self.deaths, self.journals = Deaths(), Journals(self._hear, self._unread)
        self.receipts, self.board = Receipts(store.reader.receipt), Posted(store.reader.board())
        store.tell_trouble(self._unwritten)
        self.live: dict[SessionId, Live] = {}
        self.by_peer: dict[PeerName, Live] = {}
        self.burials: dict[PeerName, asyncio.Task[None]] = {}
        self.notify: dict[SessionId, socket.socket] = {}  # what a daemon before passed on, until its session is in hand
        self.listening = Held(home.logins)  # for services; what a daemon before had, at first
        self.tasks: set[asyncio.Task[Any]] = set()
        self.leaving: dict[PeerName, asyncio.Event] = {}  # being removed or renamed; set once that is over
        self.at_specs, self.taking_up = asyncio.Lock(), asyncio.Lock()  # who reads or writes files of specs; new peers
        self.found = Found({}, {}, [])  # in those files, when they were last looked at; with what is taken up since
        self.unfinished: dict[PeerName, str] = {}  # by the name of its file: why that could not be removed, or moved
        self.logins, self.between, self.versions = LeftLogins(), Between(), Versions()
        self.outlived: dict[PeerName, tuple[Left, ...]] = {}  # of its sessions, what could not be ended with them
        self.why_down: dict[PeerName, str] = {}  # how the last session, or the last start, ended
        self.failed_turns: dict[PeerName, int] = {}  # on end since its last fresh session, as this daemon was told
        self.since: dict[PeerName, float] = {}
        self.rejected: dict[str, frozenset[str]] = {}  # what is wrong with files of the configuration, by folder
        self.unread: dict[PeerName, tuple[str, ...]] = {}  # of the files of its system prompt, as it was last started
        self.unrecorded: dict[SessionId, Unclear] = {}  # sessions that live and that no record knows
        self.misnamed: dict[SessionId, PeerName] = {}  # sessions whose row names no peer, by the mark of what lives
        self.unadopted: dict[SessionId, Unclear] = {}  # sessions on record that could not be taken in hand
        self.unclear: dict[PeerName, str] = {}  # peers of whom nobody can tell whether they may run, and why
        self.declared: set[str] = set()  # of the adapters, those that are not installed
        self.worktrees_begun: set[PeerName] = set()  # of peers that are being added
        self.stopping, self.turns = asyncio.Event(), Turns(settings.starts_at_once or A_PROCESSOR * host.processors())
        self.limits = limits.raised()  # as they were: sessions get them back
        self.started, self.started_at = clock.now(), clock.wall()

    def _hear(self, session: SessionId, lines: list[str], offset: int) -> None:
        live = self.live.get(session)
        if live is not None:
            live.heard.put_nowait((lines, offset))

    def _unread(self, session: SessionId, why: str) -> None:
        self.log.write("journal-trouble", session=session, why=why)

    def _unwritten(self, error: StoreError) -> None:
        self.board.stirred.set()
        self.log.write("action-failed", action="record", why=f"{error}; it is tried again until it is on disk")

    def record(self, *writes: Write, about: MessageId | None = None) -> asyncio.Task[None]:
        """On its way to the disk when this returns, in the order of the calls, and tried again while the disk refuses.
        Whoever waits for the message it is about is told once it is there."""
        task = self.task(_done(self.store.keep(*writes)), "record")
        self.board.stirred.set()
        if about is not None:
            task.add_done_callback(lambda _: self.receipts.changed(about))
        return task

    def task(self, work: Coroutine[Any, Any, T], name: str) -> asyncio.Task[T]:
        """Run beside everything else. A fault in it is logged as a bug and costs only this task."""
        task = asyncio.create_task(work, name=name)
        self.tasks.add(task)
        task.add_done_callback(self._over)
        return task

    async def with_specs(self, work: Callable[..., T], *args: Any) -> T:
        """While nobody else is at the files of specs, and beside everything else: their disk may be slow. Not for who
        is `at_specs` already."""
        async with self.at_specs:
            return await asyncio.to_thread(work, *args)

    async def see_through(self, work: Coroutine[Any, Any, T], name: str) -> T:
        """What is begun goes on to its end, also where its caller hangs up meanwhile. Raises PeerdError as `work`."""
        outcome = await asyncio.shield(self.task(_refusal_or(work), name))
        if isinstance(outcome, PeerdError):
            raise outcome
        return outcome

    def _over(self, task: asyncio.Task[Any]) -> None:
        self.tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.bug(task.get_name(), error)

    def bug(self, what: str, error: BaseException) -> None:
        """A fault of ours, on record with its traceback in the daemon's own output, where that can be written to."""
        with suppress(OSError):
            traceback.print_exception(error)
        self.log.write("action-failed", action=what, why=f"{type(error).__name__}: {error}")

    def reject(self, folder: str, wrong: Iterable[ConfigError]) -> None:
        """What is wrong is told once in the log, and by `status` and `show` as long as it is."""
        known, self.rejected[folder] = self.rejected.get(folder, frozenset()), frozenset(str(each) for each in wrong)
        self.board.stirred.set()
        for why in sorted(self.rejected[folder] - known):
            self.log.write("spec-rejected", why=why)

    def note_odd(self, odd: Iterable[str]) -> None:
        """What specs say that this peerd does not know, told as `reject` tells."""
        known, self.odd = self.odd, frozenset(odd)
        self.board.stirred.set()
        for why in sorted(self.odd - known):
            self.log.write("spec-odd", why=why)

    def note_unread(self, peer: PeerName, wrong: tuple[str, ...]) -> None:
        """What a peer's system prompt goes without, told as `reject` tells."""
        known, self.unread[peer] = self.unread.get(peer, ()), wrong
        for why in wrong:
            if why not in known:
                self.log.write("prompt-trouble", peer=peer, why=why)

    def forget(self, old: PeerName, new: PeerName | None = None) -> None:
        """What is told of a peer that has left its name: nobody of that name inherits it. `new`: what it is called."""
        self.between.forget(old, new)
        if new is not None:
            pending = (each.word for teller in self.tellers for each in teller.outbox.pending)
            self.board.rename(old, new, frozenset((each.kind, each.of) for each in pending))
        told: tuple[dict[PeerName, Any], ...] = (self.unread, self.outlived, self.why_down, self.failed_turns)
        if new is None and old in self.outlived:
            self.logins.users[old] = self.outlived[old]
        for each in told:
            known = each.pop(old, None)
            if known is not None and new is not None:
                each[new] = known

    def stop(self, why: str, restart: DaemonRestartParams | None = None) -> None:
        """The last word counts: a restart that is followed by a stop is none."""
        self.restart = restart
        self.why_stopped = why if restart is None else self.why_stopped or why
        self.stopping.set()
        self.turns.close()

    def task_attempts(self, spec: Spec) -> int:
        adapter = self.adapters.get(spec.runtime)
        return spec.task_attempts or (adapter.task_attempts if adapter else 1)

    def living(self, peer: PeerName) -> "Live | None":
        """The peer's session, unless that is over and only being cleared away."""
        live = self.by_peer.get(peer)
        return live if live is not None and live.burial is None else None

    def kind(self, spec: Spec) -> Kind:
        adapter = self.adapters.get(spec.runtime)
        return adapter.kind if adapter else "tui"

    def age_ms(self, live: "Live") -> int:
        return round((clock.wall() - live.session.started_at) * 1000)


@contextmanager
def guarded(daemon: Daemon, what: str) -> Iterator[None]:
    """A fault of ours within ends only this, and is logged as a bug. What is cancelled is."""
    try:
        yield
    except Exception as error:  # noqa: BLE001  the one place for what is only logged
        daemon.bug(what, error)
