"""`peerd refresh`: has peers begin afresh at the next natural moment."""

from __future__ import annotations

from peerd.cli.dial import ask_starting
from peerd.cli.new import instead_of
from peerd.cli.parser import json_option
from peerd.cli.targets import for_each, peers_arguments

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any

HELP = "replace peers' sessions with fresh ones, once they are idle"


def arguments(parser: argparse.ArgumentParser) -> None:
    peers_arguments(parser)
    json_option(parser)


def run(args: argparse.Namespace) -> int:
    return for_each(args, lambda name: ask_starting("peer.refresh", {"peer": name, **instead_of(name)}), told)


def told(marked: dict[str, Any]) -> str:
    if marked["ends"] == "ended":
        return f"{marked['peer']}: its session has ended, and a fresh one has begun."
    first = {"now": "its session ends now; ", "idle": "its session ends once it is idle; "}
    return f"{marked['peer']}: {first.get(marked['ends'], '')}the next one starts fresh."
