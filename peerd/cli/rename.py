"""`peerd rename`: gives a peer another name."""

from __future__ import annotations

from peerd.cli.dial import ask_starting
from peerd.cli.output import print_json, say
from peerd.cli.parser import json_option, timeout_option

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse

HELP = "give a peer another name; its queue, conversation and login go with it"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("old", metavar="OLD", help="its present name")
    parser.add_argument("new", metavar="NEW", help="its new name")
    parser.add_argument("--now", action="store_true", help="even in the middle of work")
    timeout_option(parser, 30)
    json_option(parser)


def run(args: argparse.Namespace) -> int:
    params = {"peer": args.old, "name": args.new, "now": args.now, "timeout_s": args.timeout}
    renamed = ask_starting("peer.rename", params, wait_s=args.timeout)
    if args.json:
        print_json(renamed)
        return 0
    print(f"{renamed['was']} is {renamed['peer']} now: {renamed['file']}")
    if renamed.get("want") == "down":
        say(f"{renamed['peer']} is stopped: `peerd start {renamed['peer']}` lets it run again.")
    for line in still_named(renamed["was"], renamed.get("named_in", {})):
        say(line)
    return 0


def still_named(was: str, named_in: dict[str, list[str]]) -> list[str]:
    """Of specs that speak of a name that is nobody's any more."""
    return [
        f"{name} still names {was}: `peerd edit {name}` corrects {' and '.join(fields)}."
        for name, fields in named_in.items()
    ]
