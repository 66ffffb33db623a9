"""`peerd send`: a message to a peer, awake or asleep."""

from __future__ import annotations

import argparse
import os

from peerd.cli.body import attach_option, attached, body_of, text_arguments
from peerd.cli.parser import json_option, seconds, timeout_option
from peerd.cli.send_result import (
    ask_to_send,
    id_option,
    named,
    prioritized,
    priority_option,
    queue_option,
    same_with,
    show_sent,
    time_options,
    timed,
)
from peerd.cli.togroup import MARK, send_to_group

HELP = "send a message to a peer, awake or asleep"

BROKEN_OFF_WITHIN_S = 12.0
"""How long the daemon may take to break a turn off, however short the wait after that."""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("to", metavar="TO", help="the peer's name, or @GROUP for all its members")
    text_arguments(parser)
    attach_option(parser)
    parser.add_argument("--topic", metavar="T", help="its subject, one line")
    parser.add_argument("--reply-to", metavar="ID", help="the message it answers")
    id_option(parser)
    queue_option(parser)
    time_options(parser)
    parser.add_argument(
        "--deadline", type=seconds, metavar="S", help="fail the task if it is not done S seconds after delivery"
    )
    parser.add_argument("--key", metavar="K", help="replace your earlier waiting message with the same key")
    parser.add_argument(
        "--report",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="in a session: notify you, even asleep, when its work ends without a reply (default: only if you are up)",
    )
    priority_option(parser)
    told = "break off the open turn and go next; what you sent this peer before still goes first"
    parser.add_argument("--interrupt", action="store_true", help=told)
    parser.add_argument(
        "--wait",
        choices=("accepted", "submitted", "ended"),
        help="accepted: it is on disk (default to the operator); submitted: it was taken (default); ended: it is done",
    )
    timeout_option(parser, 60)
    json_option(parser)


def run(args: argparse.Namespace) -> int:
    """Exit code 3 where the wait ran out: accepted, and not to be sent again."""
    wait = args.wait or (None if args.not_before is None else "accepted")
    limits = {"deadline_s": args.deadline, "key": args.key, "report": args.report}
    params = {
        "to": args.to,
        "body": body_of(args),
        "topic": args.topic,
        "reply_to": args.reply_to,
        "id": named(args.id),
        "queue": args.queue,
        **{name: value for name, value in limits.items() if value is not None},
        **timed(args),
        **prioritized(args),
        **({"interrupt": True} if args.interrupt else {}),
        **attached(args),
        **({"wait": wait} if wait is not None else {}),
        **({"prints": False} if _ends_unprinted(args) else {}),
        "timeout_s": args.timeout,
    }
    if args.to.startswith(MARK):
        return send_to_group(params, answers=False, as_json=args.json)
    id, until = params["id"], "ended" if wait == "ended" else "submitted"
    wait_s = args.timeout + (BROKEN_OFF_WITHIN_S if args.interrupt else 0.0)
    sent = ask_to_send("message.send", params, id, wait_s, until, same_with(id))
    return show_sent(sent, until, by="send", as_json=args.json)


def _ends_unprinted(args: argparse.Namespace) -> bool:
    """Whether a session's own is answered while this waits, and is not told the answer by it. Said only there: a daemon
    of before does not know the word."""
    return args.wait == "ended" and not args.json and bool(os.environ.get("PEERD_SESSION"))
