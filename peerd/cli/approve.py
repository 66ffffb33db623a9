"""`peerd approve`: says yes, once, to what a peer asks for."""

from __future__ import annotations

from peerd.cli.approval_answer import answer_arguments, run_answer

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse

HELP = "approve a peer's permission prompt, this once"


def arguments(parser: argparse.ArgumentParser) -> None:
    answer_arguments(parser)
    parser.add_argument("--yes", action="store_true", help="do not ask for confirmation")


def run(args: argparse.Namespace) -> int:
    """Exit code 1 also where nothing tells what became of it."""
    return run_answer(args, "approve", ask=not args.yes)
