"""`peerd up`: brings a team about, as one file declares it."""

from __future__ import annotations

import os
import sys

from peerd.cli.dial import ask, ask_starting
from peerd.cli.output import print_json, reads_a_terminal, say
from peerd.cli.parser import json_option, timeout_option
from peerd.counted import counted
from peerd.errors import ConfigError, DaemonNotRunning, PeerdError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any

HELP = "set up a team as TEAM.toml declares it"
MARKS = {"add": "+", "change": "~", "keep": " "}


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="TEAM.toml", help="a [peers.NAME] for each: a spec's fields, wake, worktree")
    parser.add_argument("--yes", action="store_true", help="do it without asking")
    parser.add_argument("--dry-run", action="store_true", help="only show what would be done")
    parser.add_argument("--worktree", action="store_true", help="give each added peer a git worktree of its own")
    timeout_option(parser, 300)
    json_option(parser)


def run(args: argparse.Namespace) -> int:
    """Shows the plan first. Exit code 1 where a peer did not wake; the others are up all the same."""
    params = {"text": _read(args.file), "dir": os.path.dirname(os.path.abspath(args.file)), "where": args.file}
    params |= {"worktree": args.worktree, "timeout_s": args.timeout}
    plan = _planned({**params, "dry_run": True}, args)
    if not args.json:
        print("\n".join(_line(step) for step in plan["steps"]), flush=True)
    if args.dry_run:
        print_json(plan) if args.json else None
        return 0
    if not args.yes and not _agreed():
        raise UsageError("nothing was done. --yes does it without asking.")
    made = sum(step.get("worktree") is not None for step in plan["steps"])
    answer = ask_starting("team.up", params, wait_s=args.timeout * (1 + made))
    done = _as_planned(plan, answer) if answer.asked_again else answer
    awake = [_woken(step["peer"], args) for step in done["steps"] if step["wake"]]
    print_json({**done, "awake": awake}) if args.json else print(_told(done, awake))
    return 0 if all(each["ready"] for each in awake) else 1


def _planned(params: dict[str, Any], args: argparse.Namespace) -> dict[str, Any]:
    """By a daemon, which knows the runtimes; one that only this started is told of."""
    try:
        return ask("team.up", params, wait_s=args.timeout)
    except DaemonNotRunning:
        plan = ask_starting("team.up", params, wait_s=args.timeout)
    if args.dry_run:
        say("no daemon ran: one was started to plan this, and is still running. `peerd daemon stop` ends it.")
    return plan


def _as_planned(plan: dict[str, Any], done: dict[str, Any]) -> dict[str, Any]:
    """What a daemon that ended in the middle had done is there already for the next one."""
    planned = {step["peer"]: step for step in plan["steps"]}
    steps = [planned.get(step["peer"], step) if step["does"] == "keep" else step for step in done["steps"]]
    return {**done, "steps": steps}


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}. Name a file that declares the team. Nothing was done.") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: {error}. Write it in UTF-8. Nothing was done.") from error


def _agreed() -> bool:
    if not reads_a_terminal():
        return False
    print("Do it? [y/N] ", end="", flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _woken(name: str, args: argparse.Namespace) -> dict[str, Any]:
    try:
        woken = ask_starting("peer.wake", {"peer": name, "timeout_s": args.timeout}, wait_s=args.timeout)
    except PeerdError as error:
        say(str(error))
        return {"peer": name, "ready": False, "woke": False, "why": str(error)}
    return {"peer": name, "ready": True, "woke": woken["woke"]}


def _line(step: dict[str, Any]) -> str:
    wakes = ", and wake it" if step["wake"] else ""
    own = step.get("worktree")
    apart = f", in a git worktree of {own['repository']} on {own['branch']}" if own else ""
    heir = f"; it gets {counted(waiting, 'message')} sent to an earlier one" if (waiting := step.get("waiting")) else ""
    does = f"{step['does']} ({', '.join(step['fields'])}){_when(step)}"
    return f"{MARKS[step['does']]} {step['peer']}: {does}{apart}{wakes}{heir}"


def _when(step: dict[str, Any]) -> str:
    at_once = f", {', '.join(names)} at once" if (names := step.get("at_once")) else ""
    return f"{at_once}, {'the others ' if at_once else ''}from its next session on" if step.get("live") else at_once


def _told(done: dict[str, Any], awake: list[dict[str, Any]]) -> str:
    changed = sum(step["does"] != "keep" for step in done["steps"])
    woken = sum(each["woke"] for each in awake)
    up = sum(each["ready"] for each in awake) - woken
    already = f", up already: {up}" if up else ""
    on = [f"\n{_goes_on(step['peer'])}" for step in done["steps"] if step.get("live")]
    changed_of = f"added or changed: {changed} of {counted(len(done['steps']), 'peer')}"
    return f"{changed_of}; woken: {woken}{already}.{''.join(on)}"


def _goes_on(name: str) -> str:
    return f"{name}'s session goes on as it is; `peerd refresh {name}` replaces it."
