"""`peerd attach`: sits a person down at a peer's session."""

from __future__ import annotations

import os
import sys

from peerd.cli.dial import ask_starting
from peerd.cli.output import reads_a_terminal
from peerd.errors import PeerdError, TmuxError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any

RUNS_WITHIN_S = 30.0
"""What the daemon takes at most to bring a sleeping peer up."""

HELP = "attach your terminal to a peer's session; C-b d detaches"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="the peer's name")


def run(args: argparse.Namespace) -> int:
    """Becomes tmux; its exit code is tmux's. Refused without a terminal."""
    if not (reads_a_terminal() and sys.stdout.isatty()):
        raise UsageError(f"attach needs a terminal. `peerd peek {args.name}` prints the screen without one.")
    command = _command(args.name)
    os.execvp(command[0], command)


def _command(name: str) -> tuple[str, ...]:
    """A session that ended on the way there is asked for once more, which wakes its peer again."""
    try:
        return _to(_where(name))
    except TmuxError:
        at = _where(name)
    try:
        return _to(at)
    except TmuxError as error:
        raise PeerdError(
            f"{name}'s session ended before you could attach to it, twice in a row ({error}). `peerd show {name}` "
            f"tells what happened to it; `peerd attach {name}` tries again."
        ) from error


def _where(name: str) -> dict[str, Any]:
    return ask_starting("peer.attach", {"peer": name}, wait_s=RUNS_WITHIN_S)


def _to(at: dict[str, Any]) -> tuple[str, ...]:
    """Raises TmuxError where no such session is there any more."""
    from peerd.edges.tmux.attach import attach_command

    return attach_command(at["socket"], at["session"], at.get("tmux"))
