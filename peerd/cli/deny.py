"""`peerd deny`: says no to what a peer asks for."""

from __future__ import annotations

from peerd.cli.answered import answer_arguments, run_answer
from peerd.cli.output import say
from peerd.cli.sent import ask_to_send, named
from peerd.errors import DaemonLost

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse

HELP = "say no to what a peer asks for; its turn breaks off in most runtimes"


def arguments(parser: argparse.ArgumentParser) -> None:
    answer_arguments(parser)
    parser.add_argument("--tell", metavar="TEXT", help="and send it this")


def run(args: argparse.Namespace) -> int:
    """TEXT is sent, once, where it was seen to be denied."""
    if not args.tell:
        return run_answer(args, "deny", ask=False)
    try:
        code = run_answer(args, "deny", ask=False)
    except DaemonLost as lost:
        raise type(lost)(f"{lost} {_unsent(args)}") from lost
    if code == 0:
        say(f"{_tell(args.peer, args.tell)} tells {args.peer} so.")
    else:
        say(_unsent(args))
    return code


def _tell(peer: str, text: str) -> str:
    """The id of what tells it, by which the next daemon knows it where one ends before it answers."""
    id = named(None)
    params = {"to": peer, "body": text, "id": id, "wait": "accepted"}
    again = f"`peerd send {peer} --id {id}` with the same text"
    sent: str = ask_to_send("message.send", params, id, 0.0, "submitted", again)["id"]
    return sent


def _unsent(args: argparse.Namespace) -> str:
    return f"What --tell says was not sent: `peerd send {args.peer} TEXT` sends it."
