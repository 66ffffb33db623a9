"""`peerd inbox`: what was sent to the person in charge: read, and answered there."""

from __future__ import annotations

import sys

from peerd.cli.dial import ask, ask_or_look
from peerd.cli.mark_seen import looked
from peerd.cli.messages import limit, say_left_out
from peerd.cli.output import print_json, print_text, say, say_error
from peerd.cli.parser import json_option
from peerd.counted import counted
from peerd.errors import DaemonNotRunning, DaemonSilent, PeerdError, UnknownMessage, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any

HELP = "read what was sent to you, and answer it"

REPLY_S = 60.0
"""How long the answer may take: to be read from stdin, and to reach who asked."""

STANDS = ""
TITLES = ("ID", "FROM", STANDS, "AGE", "TOPIC", "SAYS")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "what",
        nargs="?",
        choices=("ls", "read", "reply"),
        metavar="ls|read|reply",
        help="ls: list them, a line each; read: show messages whole and mark them as read; reply: answer one. Default: "
        "show all that are unread or await an answer; on a terminal one after the other, to answer there",
    )
    parser.add_argument(
        "words", nargs="*", metavar="ID|TEXT", help="for read: message ids; for reply: an id and the text"
    )
    parser.add_argument("--all", action="store_true", help="also read messages that await no answer")
    parser.add_argument("--from", dest="sender", metavar="PEER", help="only messages from this peer")
    parser.add_argument("--since", metavar="TIME", help="only those accepted since, like 2026-01-02T03:04:05Z")
    parser.add_argument("--limit", type=limit, default=50, metavar="N", help="at most N (50)")
    parser.add_argument("-e", "--editor", action="store_true", help="write answers in $EDITOR")
    json_option(parser)


def run(args: argparse.Namespace) -> int:
    """What is shown on a terminal, or by `read`, is read from then on; what could not be shown is not."""
    match args.what:
        case "read":
            return _read(args)
        case "reply":
            return _reply(args)
    if args.words:
        raise UsageError(
            f"inbox {' '.join([args.what or '', *args.words]).strip()}: say `read` or `reply` before an id."
        )
    params = {"everything": args.all, "sender": args.sender, "since": args.since, "limit": args.limit}
    listed = ask_or_look("inbox.list", params, lambda silent: _look(params))
    rows, lost, listing = listed["messages"], listed.get("unseen", []), args.what == "ls" or not listed["messages"]
    if args.json:
        print_json({"messages": [_facts(row) for row in rows], "unread": listed["unread"]})
    elif listing:
        lost = lost if _list(rows, listed["unread"], args) else []
    else:
        _show_each(rows, lost, args)
    if listed.get("more"):
        say(f"these are the first {args.limit}, and there are more: `--limit N` lists N.")
    say_left_out(listed)
    if listing and not args.json:
        looked(lost)
    return 0


def _look(params: dict[str, Any]) -> dict[str, Any]:
    from peerd.cli.offline.peers import inbox

    return inbox(params)


def _whole(id: str) -> dict[str, Any]:
    """With its text; it is no more read by that. Without a daemon, as of the store."""
    try:
        return ask("message.show", {"id": id, "look": True})
    except (DaemonNotRunning, DaemonSilent):
        from peerd.cli.offline.peers import message

        return message(id)


def _facts(row: dict[str, Any]) -> dict[str, Any]:
    whole = _whole(row["id"])
    attached = {"attached": whole["attached"]} if whole.get("attached") else {}
    return row | {"body": whole["body"]} | attached


def _list(rows: list[dict[str, Any]], unread: int, args: argparse.Namespace) -> bool:
    """Whether it shows how each stands."""
    if not rows:
        print(_nothing(args))
        return True
    from peerd.cli.table import age, draw

    left_out = draw(
        TITLES,
        [
            (
                (row["id"], ""),
                (row["from"], ""),
                (_stands(row), "yellow"),
                (age(row["accepted_at"]), "dim"),
                (row["topic"] or "", ""),
                (row["says"], ""),
            )
            for row in rows
        ],
    )
    say(
        f"{counted(unread, 'message')} unread; `peerd inbox` shows {'it' if unread == 1 else 'them'}."
    ) if unread else None
    return STANDS not in left_out


def _nothing(args: argparse.Namespace) -> str:
    """Of what was asked for: there may be others."""
    sender = f" by {args.sender}" if args.sender is not None else ""
    since = f" since {args.since}" if args.since is not None else ""
    if args.all:
        return f"nothing was sent to you{sender}{since}."
    if sender or since:
        return f"nothing that was sent{sender}{since} is unread or awaits your answer."
    return "nothing is unread, and nothing awaits your answer."


def _stands(row: dict[str, Any]) -> str:
    if row.get("not_before"):
        return f"not before {row['not_before']}"
    unread, priority, files = row["state"] == "accepted", row.get("priority", "normal"), row.get("files", 0)
    words = (
        ("unread", unread),
        (f"{priority} priority", unread and priority != "normal"),
        ("awaits an answer", row["awaits"]),
        (_ended(row), not row["awaits"]),
        (counted(files, "file"), files),
    )
    return ", ".join(word for word, so in words if word and so)


def _ended(row: dict[str, Any]) -> str:
    if row["state"] not in ("accepted", "submitted"):
        return str(row["state"])
    return row["task"] if row.get("task") in ("dead", "answered") else ""


def _show_each(rows: list[dict[str, Any]], lost: list[str], args: argparse.Namespace) -> None:
    """On a terminal each is read once it was shown, and answered where a person is at it. All are as they stand by
    then: the one before may have stood there for hours."""
    shows, asks = sys.stdout.isatty(), sys.stdout.isatty() and sys.stdin is not None and sys.stdin.isatty()
    for number, listed in enumerate(rows):
        try:
            whole = _whole(listed["id"])
        except UnknownMessage as error:
            say(str(error))
            continue
        row = listed | {"state": whole["state"], "task": whole["task"]}
        row["awaits"] = listed["awaits"] and whole["task"] == "open"
        print_text("\n".join([*([""] if number else []), *_head(row, whole), "", whole["body"] or ""]))
        if shows:
            _mark(row)
            looked([row["id"]] if row["id"] in lost else [])
        if asks and row["awaits"]:
            from peerd.cli.compose_answer import answered

            if not answered(row, editor=args.editor):
                return
    if not shows:
        say("nothing is marked as read: stdout is not a terminal. `peerd inbox read ID` marks one.")
        looked(lost)


def _head(row: dict[str, Any], whole: dict[str, Any]) -> list[str]:
    from peerd.cli.message import beside, gone
    from peerd.cli.table import ago

    kind = f" ({row['kind']})" if row.get("kind") else ""
    topic = f", topic {row['topic']}" if row["topic"] else ""
    answers = [f"in reply to {row['reply_to']}: {row['answers'] or ''}".rstrip(": ")] if row["reply_to"] else []
    stands = _stands(row)
    return [
        f"-- {row['id']} from {row['identity']}{kind}, {ago(row['accepted_at'])}{topic}",
        *answers,
        *([f"{stands}: peerd reply {row['id']} TEXT" if row["awaits"] else stands] if stands else []),
        *beside(whole),
        *gone(whole),
    ]


def _mark(row: dict[str, Any]) -> None:
    """It was shown. Where no daemon runs it stays unread, which was said."""
    if row["state"] != "accepted":
        return
    try:
        ask("message.read", {"id": row["id"]})
    except (DaemonNotRunning, DaemonSilent):
        say(f"{row['id']} is not marked as read: no daemon answers.")
    except PeerdError as error:
        say(str(error))


def _read(args: argparse.Namespace) -> int:
    """An error of one costs no other; the exit code is the worst there was."""
    if not args.words:
        raise UsageError("inbox read: say which messages; `peerd inbox ls` lists them.")
    worst, facts = 0, []
    for number, id in enumerate(args.words):
        try:
            whole = _whole(id)
            if whole["to"] != "operator":
                raise PeerdError(f"{id} was sent to {whole['to']}, not to you: `peerd message {id}` shows it.")
            if args.json:
                facts.append(whole)
                continue
            from peerd.cli.message import told

            print_text(("\n" if number else "") + told(whole))
            _mark(whole)
        except PeerdError as error:
            say_error(error, as_json=args.json)
            worst = max(worst, error.exit_code)
    if args.json:
        print_json(facts)
        sys.stdout.flush()
        for whole in facts:
            _mark(whole)
    return worst


def _reply(args: argparse.Namespace) -> int:
    from peerd.cli.body import text_of
    from peerd.cli.reply import answered
    from peerd.cli.send_result import named, show_sent

    if len(args.words) != 2:
        raise UsageError("inbox reply: say which message, and TEXT, or - for stdin. Nothing was sent.")
    id, text = args.words
    sent = answered(id, text_of(text, REPLY_S), {"id": named(None), "timeout_s": REPLY_S})
    return show_sent(sent, "submitted", by="send", as_json=args.json)
