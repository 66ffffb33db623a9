"""One call for each of several peers: named, matched by a pattern, or all there are."""

from __future__ import annotations

import sys

from peerd.errors import PeerdError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable
    from typing import Any

WILD = frozenset("*?[")


def peers_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("names", nargs="*", metavar="NAME", help="a peer's name, or a pattern such as 'rev*'")
    parser.add_argument("--all", action="store_true", help="every peer")


def for_each(args: argparse.Namespace, call: Callable[[str], dict[str, Any]], told: Callable[[Any], str]) -> int:
    """Calls for one after the other. An error of one costs no other; the exit code is the worst there was. JSON is one
    object for one peer that was named, else `{"peers": [...], "errors": [...]}`."""
    from peerd.cli.output import print_json

    if len(args.names) == 1 and not args.all and not WILD & set(args.names[0]):
        answer = call(args.names[0])
        print_json(answer) if args.json else print(told(answer))
        return 0
    answers, errors = called(_chosen(args), call, None if args.json else told)
    if args.json:
        failures = [{"peer": name, "kind": error.kind, "message": str(error)} for name, error in errors.items()]
        print_json({"peers": answers, "errors": failures})
    return max((error.exit_code for error in errors.values()), default=0)


def called(
    names: list[str], call: Callable[[str], dict[str, Any]], told: Callable[[Any], str] | None
) -> tuple[list[dict[str, Any]], dict[str, PeerdError]]:
    """What came of each, told as it comes where `told` has words for it."""
    from peerd.cli.output import print_text

    answers, errors = [], {}
    for name in names:
        try:
            answers.append(call(name))
            if told is not None:
                print_text(told(answers[-1]))
        except PeerdError as error:
            errors[name] = error
            if told is not None:
                print(f"peerd: {error}", file=sys.stderr)
    return answers, errors


def _chosen(args: argparse.Namespace) -> list[str]:
    """The peers meant, each once, in the list's order. Raises UsageError for a pattern that matches none."""
    from fnmatch import fnmatchcase

    from peerd.cli.dial import ask_starting

    if bool(args.names) is bool(args.all):
        raise UsageError("say which peers: their names, patterns, or --all for every one.")
    known = [row["peer"] for row in ask_starting("peer.list", {})["peers"]]
    if args.all:
        return known
    for pattern in args.names:
        if WILD & set(pattern) and not any(fnmatchcase(name, pattern) for name in known):
            raise UsageError(f"no peer matches {pattern!r}. `peerd ls` lists them. Nothing was done.")
    plain = [name for name in args.names if not WILD & set(name) and name not in known]
    return [name for name in known if any(fnmatchcase(name, pattern) for pattern in args.names)] + plain
