"""A restart in place: this process becomes the next daemon, the lock and the sockets held all the while, so that nobody
is refused and nobody else can take the home meanwhile."""

import asyncio
import os
from collections.abc import Mapping
from socket import socket
from typing import NoReturn

import msgspec
from msgspec.structs import replace

from peerd import rfc3339
from peerd.config import read_settings
from peerd.daemon.context import Daemon
from peerd.daemon.ondisk import refuse_when_full
from peerd.edges import disk, limits, manager
from peerd.edges.host import OwnerLock
from peerd.edges.manager import Manager, Passed
from peerd.errors import ConfigError, TryAgain, UsageError
from peerd.paths import home
from peerd.rpc.params import DaemonRestartParams
from peerd.rpc.results import DaemonRestarts

LOCK = "lock"
SOCKET = "socket"
"""The names under which a daemon passes these on to itself; a service manager's socket keeps that of its unit."""


ROOM_BYTES = 256 << 10
"""What the next daemon's store takes to be opened, and some: SQLite's -shm alone is 32 KiB."""


class Successor(msgspec.Struct, frozen=True):
    """What this process becomes once the daemon has ended; `held` are descriptors by name."""

    python: str
    env: Mapping[str, str]
    limits: tuple[int, int]
    held: Mapping[str, int]


async def prepare(daemon: Daemon, params: DaemonRestartParams, by: str) -> DaemonRestarts:
    """The daemon ends, and goes on as its caller has it, once this was answered. Raises UsageError, ConfigError or
    TryAgain where it could not; then it goes on as it is."""
    runs = os.path.isabs(params.python) and os.path.isfile(params.python) and os.access(params.python, os.X_OK)
    if not runs:
        raise UsageError(f"{params.python}: no such program that can be run. The daemon goes on as it is.")
    read_settings(daemon.home.settings_file)  # raises what the next daemon would end with
    if any("\0" in f"{name}{value}" or "=" in name or not name for name, value in params.env.items()):
        raise UsageError("that environment cannot be passed to a program. The daemon goes on as it is.")
    there = home(params.env)
    if (os.path.realpath(there.lock), there.socket) != (os.path.realpath(daemon.home.lock), daemon.home.socket):
        sockets = f"their sockets {there.socket} and {daemon.home.socket}"
        raise UsageError(f"that environment's home is {there.state}, this daemon's is {daemon.home.state}; {sockets}.")
    await _check_disk(daemon)
    daemon.stop(f"{by} restarts it", params)
    return DaemonRestarts(pid=os.getpid(), started_at=rfc3339.stamp(daemon.started_at))


async def _check_disk(daemon: Daemon) -> None:
    """Raises TryAgain where the next daemon could not write what it begins with, or this one the rest of its record."""
    goes_on = "The daemon goes on as it is; make room, then restart it."
    why = await asyncio.to_thread(disk.refusal, daemon.home.state, ROOM_BYTES)
    if why is not None:
        raise TryAgain(f"nothing can be written in {daemon.home.state}: {why}. {goes_on}")
    await refuse_when_full(daemon, goes_on)


def with_services(successor: Successor, listening: Mapping[str, socket]) -> Successor:
    """Their listening sockets as they stand once nothing else runs: from now on they are the next one's."""
    return replace(successor, held={**successor.held, **{name: sock.detach() for name, sock in listening.items()}})


def called_off(successor: Successor, socket: str) -> None:
    """A stop came after all: what was held is let go, and the socket's file goes where it was ours."""
    for fd in (fd for name, fd in successor.held.items() if name != LOCK):
        os.close(fd)
    if SOCKET in successor.held:
        os.unlink(socket)


def succeed(successor: Successor) -> NoReturn:
    """Nothing of the daemon runs any more. Raises ConfigError where the program cannot be run after all."""
    limits.put_back(successor.limits)
    os.chdir("/")
    argv = (successor.python, "-m", "peerd", "daemon", "run")
    try:
        manager.become(argv, successor.env, successor.held)
    except OSError as error:
        raise ConfigError(f"{successor.python}: {error.strerror}. `peerd daemon start` starts a daemon.") from error


def lock(told: Manager, path: str, socket: str) -> OwnerLock:
    """That of the daemon before, which this process was, else a new one. Raises AlreadyRunning, ConfigError."""
    passed = named(told, LOCK)
    return OwnerLock.take(path, socket) if passed is None else OwnerLock.passed(path, passed.fd, socket)


def named(told: Manager, name: str) -> Passed | None:
    return next((each for each in told.passed if each.name == name), None)
