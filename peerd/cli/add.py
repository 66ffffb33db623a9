"""`peerd add`: declares a peer."""

from __future__ import annotations

import os

from peerd.cli.dial import ask_starting
from peerd.cli.output import print_json
from peerd.cli.parser import json_option, timeout_option
from peerd.counted import counted
from peerd.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any

HELP = "declare a peer"
POLICY = "warm: its session takes one message after another (default); ephemeral: a session for each task"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="a-z, 0-9 and -, a letter first")
    parser.add_argument(
        "--runtime",
        required=True,
        metavar="R",
        help="claude, codex, shell, actor, or one you declared",
    )
    parser.add_argument("--dir", metavar="D", help="the folder it works in (default: this one)")
    parser.add_argument("--bin", metavar="PATH", help="the runtime's program, if not the usual one")
    parser.add_argument("--env", action="append", default=[], metavar="K=V", help="a variable of its environment")
    parser.add_argument("--policy", choices=("warm", "ephemeral"), default="warm", help=POLICY)
    parser.add_argument(
        "--worktree", action="store_true", help="work in a git worktree of its own, on a branch peerd/NAME"
    )
    parser.add_argument("--set", action="append", default=[], metavar="FIELD=VALUE", help="any other field, as in TOML")
    timeout_option(parser, 120)
    json_option(parser)


def run(args: argparse.Namespace) -> int:
    params = {
        "name": args.name,
        "runtime": args.runtime,
        "dir": _folder(args.dir),
        "bin": os.path.abspath(args.bin) if args.bin and os.sep in args.bin else args.bin,
        "env": pairs("--env", args.env),
        "policy": args.policy,
        "set": pairs("--set", args.set),
        "worktree": args.worktree,
        "timeout_s": args.timeout,
    }
    added = ask_starting("peer.add", params, wait_s=args.timeout)
    if args.json:
        print_json(added)
    else:
        print(f"added {added['peer']} ({added['runtime']}): {added['file']}")
        if own := added.get("worktree"):
            print(f"It works in {own['path']}, a git worktree of {own['repository']} on {own['branch']}.")
        if waiting := added.get("waiting"):
            print(f"It is given what waits for an earlier {added['peer']}: {counted(waiting, 'message')}.")
        print(_next(added))
    return 0


def _next(added: dict[str, Any]) -> str:
    peer, kind = added["peer"], added.get("kind")
    if kind == "service" or added.get("kept_up"):
        return f"It is started now, and again whenever it ends. `peerd stop {peer}` keeps it down."
    if kind == "pass":
        return f"Each message runs it once: `peerd send {peer} ...`."
    return f"`peerd wake {peer}` brings it up; so does the first message."


def _folder(named: str | None) -> str:
    try:
        return os.path.abspath(named or os.getcwd())
    except FileNotFoundError as error:
        raise UsageError("the current folder no longer exists. Give --dir D. Nothing was added.") from error


def pairs(option: str, texts: list[str]) -> dict[str, str]:
    """`K=V` texts as a mapping; of a key given twice the last one counts."""
    pairs = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not key or not equals:
            raise UsageError(f"{option} {text!r}: write KEY=VALUE. Nothing was done.")
        pairs[key] = value
    return pairs
