"""`peerd attach`: sits a person down at a peer's session."""

from __future__ import annotations

import os
import sys

from peerd.cli.dial import ask_starting
from peerd.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse

RUNS_WITHIN_S = 30.0
"""What the daemon takes at most to bring a sleeping peer up."""

HELP = "sit down at a peer's session; C-b d leaves it"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="the peer's name")


def run(args: argparse.Namespace) -> int:
    """Becomes tmux; its exit code is tmux's. Refused without a terminal."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(f"attach needs a terminal. `peerd peek {args.name}` prints the screen without one.")
    at = ask_starting("peer.attach", {"peer": args.name}, wait_s=RUNS_WITHIN_S)
    from peerd.edges.tmux.attach import attach_command

    command = attach_command(at["socket"], at["session"], at.get("tmux"))
    os.execvp(command[0], command)
