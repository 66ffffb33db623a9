"""`peerd messages`: the messages there are, newest last."""

from __future__ import annotations

import argparse

from peerd.cli.dial import ask_or_look
from peerd.cli.output import print_json, say
from peerd.cli.parser import json_option
from peerd.cli.peer_word import priority_of, waits_for

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

HELP = "list messages, the newest last"

STATES = ("accepted", "leased", "handed_over", "submitted", "refused", "expired", "cancelled", "dead")
TITLES = ("ID", "FROM", "TO", "STATE", "TASK", "WAITS FOR", "PRIORITY", "AGE", "TOPIC")
LIMIT_MAX = 1000
LEFT_OUT_NAMED = 10


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--peer", metavar="P", help="only those from or to this peer")
    parser.add_argument("--state", choices=STATES, help="only those in this state")
    parser.add_argument("--since", metavar="TIME", help="only those accepted since, like 2026-01-02T03:04:05Z")
    parser.add_argument("--limit", type=limit, default=50, metavar="N", help="at most the newest N (50)")
    parser.add_argument("--before", metavar="ID", help="only those accepted before this message (the next page)")
    json_option(parser)


def limit(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= LIMIT_MAX:
        raise argparse.ArgumentTypeError(f"{text!r}: give a number from 1 to {LIMIT_MAX}")
    return int(text)


def run(args: argparse.Namespace) -> int:
    params = {"peer": args.peer, "state": args.state, "since": args.since, "limit": args.limit}
    params |= {"before": args.before} if args.before is not None else {}  # a daemon of before does not know it
    listed = ask_or_look("message.list", params, lambda silent: _look(params))
    rows = listed["messages"]
    if args.json:
        print_json({"messages": rows, "left_out": listed.get("left_out", [])})
    elif rows:
        draw(rows)
        _say_older(rows, args.limit)
    else:
        print("no messages.")
    say_left_out(listed)
    return 0


def _say_older(rows: list[dict[str, Any]], limit: int) -> None:
    if len(rows) == limit:
        say(f"{limit} are shown: with `--before {rows[0]['id']}` too, the ones before them, if there are any.")


def say_left_out(listed: dict[str, Any]) -> None:
    """Of what makes no sense on record, with the ids that there are."""
    ids = listed.get("left_out", [])
    if not ids:
        return
    named = ", ".join(id for id in ids[:LEFT_OUT_NAMED] if id)
    makes = "message has an invalid record and is" if len(ids) == 1 else "messages have invalid records and are"
    say(f"{len(ids)} {makes} left out{f' ({named})' if named else ''}; `peerd message ID` tells why.")


def _look(params: dict[str, Any]) -> dict[str, Any]:
    from peerd.cli.offline.peers import messages

    return messages(params)


def draw(rows: list[dict[str, Any]]) -> None:
    from peerd.cli.table import age
    from peerd.cli.table import draw as draw_table

    names = ("id", "from", "to", "state", "task")
    said = any(priority_of(row) != "normal" for row in rows)  # a column that says nothing is left out
    draw_table(
        [title for title in TITLES if said or title != "PRIORITY"],
        [
            (
                *((row[name] or "", "") for name in names),
                (waits_for(row), ""),
                *([(priority_of(row), "")] if said else []),
                (age(row["accepted_at"]), "dim"),
                (row["topic"] or "", ""),
            )
            for row in rows
        ],
    )
