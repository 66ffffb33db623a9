"""The daemon's process: take the lock, open the store, look around, serve, and end without ending any session."""

import asyncio
import gc
import os
import signal
import sys
from functools import partial
from socket import socket
from typing import Any

from peerd import __version__, scout
from peerd.config import Settings, read_settings
from peerd.core.event import Event
from peerd.core.state import Peer
from peerd.daemon import (
    adopt,
    attachments,
    bad_records,
    calls,
    census,
    cleanup,
    home_copy,
    inbox_expiry,
    listening,
    processes,
    removal,
    report,
    runtimes,
    sdnotify,
    serve,
    socket_watch,
    specs,
    stale_specs,
    succession,
    unrecorded,
    watchdog,
    workers,
)
from peerd.daemon.acts import Acts
from peerd.daemon.approvals import recovery
from peerd.daemon.context import Daemon, guarded
from peerd.daemon.loop import Loop
from peerd.daemon.notices import board, notify
from peerd.daemon.notices.sources import notices
from peerd.daemon.pairs import budget
from peerd.daemon.place import private_folder
from peerd.daemon.succession import Successor
from peerd.daemon.verdict import seen
from peerd.edges import clock, process
from peerd.edges.eventlog.writer import EventLog
from peerd.edges.host import OwnerLock
from peerd.edges.manager import Manager
from peerd.edges.oom import OomCounters
from peerd.errors import ConfigError, InternalError
from peerd.paths import Home, home
from peerd.rpc.listen import passed_socket
from peerd.rpc.server import Server
from peerd.scout import Scout
from peerd.specwrite import clear_drafts
from peerd.store.store import Store

FINISH_WITHIN_S = 10.0  # what is being typed is finished; sessions live on
CLOSE_WITHIN_S = 1.0
PASSED_NAME = "peerd"  # as the socket unit has it


def run(oom: OomCounters | None = None) -> int:
    """Until asked to stop, or SIGTERM or SIGINT; where asked to restart, the process goes on as the next daemon. `oom`
    None: this machine's own. Raises PeerdError when another one owns this home."""
    looks = scout.begun()  # first: nothing else is there yet
    gc.disable()  # what is made until it serves lives on; looking through it is a tenth of a start with 500 sessions
    manager = Manager.taken_from(os.environ, os.getpid())
    here = home(os.environ)
    for folder in (here.config, here.peers, here.state, here.sessions, here.logs):
        _make(folder)
    for folder in sorted({os.path.dirname(here.socket), os.path.dirname(here.tmux_socket("x" * 64))}):
        private_folder(folder)
    settings = read_settings(here.settings_file)
    lock = succession.lock(manager, here.lock, here.socket)
    try:
        successor = asyncio.run(_run(here, settings, lock, manager, oom or OomCounters(), looks))
        if successor is not None:
            succession.succeed(successor)
        return 0
    finally:
        lock.release()


def _make(folder: str) -> None:
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"{folder}: {error.strerror}. peerd needs a folder there; PEERD_HOME moves it.") from error


async def _run(
    here: Home, settings: Settings, lock: OwnerLock, manager: Manager, oom: OomCounters, looks: socket | None
) -> Successor | None:
    """A thread that stands still over a disk as it ends is not waited for, and lets the process become no other."""
    threads = workers.begin()
    successor = await _serve(here, settings, lock, manager, oom, looks)
    if await workers.ended(threads):
        return successor
    if successor is not None:
        succession.called_off(successor, here.socket)
    lock.release()
    os._exit(0)


async def _serve(
    here: Home, settings: Settings, lock: OwnerLock, manager: Manager, oom: OomCounters, looks: socket | None
) -> Successor | None:
    passed, kept = _passed(manager, here)
    _watch_children_by_pidfd()
    log = EventLog(
        here.logs, settings.log_max_bytes, settings.log_keep, stamp=clock.stamp, verbose=settings.log_verbose
    )
    store = await asyncio.to_thread(Store.open, here.store, wall=clock.wall())
    daemon = Daemon(here, settings, store, log, runtimes.installed(log), (await Scout.met(looks)).begin)
    daemon.listening = listening.handed_down(daemon.home.logins, manager.passed)
    daemon.notify, daemon.oom = sdnotify.handed_down(manager.passed), oom
    await notify.begin(daemon)
    await budget.begin(daemon)
    daemon.loop = Loop(Acts(daemon).act, partial(_turned, daemon), daemon.bug)
    server = _server(daemon, passed, kept=kept)
    asyncio.get_running_loop().set_exception_handler(partial(_on_fault, daemon))
    _on_signals(daemon)
    await _boot(daemon)
    _collect_again()
    await server.start()
    manager.tell(READY=1, STATUS=watchdog.status(daemon))
    watching = (
        daemon.task(census.watch(daemon), "census"),
        daemon.task(board.watch(daemon), "board"),
        daemon.task(notify.run(daemon), "notify"),
        daemon.task(report.follow(daemon), "reports"),
        daemon.task(inbox_expiry.follow(daemon), "people"),
        daemon.task(specs.follow(daemon), "specs"),
        daemon.task(runtimes.follow(daemon, adopt.again), "runtimes"),
        daemon.task(socket_watch.stay(daemon, server, lock), "stay reachable"),
        daemon.task(watchdog.give(daemon, manager), "signs of life"),
    )
    await daemon.stopping.wait()
    _tell_end(daemon, manager)
    for task in watching:
        task.cancel()
    await asyncio.wait(watching)
    return await _ended(daemon, server, _successor(daemon, server, lock, manager))


def _server(daemon: Daemon, passed: socket | None, *, kept: bool) -> Server:
    """`kept`: the socket's file is a service manager's."""
    return Server(
        daemon.home.socket,
        partial(serve.answer, daemon),
        os.getuid(),
        on_bug=daemon.bug,
        passed=passed,
        file_is_ours=not kept,
        in_session=lambda pid: process.session_of(pid) is not None,
        over=partial(calls.over, daemon),
    )


async def _ended(daemon: Daemon, server: Server, successor: Successor | None) -> Successor | None:
    """What follows once nothing of this daemon runs any more. A fault of ours on the way keeps nobody from following;
    a stop that comes on the way does."""
    with guarded(daemon, "end"):
        await _end(daemon, server)
    if successor is not None and daemon.restart is None:
        succession.called_off(successor, daemon.home.socket)
        return None
    return None if successor is None else succession.with_services(successor, daemon.listening)


def _collect_again() -> None:
    """What is there by now is looked through no more."""
    gc.freeze()
    gc.enable()


def _watch_children_by_pidfd() -> None:
    """Python 3.11 keeps a thread for each child, 3.12 a pidfd."""
    if sys.version_info < (3, 12):
        watcher = asyncio.PidfdChildWatcher()
        watcher.attach_loop(asyncio.get_running_loop())
        asyncio.get_event_loop_policy().set_child_watcher(watcher)


def _on_fault(daemon: Daemon, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """What no task was there to meet: a timer, a descriptor, a task that nobody awaited."""
    daemon.bug("callback", context.get("exception") or InternalError(context["message"]))


def _on_signals(daemon: Daemon) -> None:
    loop = asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, daemon.stop, each.name)


def _passed(manager: Manager, here: Home) -> tuple[socket | None, bool]:
    """The listening socket, where there is one already, and whether a service manager keeps it: of several, the one by
    our name. Raises ConfigError for one that is not this home's."""
    own = succession.named(manager, succession.SOCKET)
    if own is not None:
        return passed_socket(own.fd, here.socket), False
    if not manager.passed:
        return None, False
    kept = succession.named(manager, PASSED_NAME) or manager.passed[0]
    return passed_socket(kept.fd, here.socket), True


def _tell_end(daemon: Daemon, manager: Manager) -> None:
    """A manager that hears STOPPING waits for the process to end, and ends it in time."""
    if daemon.restart is None:
        manager.tell(STOPPING=1, STATUS="stopping; sessions live on")
    else:
        manager.tell(RELOADING=1, MONOTONIC_USEC=round(clock.now() * 1e6), STATUS="restarting; sessions live on")


def _successor(daemon: Daemon, server: Server, lock: OwnerLock, manager: Manager) -> Successor | None:
    if daemon.restart is None:
        return None
    name = succession.SOCKET if server.owns_file else PASSED_NAME
    held = {succession.LOCK: lock.fd, name: server.pass_on(), **sdnotify.pass_on(daemon)}
    env = {**daemon.restart.env, **manager.told_by}
    return Successor(daemon.restart.python, env, daemon.limits, held)


async def _boot(daemon: Daemon) -> None:
    if daemon.store.set_aside is not None:
        aside = daemon.store.set_aside
        print(*(each.told for each in notices(daemon)), sep="\n", file=sys.stderr)
        daemon.log.write("store-set-aside", file=aside.path, why=f"{aside.why}; a new one was begun")
    processes.recall_outlived(daemon)
    looking = asyncio.get_running_loop().run_in_executor(None, process.marks)
    runtimes.read(daemon)
    clear_drafts(daemon.home.peers)
    with_worktrees = await cleanup.finish(daemon)  # before any spec is read
    found = await specs.look(daemon)
    declared = stale_specs.declared(daemon.home.peers, daemon.store.reader, found)
    await home_copy.settle(daemon, declared)
    await attachments.begin(daemon)
    marks = await looking
    may_live = await unrecorded.may_live(daemon, declared, marks)
    known = stale_specs.with_undeclared(declared, daemon.store.reader, may_live)
    specs.note(daemon, found, known)
    adopted = await adopt.adopt(daemon, known, may_live)
    bad_records.note(daemon)
    sdnotify.forget_strangers(daemon)
    recovery.forget_strangers(daemon)
    listening.forget_strangers(daemon.listening, daemon.loop.peers)
    await census.clear_leftovers(daemon, marks)
    specs.put_on_record(daemon, declared, known, found)
    removal.go_on(daemon, with_worktrees)
    adopt.settle(daemon, known)
    daemon.log.write("daemon-started", pid=os.getpid(), version=__version__, adopted=adopted)


def _turned(daemon: Daemon, event: Event, before: Peer, after: Peer) -> None:
    """One verbose line a turn that changed something; what changed is dated. A start that is over lets another
    begin, a peer that is stopped lets its listening sockets go."""
    daemon.board.stirred.set()
    daemon.turns.follow(after)
    listening.follow(daemon, after)
    if before.phase is not after.phase or before.activity is not after.activity:
        daemon.since[after.spec.name] = clock.wall()
    if before.phase is not after.phase:
        daemon.log.write(
            "phase",
            peer=after.spec.name,
            from_=before.phase,
            to=after.phase,
            on=type(event).__name__,
        )
    elif before.activity is not after.activity:
        daemon.log.write("activity", peer=after.spec.name, activity=seen(daemon, after) or after.activity)


async def _end(daemon: Daemon, server: Server) -> None:
    """Nothing new is taken; what is being typed is finished; sessions live on."""
    daemon.loop.close()
    await server.close(CLOSE_WITHIN_S)
    lasting = {task for live in daemon.live.values() for task in live.lasting}
    attaching = {live.reaching for live in daemon.live.values() if live.reaching is not None}
    begun = [*attaching, *(task for task in daemon.tasks if task not in lasting)]
    if begun:
        await asyncio.wait(begun, timeout=FINISH_WITHIN_S)
    for task in daemon.tasks:
        task.cancel()
    controls = [live.control for live in daemon.live.values() if live.control is not None]
    await asyncio.gather(*(control.close() for control in controls), return_exceptions=True)
    daemon.deaths.close()
    daemon.journals.close()
    await daemon.store.close()
    daemon.log.write("daemon-stopped", why=daemon.why_stopped)
