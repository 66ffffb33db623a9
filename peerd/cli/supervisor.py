"""Who keeps the daemon: the service manager, where `peerd daemon install` told it to, else nobody but its callers."""

from __future__ import annotations

import contextlib
import os
import sys
import time

from peerd import paths
from peerd.cli import unitfile
from peerd.cli.dial import ask, ask_starting
from peerd.cli.output import say
from peerd.edges.units import Units as Units
from peerd.edges.units import units
from peerd.errors import DaemonLost, DaemonNotRunning, DaemonSilent, NotYet, PeerdError, VersionSkew
from peerd.rpc.client import connected
from peerd.rpc.owner import elsewhere, holder
from peerd.rpc.start import daemon_env, end, ensure_daemon, gone, listener, refuse_inside_session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

STOP_WITHIN_S = 20.0
"""The daemon finishes what it is typing first."""

RESTART_WITHIN_S = 40.0
"""That, and the looking around of the next one."""

LOOK_AGAIN_S = 0.01

LISTENS_WITHIN_S = 5.0
"""One that owns the home and does not listen may be starting."""


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
    if manager is None or listener(paths.daemon_socket(env)) is not None or elsewhere(env) is not None:
        return ensure_daemon(env)
    refuse_inside_session(env)
    manager.start()


def restart() -> None:
    """Another daemon listens once this returns, run by this command's Python in its environment. The process is the
    same, so that nobody is refused meanwhile; a daemon that cannot do that, for it is older or silent, is stopped and
    another one started. Raises as `bring_up`."""
    told = {"python": sys.executable, "env": _env_of_the_next()}
    try:
        began = ask("daemon.restart", told)["started_at"]
    except DaemonSilent:
        _end_by_signals()
        return bring_up(os.environ)
    except (DaemonNotRunning, DaemonLost, VersionSkew):
        stop_if_any()
        return bring_up(os.environ)
    give_up = time.monotonic() + RESTART_WITHIN_S
    while time.monotonic() < give_up:
        with contextlib.suppress(DaemonLost):  # it was closing
            if ask_starting("daemon.status", {})["started_at"] != began:
                return
        time.sleep(LOOK_AGAIN_S)
    raise NotYet(f"the daemon was told to restart and still does not answer after {RESTART_WITHIN_S:g} s.")


def _env_of_the_next() -> dict[str, str]:
    """It goes on with the socket it has, also where this environment names another."""
    socket = elsewhere(os.environ)
    return daemon_env(os.environ) | ({"PEERD_SOCKET": socket} if socket is not None else {})


def stop() -> int | None:
    """The pid of the daemon that is gone once this returns; None where it told none. What a service manager keeps is
    stopped by it, until it is started again or at the next login."""
    manager = keeper(os.environ) if not os.environ.get("PEERD_SESSION") else None
    if manager is None:
        return stop_by_hand() if _listens_soon() else _end_by_signals()
    pid = None
    with contextlib.suppress(PeerdError):
        pid = ask("daemon.status", {})["pid"]
    manager.stop()
    return pid


def _listens_soon() -> bool:
    """False where a daemon owns the home and nobody reaches it: its socket's folder went, as after a logout."""
    give_up = time.monotonic() + LISTENS_WITHIN_S
    while not listens() and holder(os.environ) is not None:
        if time.monotonic() > give_up:
            return False
        time.sleep(LOOK_AGAIN_S)
    return True


def listens() -> bool:
    """Whether a daemon is there, serving already or about to."""
    try:
        connected(paths.daemon_socket(os.environ)).close()
    except DaemonNotRunning:
        return elsewhere(os.environ) is not None
    except PeerdError:
        return True
    return True


def stop_by_hand() -> int:
    """The pid of the daemon that is gone once this returns. One that is silent is ended by signals: what it accepted is
    on disk, and sessions live on. Raises DaemonNotRunning."""
    try:
        pid: int = ask("daemon.stop", {})["pid"]
    except DaemonLost:
        return _end_by_signals()
    if not gone(pid, STOP_WITHIN_S):
        raise NotYet(f"the daemon (pid {pid}) was told to stop and still runs after {STOP_WITHIN_S:g} s.")
    return pid


def _end_by_signals() -> int:
    say("the daemon does not answer: it is ended by a signal. Accepted messages are kept, and sessions live on.")
    return end(os.environ)


def stop_if_any() -> None:
    with contextlib.suppress(DaemonNotRunning):
        stop_by_hand()
