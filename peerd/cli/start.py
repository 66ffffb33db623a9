"""`peerd start`: lets peers run again that were stopped, or had failed."""

from __future__ import annotations

from peerd.cli.dial import ask_starting
from peerd.cli.parser import json_option, timeout_option
from peerd.cli.targets import for_each, peers_arguments

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any

HELP = "let stopped or failed peers run again"


def arguments(parser: argparse.ArgumentParser) -> None:
    peers_arguments(parser)
    parser.add_argument("--resume", action="store_true", help="start them at once, continuing the last conversation")
    timeout_option(parser, 300)
    json_option(parser)


def run(args: argparse.Namespace) -> int:
    return for_each(args, lambda name: _start(name, args), _resumed if args.resume else _told)


def _start(name: str, args: argparse.Namespace) -> Any:
    if not args.resume:
        return ask_starting("peer.start", {"peer": name})
    return ask_starting("peer.start", {"peer": name, "resume": True, "timeout_s": args.timeout}, wait_s=args.timeout)


def _resumed(started: dict[str, Any]) -> str:
    return f"{started['peer']} runs again ({started['phase']}), continuing its last conversation."


def _told(started: dict[str, Any]) -> str:
    name = started["peer"]
    if started.get("service"):
        return f"{name} may run again ({started['phase']}): a service starts by itself."
    if started.get("kept_up"):
        return f"{name} may run again ({started['phase']}): it is permanent, and starts by itself."
    return f"{name} may run again ({started['phase']}). A waiting message wakes it; so does `peerd wake {name}`."
