"""`peerd ls`: who is there, and what each is doing."""

from __future__ import annotations

from peerd.cli import unread
from peerd.cli.dial import ask_or_look
from peerd.cli.output import print_json, say
from peerd.cli.parser import json_option
from peerd.cli.peer_word import colour, in_groups, waits_for, word
from peerd.counted import counted

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any

HELP = "list the peers and what each is doing"

TITLES = ("PEER", "RUNTIME", "STATE", "SINCE", "QUEUED", "WAITS FOR", "GROUPS")


def arguments(parser: argparse.ArgumentParser) -> None:
    json_option(parser)


def run(args: argparse.Namespace) -> int:
    listed = ask_or_look("peer.list", {}, lambda silent: _look())
    if args.json:
        print_json(listed["peers"])
    else:
        _tell(listed["peers"])
        _tell_notices(listed.get("notices", 0))
    return 0


def _tell(rows: list[dict[str, Any]]) -> None:
    if rows:
        _draw(rows)
        for row in rows:
            if row.get("unclear"):
                say(f"{row['peer']} is unclear: {row['unclear']}")
            elif row.get("unreached"):
                say(f"{row['peer']} is {row['unreached']}.")
            elif row.get("limited"):
                say(f"{row['peer']} is {row['limited']}.")
    else:
        print("no peers yet. `peerd add NAME --runtime shell` declares one.")


def _tell_notices(count: int) -> None:
    if count and not unread.is_told("ls"):
        say(f"{counted(count, 'notice')}: `peerd notices` shows {'it' if count == 1 else 'them'}.")


def _look() -> dict[str, Any]:
    from peerd.cli.offline.peers import peers

    return peers()


def _draw(rows: list[dict[str, Any]]) -> None:
    from peerd.cli.table import age, draw

    said = any(row.get("groups") for row in rows)
    draw(
        TITLES if said else TITLES[:-1],
        [
            (
                (row["peer"], "bold"),
                (row["runtime"], ""),
                (word(row), colour(word(row))),
                (age(row["since"]), "dim"),
                (str(row["queued"] or ""), ""),
                (waits_for(row), "yellow"),
                *([(in_groups(row.get("groups")), "")] if said else []),
            )
            for row in rows
        ],
    )
