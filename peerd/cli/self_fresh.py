"""`peerd self-fresh`: a session that asks to be followed by a fresh one."""

from __future__ import annotations

from peerd.cli.dial import ask
from peerd.cli.output import print_json
from peerd.cli.parser import json_option

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse

HELP = "inside a session: start a fresh session once this turn is over"


def arguments(parser: argparse.ArgumentParser) -> None:
    json_option(parser)


def run(args: argparse.Namespace) -> int:
    marked = ask("self.fresh", {})
    print_json(marked) if args.json else print(f"{marked['peer']} starts a fresh session once this turn is over.")
    return 0
