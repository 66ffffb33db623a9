"""Who keeps the daemon: the service manager, where `peerd daemon install` told it to, else nobody but its callers."""

from __future__ import annotations

import contextlib
import os
import sys

from peerd import paths
from peerd.cli import unitfile
from peerd.cli.dial import ask
from peerd.cli.output import say
from peerd.edges.units import Units as Units
from peerd.edges.units import units
from peerd.errors import DaemonLost, DaemonNotRunning, NotYet, PeerdError
from peerd.rpc.start import end, ensure_daemon, gone, listener, refuse_inside_session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

STOP_WITHIN_S = 20.0
"""The daemon finishes what it is typing first."""


def service_manager(env: Mapping[str, str]) -> Units | None:
    """This system's; None where there is none that peerd knows."""
    return units(env, sys.platform)


def socket_of(env: Mapping[str, str]) -> str:
    """The daemon's socket, absolute: what a service's file names its daemon by."""
    return os.path.abspath(paths.daemon_socket(env))


def installed(env: Mapping[str, str]) -> Units | None:
    """The service manager, where it was told to keep the daemon of this home."""
    manager = service_manager(env)
    if manager is None:
        return None
    texts = (manager.read(name) for name in manager.file_names)
    ours = all(text is not None and unitfile.owner(text) == unitfile.named(socket_of(env)) for text in texts)
    return manager if ours else None


def keeper(env: Mapping[str, str]) -> Units | None:
    """The service manager, where it keeps the daemon of this home right now."""
    manager = installed(env)
    return manager if manager is not None and manager.runs() else None


def bring_up(env: Mapping[str, str]) -> None:
    """A daemon listens once this returns. Where one is installed, the service manager starts it: of two daemons the
    second would find the lock taken. Raises as `ensure_daemon`; PeerdError where the manager fails."""
    manager = installed(env)
    if manager is None or listener(paths.daemon_socket(env)) is not None:
        return ensure_daemon(env)
    refuse_inside_session(env)
    manager.start()


def stop() -> int | None:
    """The pid of the daemon that is gone once this returns; None where it told none. What a service manager keeps is
    stopped by it, until it is started again or at the next login."""
    manager = keeper(os.environ) if not os.environ.get("PEERD_SESSION") else None
    if manager is None:
        return stop_by_hand()
    pid = None
    with contextlib.suppress(PeerdError):
        pid = ask("daemon.status", {})["pid"]
    manager.stop()
    return pid


def stop_by_hand() -> int:
    """The pid of the daemon that is gone once this returns. One that is silent is ended by signals: what it accepted is
    on disk, and sessions live on. Raises DaemonNotRunning."""
    try:
        pid: int = ask("daemon.stop", {})["pid"]
    except DaemonLost as silent:
        say(f"{silent}")
        return end(os.environ)
    if not gone(pid, STOP_WITHIN_S):
        raise NotYet(f"the daemon (pid {pid}) was told to stop and still runs after {STOP_WITHIN_S:g} s.")
    return pid


def stop_if_any() -> None:
    with contextlib.suppress(DaemonNotRunning):
        stop_by_hand()
