"""`peerd self-done`: a session that says its task is done."""

from __future__ import annotations

from peerd.cli.dial import ask
from peerd.cli.output import print_json
from peerd.cli.parser import json_option

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse

HELP = "inside a session: mark the current task as done, without an answer"


def arguments(parser: argparse.ArgumentParser) -> None:
    json_option(parser)


def run(args: argparse.Namespace) -> int:
    finished = ask("self.done", {})
    if args.json:
        print_json(finished)
    else:
        print(
            f"{finished['message']} is done."
            if finished["message"]
            else "there is no current task; nothing was changed."
        )
    return 0
