"""`peerd approvals`: the permissions that runtimes ask for."""

from __future__ import annotations

import json

from peerd.cli.dial import ask_or_look
from peerd.cli.output import print_json, print_text
from peerd.cli.parser import json_option
from peerd.visible import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any

HELP = "list pending permission prompts"

LIMIT = 200


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--all", action="store_true", help="also closed ones")
    json_option(parser)


def run(args: argparse.Namespace) -> int:
    listed = asked(all=args.all)
    if args.json:
        print_json({"approvals": listed})
    elif listed:
        print_text("\n\n".join(map(told, listed)))
    else:
        print("no peer is asking for permission." if not args.all else "no peer has asked for permission.")
    return 0


def asked(*, all: bool) -> list[dict[str, Any]]:
    """Oldest first."""
    params = {"all": all, "limit": LIMIT}
    found: list[dict[str, Any]] = ask_or_look("approval.list", params, lambda silent: _look(params))["approvals"]
    return found


def _look(params: dict[str, Any]) -> dict[str, Any]:
    from peerd.cli.offline.approvals import listed

    return listed(params)


def told(row: dict[str, Any]) -> str:
    """All of it, for who is to answer it. What a terminal would obey is shown, not sent."""
    from peerd.cli.table import ago

    lines = [f"{row['id']}  {row['peer']} ({row['runtime']}) asks for {visible(row['tool'] or 'a permission')}"]
    lines[0] += f", {ago(row['opened_at'])}"
    lines += [f"  {line}" for line in _input(row)]
    lines += ["  its screen:", *(f"  | {visible(line)}" for line in row["question"].splitlines())]
    lines += [f"  |   {visible(choice)}" for choice in row["choices"]]
    lines += [f"  {line}" for line in _stands(row)]
    return "\n".join(lines)


def _input(row: dict[str, Any]) -> list[str]:
    input = row["input"]
    if input is None:
        return []
    doubt = [] if row.get("certain", True) else ["(reported by its hook: check that the screen asks for the same)"]
    if not isinstance(input, dict):
        return [visible(f"{input}… (the rest was cut off)"), *doubt]
    fields = [(name, value if isinstance(value, str) else json.dumps(value)) for name, value in input.items()]
    return [*(visible(f"{name}: {line}") for name, text in fields for line in text.splitlines() or [""]), *doubt]


def _stands(row: dict[str, Any]) -> list[str]:
    if row["state"] in ("open", "answering"):
        id = row["id"]
        known = f"`peerd approve {id}` or `peerd deny {id}`; or " if row["choices"] else "Answer it at the pane: "
        return [f"{known}`peerd attach {row['peer']}`. Nobody has answered in time from {row['expires_at']} on."]
    by = f" by {row['by']}" if row["by"] else ""
    return [f"{row['state']}{by} at {row['ended_at']}: {row['evidence']}"]
