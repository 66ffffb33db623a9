"""`peerd daemon`: the daemon by hand. It starts by itself with the first command that needs it."""

from __future__ import annotations

import os
import sys

from peerd import __version__
from peerd.cli.dial import ask, ask_starting
from peerd.cli.output import print_json
from peerd.cli.parser import json_option
from peerd.counted import counted
from peerd.errors import PeerdError, TryAgain, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable
    from typing import Any

HELP = "run, start, stop or restart the daemon, show its status, or install it as a service"
WORDS = ("run", "start", "stop", "restart", "status", "install", "uninstall")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "what",
        choices=WORDS,
        metavar="|".join(WORDS),
        help="run: in the foreground until Ctrl-C or SIGTERM; start: detached; stop: sessions live on; restart; "
        "status; install: as your user service, started at login and restarted whenever it ends; uninstall",
    )
    parser.add_argument(
        "--now", action="store_true", help="with stop: even if the latest records cannot be written, and are lost"
    )
    parser.add_argument("--dry-run", action="store_true", help="with install: print the files, change nothing")
    json_option(parser)


def run(args: argparse.Namespace) -> int:
    if args.dry_run and args.what != "install":
        raise UsageError("--dry-run goes with `peerd daemon install`.")
    if args.now and args.what != "stop":
        raise UsageError("--now goes with `peerd daemon stop`.")
    match args.what:
        case "run":
            return _run()
        case "start":
            return _start(args)
        case "stop":
            return _stop(args)
        case "restart":
            return _restart(args)
        case "status":
            return _status(args)
        case _:
            from peerd.cli import install

            return install.run(args)


def _run() -> int:
    from peerd.daemon.main import run

    return run()


def _start(args: argparse.Namespace) -> int:
    from peerd.cli.supervisor import bring_up

    bring_up(os.environ)
    return _status(args, ask_starting)  # the one that listened may have been ending


def _restart(args: argparse.Namespace) -> int:
    """By the service manager, where it keeps the daemon; else the daemon goes on as another. Either way somebody holds
    the socket meanwhile, so that nobody is refused. Refused inside a session before anything is stopped: nothing there
    could start it again."""
    from peerd.cli.supervisor import keeper, restart
    from peerd.rpc.start import refuse_inside_session

    refuse_inside_session(os.environ, "the daemon is not restarted from inside a session", "daemon restart")
    manager = keeper(os.environ)
    if manager is not None:
        manager.restart()
        return _status(args, remedy="`peerd daemon install`")
    restart()
    return _status(args)


def _stop(args: argparse.Namespace) -> int:
    """Refused where what has happened would be lost with it, unless that is wanted."""
    from peerd.cli.supervisor import stop

    if not args.now:
        _refuse_to_lose()
    pid = stop()
    of = f" (pid {pid})" if pid is not None else ""
    _show(args, {"pid": pid}, f"stopped{of}. Sessions live on; the next daemon adopts them.")
    return 0


def _refuse_to_lose() -> None:
    """A daemon that cannot be asked may be stopped: what it told was on disk, or it said that it was not."""
    try:
        unwritten = ask("daemon.status", {}).get("unwritten")
    except PeerdError:
        return
    if unwritten:
        raise TryAgain(
            f"some records are not on disk yet and would be lost: {unwritten}. It goes on as it is; "
            "make room, then stop it. `peerd daemon stop --now` stops it all the same."
        )


def _status(
    args: argparse.Namespace,
    asked: Callable[..., dict[str, Any]] = ask,
    remedy: str = "`peerd daemon restart`",
) -> int:
    """`remedy`: what brings up a daemon of this command line's version. A service manager starts that of its file."""
    status = asked("daemon.status", {})
    other = "" if status["version"] == __version__ else f" This command line is {__version__}: {remedy}."
    peers = counted(status["peers"], "peer")
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
