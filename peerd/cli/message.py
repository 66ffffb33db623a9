"""`peerd message`: one message, what became of it and what shows it."""

from __future__ import annotations

import os
import sys

from peerd.cli.dial import Answer, ask, ask_or_look
from peerd.cli.nextstep import what_is_next
from peerd.cli.output import print_json, print_text, say
from peerd.cli.parser import json_option
from peerd.cli.peer_word import priority_of, waits_for
from peerd.cli.send_result import facts, those_alone, withheld
from peerd.errors import PeerdError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any

HELP = "show a message and its history"

NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
FIELDS = ("from", "topic", "accepted_at", "reply_to", "history")
WHENCE = ("identity", "kind", "sender_session", "descends_from", "hops", "group")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID", help="the message's id")
    parser.add_argument("--save", metavar="DIR", help="copy its attached files into this folder")
    json_option(parser)


def run(args: argparse.Namespace) -> int:
    """What was sent to the person in charge is read once it was written out, and not before."""
    shown = asked(args.id)
    if args.save is not None:
        return _save(shown, args.save, as_json=args.json)
    if args.json:
        print_json(all_facts(shown))
    else:
        print_text(told(shown))
    sys.stdout.flush()
    if isinstance(shown, Answer) and shown["to"] == "operator" and shown["state"] == "accepted":
        _have_read(shown["id"])
    return 0


def _have_read(id: str) -> None:
    """By the person in charge alone, as the daemon knows who asks."""
    try:
        ask("message.show", {"id": id})
    except PeerdError as error:
        say(f"{id} is not marked as read. {error}")


def _save(shown: dict[str, Any], folder: str, *, as_json: bool) -> int:
    """Files of these names that are there already stay, and are an error before anything is copied. 0600."""
    from shutil import copyfileobj

    _check_told(shown)
    files = {os.path.join(folder, each["name"]): each["path"] for each in shown.get("attached", [])}
    there = [path for path in files if os.path.lexists(path)]
    if there:
        raise PeerdError(f"{there[0]} is there already. Nothing was copied: give another folder.")
    os.makedirs(folder, exist_ok=True)
    for path, content in files.items():
        with open(content, "rb") as source, open(os.open(path, NEW_FILE, 0o600), "wb") as copy:
            copyfileobj(source, copy)
    if as_json:
        print_json({"id": shown["id"], "saved": [*files]})
    else:
        print_text("\n".join(files) or f"no files are attached to {shown['id']}.")
    return 0


def _check_told(shown: dict[str, Any]) -> None:
    """Raises PeerdError where it is not told here which files there are, or not known any more."""
    beside = f"files attached to {shown['id']}"
    if shown.get("withheld"):
        raise PeerdError(f"only {those_alone(shown)} may read the {beside}: nothing was copied.")
    if shown.get("gone_at"):
        raise PeerdError(f"the {beside} are no longer kept, since {shown['gone_at']}: nothing was copied.")


def asked(id: str) -> dict[str, Any]:
    """Of the daemon, or of the record where none runs. It is no more read by that."""
    return ask_or_look("message.show", {"id": id, "look": True}, lambda silent: _look(id))


def told(shown: dict[str, Any]) -> str:
    return "\n".join(_lines(shown))


def _look(id: str) -> dict[str, Any]:
    from peerd.cli.offline.peers import message

    return message(id)


def all_facts(shown: dict[str, Any]) -> dict[str, Any]:
    told = {name: shown[name] for name in ("expires_at", "late_reply", "body") if shown.get(name) is not None}
    attached = {"attached": shown["attached"]} if shown.get("attached") else {}
    whence = {name: shown[name] for name in WHENCE if name in shown}
    more = {"priority": priority_of(shown)} | attached | told
    return facts(shown) | {name: shown[name] for name in FIELDS} | whence | more


def _lines(shown: dict[str, Any]) -> list[str]:
    task = f", task {shown['task']}" if shown["task"] else ""
    held = f", waits: {waits_for(shown)}" if shown["hold"] else ""
    status = f", exit status {shown['exit_status']}" if shown.get("exit_status") is not None else ""
    return [
        f"{shown['id']} from {shown['from']} to {shown['to']}: {shown['state']}{task}{held}{status}",
        *([shown["because"]] if shown.get("because") else []),
        what_is_next(shown),
        *_whence(shown),
        *([f"topic {shown['topic']}"] if shown["topic"] else []),
        *([f"priority {priority_of(shown)}"] if priority_of(shown) != "normal" else []),
        *([f"expires {shown['expires_at']}"] if shown.get("expires_at") else []),
        *([f"in reply to {shown['reply_to']}"] if shown["reply_to"] else []),
        *beside(shown),
        *gone(shown),
        *([withheld(shown)] if shown.get("withheld") else []),
        *_part("text", shown.get("body")),
        *_part(_answer_title(shown), shown.get("answer")),
        "",
        "history",
        *(_step(step) for step in shown["history"]),
    ]


def beside(shown: dict[str, Any]) -> list[str]:
    return [f"attached {each['name']} ({each['size']} bytes): {each['path']}" for each in shown.get("attached", [])]


def gone(shown: dict[str, Any]) -> list[str]:
    return [f"its text is no longer kept, since {shown['gone_at']}"] if shown.get("gone_at") else []


def _whence(shown: dict[str, Any]) -> list[str]:
    """Who sent it, from where; a daemon of before tells none of it."""
    if not shown.get("identity"):
        return []
    session = f", session {shown['sender_session']}" if shown.get("sender_session") else ""
    group = f", to all of @{shown['group']}" if shown.get("group") else ""
    descends = f", descends from {shown['descends_from']}, hops {shown['hops']}" if shown.get("descends_from") else ""
    return [f"sent by {shown['identity']} ({shown['kind']}){session}{group}{descends}"]


def _answer_title(shown: dict[str, Any]) -> str:
    return "last words of the turn" if shown.get("answer_from") == "turn" else "answer"


def _part(title: str, text: str | None) -> list[str]:
    return ["", title, *(f"  {line}" for line in text.split("\n"))] if text is not None else []


def _step(step: dict[str, Any]) -> str:
    attempt = f" (attempt {step['attempt']})" if step["attempt"] else ""
    evidence = f": {step['evidence']}" if step["evidence"] else ""
    return f"  {step['at']}  {step['state']}{attempt}{evidence}"
