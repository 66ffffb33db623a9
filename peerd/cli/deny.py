"""`peerd deny`: says no to what a peer asks for."""

from __future__ import annotations

import os

from peerd.cli.approval_answer import answer_arguments, run_answer
from peerd.cli.argv import hide
from peerd.cli.body import checked
from peerd.cli.output import say
from peerd.cli.send_result import ask_to_send, named
from peerd.errors import DaemonLost, NotYet, PeerdError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse

HELP = "deny a peer's permission prompt; most runtimes then end the turn"


def arguments(parser: argparse.ArgumentParser) -> None:
    answer_arguments(parser)
    parser.add_argument("--tell", metavar="TEXT", help="also send the peer this message")


def run(args: argparse.Namespace) -> int:
    """TEXT is sent, once, where it was seen to be denied. One that cannot be sent has nothing pressed."""
    if args.tell is None:
        return run_answer(args, "deny", ask=False)
    _check(args.tell)
    try:
        code = run_answer(args, "deny", ask=False)
    except PeerdError as error:
        error.args = (f"{error} {_unsent(args)}",)
        raise
    if code == 0:
        say(f"{_told(args)} tells {args.peer} so.")
    else:
        say(_unsent(args))
    return code


def _check(text: str) -> None:
    hide(text)
    try:
        checked(os.fsencode(text), "--tell")
    except UsageError as error:
        raise UsageError(f"{str(error).removesuffix('.')}, and no key was pressed.") from error


def _told(args: argparse.Namespace) -> str:
    """To deny it once more is no remedy for what was not told."""
    try:
        return _tell(args.peer, args.tell)
    except (NotYet, DaemonLost):
        raise
    except PeerdError as error:
        raise PeerdError(f"{args.id} is denied. {error} {_unsent(args)}") from error


def _tell(peer: str, text: str) -> str:
    """The id of what tells it, by which the next daemon knows it where one ends before it answers."""
    id = named(None)
    params = {"to": peer, "body": text, "id": id, "wait": "accepted"}
    again = f"`peerd send {peer} --id {id}` with the same text"
    sent: str = ask_to_send("message.send", params, id, 0.0, "submitted", again)["id"]
    return sent


def _unsent(args: argparse.Namespace) -> str:
    """`run_answer` may not have come to whose it is."""
    sends = f": `peerd send {args.peer} TEXT` sends it" if hasattr(args, "peer") else ""
    return f"The --tell text was not sent{sends}."
