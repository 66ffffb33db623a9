"""What `approve` and `deny` share: who may answer, what is asked once more, and what is said of the outcome."""

from __future__ import annotations

import sys

from peerd.cli.dial import ask, ask_starting
from peerd.cli.output import print_json, print_text, reads_a_terminal, say
from peerd.cli.parser import json_option
from peerd.errors import NotPermitted, PeerdError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any

WITHIN_S = 20.0
SEEN = {"approve": "approved", "deny": "denied"}


def answer_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID", help="the approval's id, from `peerd approvals`")
    json_option(parser)


def run_answer(args: argparse.Namespace, answer: str, *, ask: bool) -> int:
    """`args.peer` is whose it was, once that is known."""
    if not reads_a_terminal():
        raise NotPermitted(f"`peerd {answer}` is for a person: its stdin is not a terminal. Nothing was done.")
    row = _row(args)
    if ask and not _sure(row):
        raise PeerdError("not approved: you did not answer y. The prompt is still open.")
    done = _answered(args.id, answer)
    if args.json:
        print_json(done)
    else:
        print_text(f"{done['id']} of {done['peer']}: {done['state']}. {done['evidence']}")
    return 0 if done["state"] == SEEN[answer] else PeerdError.exit_code


def _row(args: argparse.Namespace) -> dict[str, Any]:
    found: list[dict[str, Any]] = ask_starting("approval.list", {"id": args.id})["approvals"]
    if not found:
        raise PeerdError(f"no approval {args.id!r}. `peerd approvals` lists the open ones.")
    row = found[0]
    args.peer = row["peer"]
    if row["state"] not in ("open", "answering"):
        from peerd.cli.approvals import told

        raise PeerdError(f"it is already closed; no key was pressed:\n{told(row)}")
    return row


def _sure(row: dict[str, Any]) -> bool:
    """What is approved is shown first, and nothing that was typed before approves it. On stderr: stdout is for the
    outcome."""
    from peerd.cli.approvals import told
    from peerd.cli.typedahead import forgets

    print(told(row), file=sys.stderr)
    if forgets():
        say("what you typed before the question was ignored.")
    print("approve? [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _answered(id: str, answer: str) -> dict[str, Any]:
    return ask("approval.answer", {"id": id, "answer": answer}, wait_s=WITHIN_S)
