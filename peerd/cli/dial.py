"""The one call a command makes: of the daemon that runs, or of one that is started for it."""

from __future__ import annotations

import os
import sys

from peerd import paths
from peerd.errors import DaemonLost, DaemonNotRunning, DaemonSilent, DaemonStopping, PeerdError
from peerd.rpc.client import call, connected
from peerd.rpc.protocol import LOOKS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

ANSWER_S = 10.0
"""What the daemon may take beyond the wait that was asked for."""

LOST_MAX = 5
"""Daemons that end under one request; one that restarts is such a one."""


def ask(method: str, params: dict[str, Any], *, wait_s: float = 0.0) -> dict[str, Any]:
    """Asks the daemon that runs. One that ends took nothing, or was asked for a look only: then the next is asked.
    Raises DaemonNotRunning where none runs, and what `call` raises."""
    for _ in range(LOST_MAX - 1):
        try:
            return call(method, params, timeout_s=wait_s + ANSWER_S)
        except DaemonSilent:
            raise
        except DaemonLost as lost:
            if not isinstance(lost, DaemonStopping) and method not in LOOKS:
                raise
    return call(method, params, timeout_s=wait_s + ANSWER_S)


def ask_starting(method: str, params: dict[str, Any], *, wait_s: float = 0.0) -> dict[str, Any]:
    """Asks, and starts the daemon first where none runs. For what changes something; looking starts nothing."""
    try:
        return ask(method, params, wait_s=wait_s)
    except DaemonNotRunning:
        from peerd.cli.keeping import bring_up

        bring_up(os.environ)
        return ask(method, params, wait_s=wait_s)


def listens() -> bool:
    """Whether a daemon is there, serving already or about to."""
    try:
        connected(paths.daemon_socket(os.environ)).close()
    except PeerdError as error:
        return not isinstance(error, DaemonNotRunning)
    return True


def ask_or_look(method: str, params: dict[str, Any], look: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Asks; where no daemon runs, looks into the store instead, and says so on stderr."""
    try:
        return ask(method, params)
    except DaemonNotRunning:
        found = look()
        print("peerd: no daemon: as of the store. `peerd daemon start` brings it up.", file=sys.stderr)
        return found
