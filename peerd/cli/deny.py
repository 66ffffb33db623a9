"""`peerd deny`: says no to what a peer asks for."""

from __future__ import annotations

from peerd.cli.answered import answer_arguments, run_answer
from peerd.cli.dial import ask_starting
from peerd.cli.output import say

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse

HELP = "say no to what a peer asks for; its turn breaks off in most runtimes"


def arguments(parser: argparse.ArgumentParser) -> None:
    answer_arguments(parser)
    parser.add_argument("--tell", metavar="TEXT", help="and send it this")


def run(args: argparse.Namespace) -> int:
    code = run_answer(args, "deny", ask=False)
    if code == 0 and args.tell:
        sent = ask_starting("message.send", {"to": args.peer, "body": args.tell, "wait": "accepted"})
        say(f"{sent['id']} tells {args.peer} so.")
    return code
