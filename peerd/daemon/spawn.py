"""Bringing a session up: on record first, then tmux, then our ears. A failure on the way leaves nothing running."""

import asyncio
import contextlib
import os
import secrets

from msgspec.structs import replace

from peerd.adapter import Adapter, Launch, Place
from peerd.core.action import Spawn
from peerd.core.event import SessionStarted, SpawnCalledOff, SpawnFailed
from peerd.core.order import woken_for
from peerd.daemon import boot, fd_passing, listening, orphans, screen_evidence, sdnotify, systemprompt, teardown
from peerd.daemon.approvals import aftermath, watcher
from peerd.daemon.context import Daemon
from peerd.daemon.environment import marks, session_env
from peerd.daemon.identity import token_hash
from peerd.daemon.ingest import hear, take
from peerd.daemon.last_exit import with_last_words
from peerd.daemon.live import Live
from peerd.daemon.place import lay_out, make_folders, pane_log, place
from peerd.daemon.preflight import prepared
from peerd.daemon.reach import Told, reach
from peerd.daemon.stale_files import settle_login
from peerd.edges import clock, disk, host, limits, process
from peerd.edges.tmux import server
from peerd.edges.tmux.control import Control
from peerd.edges.tmux.pane import Pane
from peerd.errors import ConfigError, PeerdError, TmuxError
from peerd.ids import new_id
from peerd.model.fact import Ready
from peerd.model.peer import PeerName, Spec
from peerd.model.session import End, EndCause, Host, Kind, Session, SessionId, boot_s
from peerd.store.write import InsertSession, SetConversation, SetCrashLoop, SetHost, SetVersion, Write

START_WITHIN_S = 20.0  # a fresh server takes 8 ms; a storm on a small machine takes its time


async def spawn(daemon: Daemon, action: Spawn, spec: Spec, adapter: Adapter | None) -> None:
    """Ends in `SessionStarted` or `SpawnFailed`, whatever happens; where a stop came first, in `SpawnCalledOff`."""
    try:
        await _spawn(daemon, action, spec, adapter)
    except Exception as error:  # noqa: BLE001  a bug must not leave the peer starting for ever
        daemon.bug("spawn", error)
        daemon.why_down[spec.name] = f"{type(error).__name__}: {error}"
        daemon.loop.feed(SpawnFailed(spec.name, daemon.why_down[spec.name]))


async def _spawn(daemon: Daemon, action: Spawn, spec: Spec, adapter: Adapter | None) -> None:
    """Raises what happens before anything was begun, or as it is given up."""
    earlier = daemon.burials.get(action.peer)
    if earlier is not None:
        await asyncio.wait((earlier,))
    if not await _its_turn(daemon, action.peer):
        daemon.loop.feed(SpawnCalledOff(action.peer, probe=action.probes > 0))
        return
    token = secrets.token_urlsafe(24)
    session = _session(_as_begun(spec, adapter), action, token, adapter.kind if adapter else "tui")
    daemon.log.write(
        "wake",
        peer=spec.name,
        session=session.id,
        identity=spec.identity,
        mode=action.mode,
        cause=action.cause,
        because=action.because,
        id=waits.id if (waits := woken_for(daemon.loop.peers[spec.name])) is not None else None,
        permissions=None if spec.permissions == "ask" else spec.permissions,
    )
    try:
        await daemon.store.commit(InsertSession(session), *_tried(daemon, action))
        resume = _resumed(daemon, spec, action) if action.mode == "resume" else None
        if resume is None:
            daemon.failed_turns.pop(spec.name, None)
        await _start(daemon, adapter, spec, session, token, resume)
    except Exception as error:  # noqa: BLE001  nothing of it is left running
        if not isinstance(error, PeerdError | OSError):
            daemon.bug("spawn", error)
        await _abandon(daemon, spec, session, error)


async def _its_turn(daemon: Daemon, peer: PeerName) -> bool:
    """False where nothing is to be started any more."""
    if not _wanted(daemon, peer):
        return False
    if daemon.turns.ahead is not None:
        daemon.log.write("start-waits", peer=peer, count=daemon.turns.ahead)
    return await daemon.turns.come(peer) and _wanted(daemon, peer)


def _wanted(daemon: Daemon, peer: PeerName) -> bool:
    return not daemon.loop.peers[peer].held_down


def _tried(daemon: Daemon, action: Spawn) -> tuple[SetCrashLoop, ...]:
    """A try after a crash loop counts from its session on, not while it waits for its turn; a `start` meanwhile makes
    it none."""
    lasts = action.probes and daemon.loop.peers[action.peer].probes
    return (SetCrashLoop(action.peer, action.probes, clock.wall(), True),) if lasts else ()


def _resumed(daemon: Daemon, spec: Spec, action: Spawn) -> str:
    """Raises ConfigError rather than begin afresh."""
    conversation = action.conversation or daemon.store.reader.conversation(spec.name, spec.runtime)
    if conversation is None:
        raise ConfigError(f"{spec.name} has no conversation of {spec.runtime} to resume")
    return conversation


async def _abandon(daemon: Daemon, spec: Spec, session: Session, failure: Exception) -> None:
    """Nothing of a start that failed is left running, and its end is told whatever else fails."""
    why, full = str(failure) or type(failure).__name__, disk.found_full(failure)
    try:
        live = daemon.live.get(session.id)
        if live is not None:
            await teardown.clear_away(daemon, live)
        await orphans.end(daemon, session.id, spec.name, daemon.home.tmux_socket(spec.identity))
    except (PeerdError, OSError) as error:
        daemon.log.write("action-failed", peer=spec.name, session=session.id, action="give up", why=str(error))
    if daemon.store.reader.session(session.id) is not None:
        await teardown.record(daemon, session.id, End(EndCause.BOOT_FAILED, why=why, full=full))
    daemon.log.write("boot-failed", peer=spec.name, session=session.id, why=why)
    daemon.why_down[spec.name] = why
    took_s = boot_s(session.started_at, None, clock.wall(), EndCause.BOOT_FAILED)
    daemon.loop.feed(SpawnFailed(spec.name, why, full, took_s))


def _as_begun(spec: Spec, runtime: Adapter | None) -> Spec:
    """What its runtime says of it holds for this session also once nobody knows the runtime any more."""
    return replace(spec, task_attempts=spec.task_attempts or (runtime.task_attempts if runtime is not None else None))


def _session(spec: Spec, action: Spawn, token: str, kind: Kind) -> Session:
    now = clock.wall()
    return Session(
        id=SessionId(new_id("s", now, secrets.token_bytes(5))),
        peer=spec.name,
        runtime=spec.runtime,
        mode=action.mode,
        cause=action.cause,
        because=action.because,
        boot_id=host.boot_id(),
        token_hash=token_hash(token),
        started_at=now,
        spec=spec,
        kind=kind,
        task_attempts=spec.task_attempts,
    )


async def _start(
    daemon: Daemon, runtime: Adapter | None, spec: Spec, session: Session, token: str, resume: str | None
) -> None:
    where = place(daemon.home, session.id, spec)
    await settle_login(daemon, spec.name)
    adapter, launch, file = await prepared(daemon, runtime, spec, where, resume)
    lay_out(where, launch)
    if launch.prompt:
        await systemprompt.write(daemon, spec, where)
    env = session_env(os.environ, spec, launch.env, marks(spec, session.id, token, daemon.home, where.journal))
    version = await daemon.versions.of(adapter, file, env)
    session = replace(session, version=version, conversation=launch.conversation)
    notify = sdnotify.bound(where) if adapter.kind == "service" else None
    socks = listening.hold(daemon.listening, spec.name, launch.listen)
    ask = fd_passing.bound(where) if socks else None
    lives_at = await _start_tmux(daemon, spec, session, launch, where, env)
    live = Live(replace(session, host=lives_at), lives_at, spec, adapter, where)
    live.notify = notify
    daemon.live[live.id] = live
    await _reached(live)
    take_in_hand(daemon, live)
    _log_started(daemon, live)
    daemon.loop.feed(SessionStarted(spec.name, session.id))
    if ask is not None:
        live.fetched = daemon.task(fd_passing.give(daemon, live, ask, socks), f"be fetched from by {live.peer}")
    elif adapter.ready_when == "started":
        await take(daemon, live, Ready(), daemon.loop.feed)


async def _reached(live: Live) -> None:
    """One whose server lives, and does not answer, boots all the same. Raises TmuxError where that is gone."""
    try:
        await reach(live)
    except TmuxError:
        if live.out_of_reach is None:
            raise


def _log_started(daemon: Daemon, live: Live) -> None:
    daemon.log.write(
        "session-started",
        peer=live.peer,
        session=live.id,
        identity=live.session_name,
        pid=live.host.runtime.pid,
        version=live.session.version,
        proved=None if live.proved else False,
    )


async def _start_tmux(
    daemon: Daemon, spec: Spec, session: Session, launch: Launch, where: Place, env: dict[str, str]
) -> Host:
    socket = daemon.home.tmux_socket(spec.identity)
    os.makedirs(os.path.dirname(socket), mode=0o700, exist_ok=True)
    daemon.tmux_version = daemon.tmux_version or await server.version()
    if not await orphans.clear(daemon, socket):
        raise TmuxError(
            "new-session",
            f"a session that is not on record sits on {socket}. Look at it with `tmux -S {socket} attach`, "
            f"end it with `tmux -S {socket} kill-server`",
        )
    started = await server.start(
        socket,
        server.write_conf(where.folder, session.id),
        spec.identity,
        limits.restored(launch.argv, daemon.limits),
        cwd=spec.dir,
        env=env,
        log=pane_log(where) if spec.pane_log else None,
        deadline_s=START_WITHIN_S,
    )
    runtime, tmux = process.identify(started.pane_pid), process.identify(started.server_pid)
    if tmux is None:
        raise TmuxError("new-session", "the server ended at once")
    if runtime is None:
        said = await _last_lines(socket, spec.identity, started.pane)
        await server.kill(socket, START_WITHIN_S)
        raise TmuxError("new-session", with_last_words(f"{launch.argv[0]} ended at once", said))
    lives_at = Host(socket, started.pane, runtime, tmux, daemon.oom.begin(runtime.pid, tmux.pid))
    await daemon.store.commit(SetHost(session.id, lives_at), *_known(session))
    return lives_at


async def _last_lines(socket: str, session: str, pane: str) -> tuple[str, ...]:
    """Of a pane whose process has ended already."""
    with contextlib.suppress(TmuxError):
        control = await Control.attach(socket, session)
        try:
            return await Pane(control, pane, clock.second).history(teardown.LAST_LINES)
        finally:
            await control.close()
    return ()


def _known(session: Session) -> tuple[Write, ...]:
    version = (SetVersion(session.id, session.version),) if session.version else ()
    return version + ((SetConversation(session.id, session.conversation),) if session.conversation else ())


def take_in_hand(daemon: Daemon, live: Live) -> None:
    """From here on its deaths and its journal are ours to watch. The deaths come first: whatever else goes wrong, its
    end is told. A folder that was deleted is made anew."""
    daemon.live[live.id] = live
    daemon.by_peer[live.peer] = live
    live.seen_alive = True
    live.tell_reach = Told(daemon, live)
    daemon.deaths.watch(live.host.runtime, lambda status: teardown.begin(daemon, live, status))
    daemon.deaths.watch(live.host.server, lambda status: teardown.server_gone(daemon, live, status))
    make_folders(live.place)
    aftermath.begin(daemon, live)
    screen_evidence.begin(daemon, live)
    live.booting = daemon.task(boot.watch(daemon, live), f"boot {live.peer}")
    if live.adapter.kind == "service":
        live.notify = live.notify or daemon.notify.pop(live.id, None) or sdnotify.bound(live.place)
        live.notified = daemon.task(sdnotify.listen(daemon, live, live.notify), f"be notified by {live.peer}")
    live.hearing = daemon.task(hear(daemon, live), f"hear {live.peer}")
    daemon.journals.watch(live.id, live.place.journal, live.heard_to)
    watcher.resume(daemon, live)
