"""`peerd pairs`: which peers are paused with each other; let them go on."""

from __future__ import annotations

from peerd.cli.dial import ask_or_look, ask_starting
from peerd.cli.output import print_json
from peerd.cli.parser import json_option
from peerd.counted import counted
from peerd.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any

HELP = "list pairs of peers that are paused or send too much; release or pause a pair"

TITLES = ("PEERS", "STATE", "SINCE", "WAITING", "WHY")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "what",
        nargs="?",
        choices=("ls", "release", "pause"),
        default="ls",
        metavar="ls|release|pause",
        help="ls: list pairs (default); release: let two go on; pause: hold back what two send each other",
    )
    parser.add_argument("names", nargs="*", metavar="PEER", help="for release and pause: the two peers")
    parser.add_argument(
        "--purge", action="store_true", help="with release: cancel the messages that wait between the two"
    )
    json_option(parser)


def run(args: argparse.Namespace) -> int:
    if args.purge and args.what != "release":
        raise UsageError("--purge goes with `peerd pairs release A B`.")
    if args.what == "ls":
        return _list(args)
    if len(args.names) != 2:
        raise UsageError(f"pairs {args.what}: name two peers.")
    params = {"one": args.names[0], "other": args.names[1], **({"purge": True} if args.purge else {})}
    changed = ask_starting(f"pair.{args.what}", params)
    print_json(changed) if args.json else print(_told(changed))
    return 0


def _told(changed: dict[str, Any]) -> str:
    one, other, waits = changed["one"], changed["other"], counted(changed["waiting"], "message")
    if changed["paused"]:
        return f"{one} and {other}: {waits} waiting, held back until `peerd pairs release {one} {other}`."
    dropped = f"{counted(changed['dropped'], 'message')} cancelled; " if changed["dropped"] else ""
    return f"{one} and {other} go on: {dropped}{waits} will be delivered."


def _list(args: argparse.Namespace) -> int:
    if args.names:
        raise UsageError("pairs ls: it lists all of them.")
    listed = ask_or_look("pair.list", {}, lambda silent: _look())
    if args.json:
        print_json(listed)
    elif listed["pairs"]:
        _draw(listed["pairs"])
    else:
        print("no pair of peers is paused.")
    return 0


def _look() -> dict[str, Any]:
    from peerd.cli.offline.pairs import pairs

    return pairs()


def _draw(rows: list[dict[str, Any]]) -> None:
    from peerd.cli.table import age, draw

    draw(
        TITLES,
        [
            (
                (f"{row['one']} {row['other']}", ""),
                ("paused", "yellow") if row["paused"] else ("limited", "dim"),
                (age(row["since"]), "dim"),
                (str(row["waiting"] or ""), ""),
                (row["why"], ""),
            )
            for row in rows
        ],
    )
