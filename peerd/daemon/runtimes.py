"""The runtimes there are: those that are installed, and those that the configuration's `runtimes/` declares."""

import os
from collections.abc import Awaitable, Callable, Mapping
from importlib.metadata import entry_points

from peerd.adapter import Adapter
from peerd.config import read_runtimes
from peerd.core.event import SpecChanged
from peerd.core.state import Peer, Terms
from peerd.daemon import listening, shell_acl
from peerd.daemon.context import Daemon, guarded
from peerd.edges import watch
from peerd.edges.eventlog.writer import EventLog
from peerd.errors import ConfigError
from peerd.rpc.table import METHODS

Declare = Callable[[bytes, str], Adapter]


def installed(log: EventLog) -> dict[str, Adapter]:
    """By name. One that cannot be loaded is told and costs only itself."""
    found: dict[str, Adapter] = {}
    for point in entry_points(group="peerd.adapters"):
        try:
            found[point.name] = point.load()()
        except Exception as error:  # noqa: BLE001  somebody else's code
            log.write("action-failed", action=f"load adapter {point.name}", why=f"{type(error).__name__}: {error}")
    return found


async def follow(daemon: Daemon, taken_up: Callable[[Daemon], Awaitable[None]]) -> None:
    """Runs until cancelled; a fault of ours costs only one look. `taken_up`: what is to follow each."""
    known: Mapping[str, watch.Mark] | None = None
    async for _ in watch.looks(daemon.home.runtimes):
        with guarded(daemon, "read the runtimes"):
            read_if_changed(daemon)
            if daemon.runtimes_read != known:  # also where somebody else had them read
                known = daemon.runtimes_read
                await taken_up(daemon)


def read(daemon: Daemon) -> None:
    """Take up what is declared, for the sessions to come. A file that is wrong is told, and costs only itself; the
    runtime it declared before stays."""
    daemon.runtimes_read = watch.marks(daemon.home.runtimes)  # first: what changes meanwhile is read again
    (declare,) = (point.load() for point in entry_points(group="peerd.declared"))
    files, wrong = read_runtimes(daemon.home.runtimes)
    for path, data in files.items():
        try:
            adapter = _declared(daemon, declare, path, data)
        except ConfigError as error:
            wrong.append(error)
        except Exception as error:  # noqa: BLE001  one costs no other
            daemon.bug(f"take up {path}", error)
        else:
            daemon.adapters[adapter.name] = adapter
            daemon.declared.add(adapter.name)
    daemon.reject("runtimes", [*wrong, *_gone(daemon)])
    for peer in tuple(daemon.loop.peers.values()):
        with guarded(daemon, f"the runtime of {peer.spec.name}"):  # one costs no other
            _take_as_it_is(daemon, peer)


def read_if_changed(daemon: Daemon) -> None:
    """For `follow`; and for who declares one and uses it at once, of which that hears a moment later."""
    there = watch.marks(daemon.home.runtimes)
    if there is not None and there != daemon.runtimes_read:
        read(daemon)


def not_known(daemon: Daemon, runtime: str) -> str:
    """For a person, of a runtime that has no adapter."""
    return f"its runtime {runtime!r} is not known: {daemon.home.runtimes}/{runtime}.toml would declare it"


def _take_as_it_is(daemon: Daemon, peer: Peer) -> None:
    """Its runtime may be another kind by now."""
    known = SpecChanged(peer.spec.name, peer.spec, daemon.task_attempts(peer.spec), daemon.kind(peer.spec))
    if peer.terms != Terms(known.kind, known.task_attempts):
        daemon.loop.feed(known)
    shell_acl.cancel(daemon, peer.spec.name, daemon.loop.feed)
    listening.follow(daemon, daemon.loop.peers[peer.spec.name])


def _gone(daemon: Daemon) -> list[ConfigError]:
    """Files that were deleted while peers are of the runtime they declared."""
    used: dict[str, list[str]] = {}
    for name, peer in sorted(daemon.loop.peers.items()):
        used.setdefault(peer.spec.runtime, []).append(name)
    paths = {name: os.path.join(daemon.home.runtimes, f"{name}.toml") for name in sorted(daemon.declared & used.keys())}
    return [
        ConfigError(
            f"{path} is gone, and {', '.join(used[name])} needs it: the runtime stays as it was until the daemon ends. "
            "Put it back."
        )
        for name, path in paths.items()
        if not os.path.lexists(path)
    ]


def _declared(daemon: Daemon, declare: Declare, path: str, data: bytes) -> Adapter:
    adapter = declare(data, path)
    if os.path.basename(path) != f"{adapter.name}.toml":
        raise ConfigError(f"{path}: name is {adapter.name!r}; rename the file to {adapter.name}.toml, or correct it.")
    unknown = [each for each in adapter.methods or () if each not in METHODS]
    if unknown:
        raise ConfigError(f"{path}: methods: no method is called {unknown[0]!r}. There are: {', '.join(METHODS)}.")
    if adapter.name in daemon.adapters and adapter.name not in daemon.declared:
        raise ConfigError(f"{path}: {adapter.name!r} is a runtime of peerd's own; choose another name.")
    return adapter
