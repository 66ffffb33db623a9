"""`peerd interrupt`: breaks off what a peer is at."""

from __future__ import annotations

from peerd.cli.dial import ask_session
from peerd.cli.output import print_json
from peerd.cli.parser import json_option, timeout_option

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any

HELP = "interrupt a peer's turn"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="the peer's name")
    timeout_option(parser, 10)
    json_option(parser)


def run(args: argparse.Namespace) -> int:
    params = {"peer": args.name, "what": "interrupt", "timeout_s": args.timeout}
    controlled = ask_session("peer.control", params, wait_s=args.timeout)
    if args.json:
        print_json(controlled)
    else:
        print(_told(controlled))
    return 0


def _told(controlled: dict[str, Any]) -> str:
    """What waited may be at work by now."""
    peer, message = controlled["peer"], controlled["message"]
    return f"{peer} broke off {message}: it ends with exit status 130." if message else f"{peer} broke off."
