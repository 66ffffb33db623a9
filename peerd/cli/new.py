"""`peerd new`: a fresh session in the place of the one there is."""

from __future__ import annotations

from peerd.cli.dial import ask_starting
from peerd.cli.output import print_json
from peerd.cli.parser import json_option, timeout_option
from peerd.cli.wake import told

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any

HELP = "replace a peer's session with a new one, once it is idle"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="the peer's name")
    parser.add_argument("--now", action="store_true", help="even in the middle of work; its task is delivered again")
    timeout_option(parser, 300)
    json_option(parser)


def run(args: argparse.Namespace) -> int:
    params = {"peer": args.name, "now": args.now, "timeout_s": args.timeout, **instead_of(args.name)}
    woken = ask_starting("peer.new", params, wait_s=2 * args.timeout)
    print_json(woken) if args.json else print(told(woken))
    return 0


def instead_of(name: str) -> dict[str, Any]:
    """The session there is: where the daemon restarts meanwhile, the next one does not end its heir. Nothing of one
    that is about to begin: it is no heir."""
    rows = (row for row in ask_starting("peer.list", {})["peers"] if row["peer"] == name and "session" in row)
    return next(({"instead_of": row["session"]} for row in rows if row["session"] or row["phase"] != "starting"), {})
