"""`peerd wait`: goes on waiting for a message that was sent before."""

from __future__ import annotations

from peerd.cli.dial import ask
from peerd.cli.parser import HIDDEN, json_option, timeout_option
from peerd.cli.send_result import show_answer, show_sent, wait_on
from peerd.errors import DaemonLost, DaemonNotRunning

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse

STEPS = ("submitted", "ended")
"""What is waited for; `--until` is what `--for` was called before."""

HELP = "wait until a message is delivered, or its work is done"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID", help="the message's id")
    told = "submitted: until the peer took it (default); ended: until its work is done, then print the answer"
    parser.add_argument("--for", dest="until", choices=STEPS, default=STEPS[0], help=told)
    parser.add_argument("--until", dest="until", choices=STEPS, default=STEPS[0], help=HIDDEN)
    timeout_option(parser, 60)
    json_option(parser)


def run(args: argparse.Namespace) -> int:
    """As `send`, or as `ask` with `--for ended`: the same output, the same exit codes."""
    params = {"id": args.id, "until": args.until, "timeout_s": args.timeout}
    try:
        sent = ask("message.wait", params, wait_s=args.timeout)
    except (DaemonNotRunning, DaemonLost) as error:
        raise type(error)(f"{error} {wait_on(args.id, args.until)} then waits on.") from error
    if args.until == "ended":
        return show_answer(sent, by="wait", as_json=args.json)
    return show_sent(sent, args.until, by="wait", as_json=args.json)
