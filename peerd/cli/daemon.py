"""`peerd daemon`: the daemon by hand. It starts by itself with the first command that needs it."""

from __future__ import annotations

import contextlib
import os
import sys

from peerd import __version__
from peerd.cli.dial import ask
from peerd.cli.output import print_json, say
from peerd.cli.parser import json_option
from peerd.errors import DaemonLost, DaemonNotRunning, NotYet

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any

HELP = "run, start, stop or restart the daemon, or see how it is"

STOP_WITHIN_S = 20.0
"""It finishes what it is typing first."""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "what",
        choices=("run", "start", "stop", "restart", "status"),
        metavar="run|start|stop|restart|status",
        help="run it here until Ctrl-C or SIGTERM; start it detached; stop it (sessions live on); both; or how it is",
    )
    json_option(parser)


def run(args: argparse.Namespace) -> int:
    match args.what:
        case "run":
            return _run()
        case "start":
            return _start(args)
        case "stop":
            pid = _stop()
            _show(args, {"pid": pid}, f"stopped (pid {pid}). Sessions live on; the next daemon adopts them.")
            return 0
        case "restart":
            return _restart(args)
        case _:
            return _status(args)


def _run() -> int:
    from peerd.daemon.main import run

    return run()


def _start(args: argparse.Namespace) -> int:
    from peerd.rpc.start import ensure_daemon

    ensure_daemon(os.environ)
    return _status(args)


def _restart(args: argparse.Namespace) -> int:
    """Refused inside a session before anything is stopped: nothing there could start it again."""
    from peerd.rpc.start import refuse_inside_session

    refuse_inside_session(os.environ)
    with contextlib.suppress(DaemonNotRunning):
        _stop()
    return _start(args)


def _stop() -> int:
    """The pid of the daemon that is gone once this returns. One that is silent is ended by signals: what it accepted is
    on disk, and sessions live on."""
    from peerd.rpc.start import end, gone

    try:
        pid: int = ask("daemon.stop", {})["pid"]
    except DaemonLost as silent:
        say(f"{silent}")
        return end(os.environ)
    if not gone(pid, STOP_WITHIN_S):
        raise NotYet(f"the daemon (pid {pid}) was told to stop and still runs after {STOP_WITHIN_S:g} s.")
    return pid


def _status(args: argparse.Namespace) -> int:
    status = ask("daemon.status", {})
    other = "" if status["version"] == __version__ else f" This command line is {__version__}: `peerd daemon restart`."
    peers = f"{status['peers']} peer{'' if status['peers'] == 1 else 's'}"
    text = f"runs (pid {status['pid']}, peerd {status['version']}, {peers}) on {status['socket']}.{other}"
    _show(args, status, text)
    for notice in status.get("notices", ()):
        print(f"peerd: {notice}", file=sys.stderr)
    return 0


def _show(args: argparse.Namespace, facts: dict[str, Any], text: str) -> None:
    if args.json:
        print_json(facts)
    else:
        print(f"the daemon {text}" if text.startswith("runs") else f"the daemon is {text}")
