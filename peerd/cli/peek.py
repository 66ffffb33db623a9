"""`peerd peek`: a peer's screen, read only."""

from __future__ import annotations

from peerd.cli.dial import ask
from peerd.cli.output import print_json, print_text, say
from peerd.cli.parser import json_option

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse

HELP = "print a peer's screen now, or the last one of a dead session"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="the peer's name")
    json_option(parser)


def run(args: argparse.Namespace) -> int:
    """0 also where there is nothing to see yet, which is said."""
    peeked = ask("peer.peek", {"peer": args.name})
    if args.json:
        print_json(peeked)
        return 0
    screen = "\n".join(peeked["lines"]).rstrip()
    if screen:
        print_text(screen)
    if peeked["session"] is None:
        say(f"{peeked['peer']} has had no session yet. `peerd wake {peeked['peer']}` starts one.")
    elif not peeked["live"]:
        say(f"session {peeked['session']} has ended; this was its last screen, at {peeked['at']}.")
    return 0
