"""`peerd ask`: a message whose answer is waited for and printed."""

from __future__ import annotations

from peerd.cli.body import attach_option, attached, body_of, text_arguments
from peerd.cli.parser import json_option, timeout_option
from peerd.cli.send_result import (
    ask_to_send,
    id_option,
    named,
    prioritized,
    priority_option,
    same_with,
    show_answer,
    time_options,
    timed,
)
from peerd.cli.togroup import MARK, send_to_group

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse

HELP = "send a message, wait until its work is done, and print the answer"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("to", metavar="TO", help="the peer's name, or @GROUP for all its members")
    text_arguments(parser)
    attach_option(parser)
    parser.add_argument("--topic", metavar="T", help="its subject, one line")
    id_option(parser)
    priority_option(parser)
    time_options(parser)
    timeout_option(parser, 600)
    json_option(parser)


def run(args: argparse.Namespace) -> int:
    """Exit code 1 where a shell's command failed, 3 where the wait ran out."""
    params = {
        "to": args.to,
        "body": body_of(args),
        "topic": args.topic,
        "id": named(args.id),
        **timed(args),
        **prioritized(args),
        **attached(args),
        "wait": "ended",
        "timeout_s": args.timeout,
    }
    if args.to.startswith(MARK):
        return send_to_group(params, answers=True, as_json=args.json)
    id = params["id"]
    sent = ask_to_send("message.send", params, id, args.timeout, "ended", same_with(id))
    return show_answer(sent, by="ask", as_json=args.json)
