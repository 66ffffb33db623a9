"""`peerd start`: lets a peer run again that was stopped, or had failed."""

from __future__ import annotations

from peerd.cli.dial import ask_starting
from peerd.cli.output import print_json
from peerd.cli.parser import json_option

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse

HELP = "let a peer run again that was stopped or had failed"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="the peer's name")
    json_option(parser)


def run(args: argparse.Namespace) -> int:
    started = ask_starting("peer.start", {"peer": args.name})
    if args.json:
        print_json(started)
    else:
        name = started["peer"]
        print(f"{name} may run again ({started['phase']}). What waits for it wakes it; so does `peerd wake {name}`.")
    return 0
