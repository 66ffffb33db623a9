"""`peerd compact`: has a peer shorten its conversation."""

from __future__ import annotations

from peerd.cli.dial import ask_session
from peerd.cli.output import print_json
from peerd.cli.parser import json_option, timeout_option

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse

HELP = "have an idle peer shorten its conversation"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="the peer's name")
    timeout_option(parser, 290)
    json_option(parser)


def run(args: argparse.Namespace) -> int:
    params = {"peer": args.name, "what": "compact", "timeout_s": args.timeout}
    controlled = ask_session("peer.control", params, wait_s=args.timeout)
    if args.json:
        print_json(controlled)
    else:
        print(f"{controlled['peer']} was told to shorten its conversation, and is at its input line again.")
    return 0
