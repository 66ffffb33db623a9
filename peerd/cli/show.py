"""`peerd show`: why a peer is as it is."""

from __future__ import annotations

from peerd.cli.dial import ask_or_look
from peerd.cli.output import print_json, print_text
from peerd.cli.parser import json_option
from peerd.cli.peer_word import in_groups, priority_of, waits_for, word

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any

HELP = "explain a peer: the verdict, its evidence, its queue, its last end"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="the peer's name")
    json_option(parser)


def run(args: argparse.Namespace) -> int:
    shown = ask_or_look("peer.show", {"peer": args.name}, lambda silent: _look(args.name, silent=silent))
    if args.json:
        print_json(shown)
    else:
        print_text("\n".join(_lines(shown)))
    return 0


def _look(name: str, *, silent: bool) -> dict[str, Any]:
    from peerd.cli.offline.peers import peer

    return peer(name, silent=silent)


def _lines(shown: dict[str, Any]) -> list[str]:
    session = f", session {shown['session']}" if shown["session"] else ""
    return [
        f"{shown['identity']}: {word(shown)}{session}",
        f"  {shown['verdict']}",
        f"  wanted: {shown['want']}, phase: {shown['phase']}, in {shown['spec'].get('dir', '?')}{_of(shown)}",
        *([f"  groups: {in_groups(shown['spec']['groups'])}"] if shown["spec"].get("groups") else []),
        *([_woken(shown["woken"])] if shown.get("woken") else []),
        *_part("evidence", [_evidence(each) for each in shown["evidence"]]),
        *_part("queue", [_queued({**each, "want": shown["want"]}) for each in shown["queue"]]),
        *_part("last end", _last_end(shown["last_end"]) if shown["last_end"] else []),
        *_part("last decisions", shown["decisions"]),
    ]


def _of(shown: dict[str, Any]) -> str:
    repository = shown["spec"].get("worktree")
    return f", a git worktree of {repository}" if repository else ""


def _part(title: str, lines: list[str]) -> list[str]:
    return ["", title, *(f"  {line}" for line in lines)] if lines else []


def _woken(woken: dict[str, Any]) -> str:
    because = f": {woken['because']}" if woken["because"] else ""
    return f"  woken at {woken['at']} by {woken['cause']}, {woken['mode']}{because}"


def _evidence(each: dict[str, Any]) -> str:
    age = "" if each["age_s"] is None else f" ({each['age_s']:g} s ago)"
    return f"{each['source']}: {each['says']}{age}"


def _queued(each: dict[str, Any]) -> str:
    held = f", waits: {waits_for(each)}" if each["hold"] else ""
    held = f", not before {each['not_before']}" if each.get("not_before") else held
    priority = f", priority {priority_of(each)}" if priority_of(each) != "normal" else ""
    tried = f", attempt {each['attempt']}" if each["attempt"] else ""
    return f"{each['id']} from {each['from']}: {each['state']}{tried}{priority}{held}, since {each['accepted_at']}"


def _last_end(end: dict[str, Any]) -> list[str]:
    code = "" if end["code"] is None else f", exit code {end['code']}"
    signal = "" if end["signal"] is None else f", signal {end['signal']}"
    why = f": {end['why']}" if end["why"] else ""
    return [f"{end['cause']}{code}{signal} at {end['at']}{why}", *(f"| {line}" for line in end["last_lines"])]
