"""`peerd wake`: brings a peer up, and gives it something to do."""

from __future__ import annotations

from peerd.cli.body import attach_option, attached, text_of
from peerd.cli.dial import ask_starting
from peerd.cli.output import print_json, say
from peerd.cli.parser import json_option, timeout_option
from peerd.cli.send_result import ask_to_send, named
from peerd.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any

HELP = "start a peer and wait until it is ready"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="the peer's name")
    parser.add_argument("--task", metavar="TEXT", help="its first message; - reads it from stdin")
    attach_option(parser)
    modes = parser.add_mutually_exclusive_group()
    modes.add_argument("--fresh", dest="mode", action="store_const", const="fresh", help="start a new conversation")
    modes.add_argument(
        "--resume", dest="mode", action="store_const", const="resume", help="continue the last conversation"
    )
    timeout_option(parser, 300)
    json_option(parser)


def run(args: argparse.Namespace) -> int:
    params = {"peer": args.name, "mode": args.mode, "timeout_s": args.timeout}
    if args.task is None and args.attach:
        raise UsageError("--attach goes with a task: give --task TEXT too. Nothing was done.")
    if args.task is None:
        woken: dict[str, Any] = ask_starting("peer.wake", params, wait_s=args.timeout)
    else:
        params |= {"task": text_of(args.task, args.timeout), "task_id": named(None), **attached(args)}
        id = params["task_id"]
        again = f"`peerd send {args.name} TEXT --id {id}`"
        woken = ask_to_send("peer.wake", params, id, args.timeout, "submitted", again)
    for note in woken.get("notes") or ():
        say(note)
    if args.json:
        print_json(woken)
        return 0
    print(told(woken))
    if woken.get("unreached"):
        say(f"{woken['peer']} is {woken['unreached']}.")
    if woken.get("message"):
        print(f"its task is {woken['message']}: `peerd wait {woken['message']} --for ended` waits for the end")
    return 0


def told(woken: dict[str, Any]) -> str:
    how = f"is up after {woken['elapsed_ms']:.0f} ms, {_mode(woken)}" if woken["woke"] else "was up already"
    return f"{woken['identity']} {how}: session {woken['session']}"


def _mode(woken: dict[str, Any]) -> str:
    return f"{woken['mode']} ({woken['because']})" if woken.get("because") else str(woken["mode"])
