"""`peerd notices`: what a person must know of, until it is so no more."""

from __future__ import annotations

import argparse
import os
import sys

from peerd.cli.dial import ask, ask_or_look
from peerd.cli.output import print_json, print_text, say
from peerd.cli.parser import json_option
from peerd.counted import counted
from peerd.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

HELP = "list what needs your attention, most severe first"

TEST_WITHIN_S = 22.0
"""Beyond what the daemon gives such a command, twice: a run of it may be under way."""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--all", action="store_true", help="also those resolved within the last week")
    parser.add_argument(
        "--read", nargs="?", const="all", metavar="N", help="list nothing; mark notice N, or all (all), as read"
    )
    parser.add_argument("--test", action="store_true", help="list nothing; run each [[notify]] command once")
    json_option(parser)


def run(args: argparse.Namespace) -> int:
    if args.test:
        return _test(args)
    if args.read is not None:
        return _read(args)
    mark = sys.stdout.isatty() and not args.json and not os.environ.get("PEERD_SESSION")
    listed = ask_or_look("notice.list", {"all": args.all, "mark": mark}, lambda silent: _look(args.all))
    rows = listed["notices"]
    if args.json:
        print_json(rows)
        return 0
    for row in rows:
        print_text(_told(row))
    if not rows:
        print("no notices.")
    _say_marked(listed)
    return 0


def _read(args: argparse.Namespace) -> int:
    if args.read != "all" and not (args.read.isdecimal() and int(args.read)):
        raise UsageError(f"--read {args.read!r}: give the number of a notice, or all.")
    done = ask("notice.read", {"n": None if args.read == "all" else int(args.read)})
    if args.json:
        print_json(done)
    else:
        print(f"{counted(done['read'], 'notice')} marked as read.")
    return 0


def _test(args: argparse.Namespace) -> int:
    tests = ask("notice.test", {}, wait_s=TEST_WITHIN_S)["tests"]
    if args.json:
        print_json(tests)
    for each in () if args.json else tests:
        print_text(f"{each['command']}: {each['failed'] or 'done'}{': ' if each['said'] else ''}{each['said']}")
    return int(any(each["failed"] for each in tests))


def _told(row: dict[str, Any]) -> str:
    """As `3  urgent, 12 min, 3 times: ada is ...`, and what to do below."""
    from peerd.cli.table import age

    since = f"over {age(row['over'])}" if row["over"] else age(row["since"])
    times = f", {row['count']} times" if row["count"] > 1 else ""
    head = f"{' ' if row['read'] else '*'} {row['n']:<3} {row['severity']}, {since}{times}: {row['text']}"
    return f"{head}\n      {row['remedy']}" if row["remedy"] else head


def _say_marked(listed: dict[str, Any]) -> None:
    unread = sum(not row["read"] for row in listed["notices"])
    if listed["marked"] and unread:
        so = "was unread, and is" if unread == 1 else "were unread, and are"
        say(f"{counted(unread, 'notice')} (*) {so} now marked as read.")


def _look(every: bool) -> dict[str, Any]:
    from peerd.cli.offline.notices import listed

    return listed(every=every)
