"""`peerd reply`: an answer to a message, to whoever sent it."""

from __future__ import annotations

from peerd.cli.body import attach_option, attached, body_of, text_arguments
from peerd.cli.parser import json_option, timeout_option
from peerd.cli.send_result import ask_to_send, id_option, named, queue_option, same_with, show_sent

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any

HELP = "answer a message; the answer goes to its sender"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("question", metavar="ID", help="the message to answer")
    text_arguments(parser)
    attach_option(parser)
    id_option(parser)
    queue_option(parser)
    timeout_option(parser, 60)
    json_option(parser)


def run(args: argparse.Namespace) -> int:
    """Exit code 3 where it is accepted and the wait for its delivery ran out."""
    queue = {"queue": True} if args.queue else {}
    params = {"id": named(args.id), "timeout_s": args.timeout, **queue, **attached(args)}
    return show_sent(answered(args.question, body_of(args), params), "submitted", by="send", as_json=args.json)


def answered(question: str, body: str, params: dict[str, Any]) -> dict[str, Any]:
    """Where the answer stands."""
    id = params["id"]
    asked = {"reply_to": question, "body": body, **params}
    return ask_to_send("message.send", asked, id, params["timeout_s"], "submitted", same_with(id))
