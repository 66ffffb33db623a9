"""`peerd purge`: what is over for long is kept no more, now."""

from __future__ import annotations

from peerd.cli.dial import ask_starting
from peerd.cli.output import print_json
from peerd.cli.parser import age, json_option
from peerd.counted import counted

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any

HELP = "delete the text of old finished messages (to cancel waiting ones: `peerd queue purge`)"

COUNTS = ("texts", "receipts", "sessions", "files", "bytes")


def arguments(parser: argparse.ArgumentParser) -> None:
    told = "finished longer ago than AGE, such as 30d, 12h or 0s (default: keep_messages_days in peerd.toml, 30 days)"
    parser.add_argument("--older-than", type=age, metavar="AGE", help=told)
    parser.add_argument("--peer", metavar="P", help="only messages from or to this peer")
    parser.add_argument("--receipts", action="store_true", help="also their history, and the records of old sessions")
    parser.add_argument("--dry-run", action="store_true", help="say what would be deleted, and delete nothing")
    json_option(parser)


def run(args: argparse.Namespace) -> int:
    """Nothing that is open is removed. Asks as often as it takes."""
    params = {"older_than_s": args.older_than, "peer": args.peer, "receipts": args.receipts}
    if args.dry_run:
        from peerd.cli.offline.peers import old

        return _told(old(params) | {"dry_run": True}, as_json=args.json)
    total: dict[str, Any] = dict.fromkeys(COUNTS, 0)
    more = True
    while more:
        purged = ask_starting("message.purge", params)
        total = {name: total[name] + purged[name] for name in COUNTS}
        more = purged["more"]
    return _told(total, as_json=args.json)


def _told(counts: dict[str, Any], *, as_json: bool) -> int:
    if as_json:
        print_json(counts)
        return 0
    named = {"texts": "text", "receipts": "receipt", "sessions": "old session", "files": "attached file"}
    parts = [counted(counts[name], what) for name, what in named.items() if counts.get(name)]
    size = f" ({counts['bytes']} bytes of files)" if counts["bytes"] else ""
    removed = "would be removed" if counts.get("dry_run") else "removed"
    print(f"{', '.join(parts)} {removed}{size}." if parts else "nothing is that old.")
    return 0
