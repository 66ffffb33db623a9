"""`peerd init`: makes a folder a peer's, named after it."""

from __future__ import annotations

import os
import re

from peerd.cli.dial import ask_starting
from peerd.cli.output import print_json
from peerd.cli.parser import json_option
from peerd.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse

HELP = "add a peer that works in this folder, named after it"
NAME_MAX_CHARS = 32


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("dir", nargs="?", metavar="DIR", help="the folder (default: this one)")
    parser.add_argument("--runtime", default="claude", metavar="R", help="claude (default), codex, shell, ...")
    parser.add_argument("--name", metavar="NAME", help="use this instead of the folder's name")
    json_option(parser)


def run(args: argparse.Namespace) -> int:
    folder = os.path.realpath(args.dir or os.getcwd())
    if not os.path.isdir(folder):
        raise UsageError(f"{folder}: no such folder. Create it first. Nothing was added.")
    name = args.name or name_of(os.path.basename(folder))
    added = ask_starting("peer.add", {"name": name, "runtime": args.runtime, "dir": folder})
    if args.json:
        print_json(added)
    else:
        print(f"{added['peer']} ({added['runtime']}) works in {folder}: {added['file']}")
        print(f"`peerd ask {added['peer']} '...'` asks it something; `peerd edit {added['peer']}` changes it.")
    return 0


def name_of(folder: str) -> str:
    """The nearest name that a peer can have. Raises UsageError where there is none."""
    name = re.sub(r"[^a-z0-9]+", "-", folder.lower()).lstrip("-0123456789")[:NAME_MAX_CHARS].rstrip("-")
    if not name:
        raise UsageError(f"no peer name can be made from {folder!r}: give one with --name. Nothing was added.")
    return name
