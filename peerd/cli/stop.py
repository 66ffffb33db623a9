"""`peerd stop`: takes a peer down and keeps it down."""

from __future__ import annotations

from peerd.cli.dial import ask_starting
from peerd.cli.output import print_json
from peerd.cli.parser import json_option, timeout_option

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse

HELP = "take a peer down; only `peerd start` lets it run again"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="the peer's name")
    timeout_option(parser, 30)
    json_option(parser)


def run(args: argparse.Namespace) -> int:
    """Returns when nothing of its session is left."""
    stopped = ask_starting("peer.stop", {"peer": args.name, "timeout_s": args.timeout}, wait_s=args.timeout)
    if args.json:
        print_json(stopped)
    else:
        print(f"{stopped['peer']} is stopped. `peerd start {stopped['peer']}` lets it run again.")
    return 0
