"""`peerd edit`: changes a peer's spec, in an editor or field by field. Its comments stay."""

from __future__ import annotations

import contextlib
import os
import subprocess
import tempfile

from peerd.cli.add import pairs
from peerd.cli.dial import ask_starting
from peerd.cli.output import print_json, reads_a_terminal, say
from peerd.cli.parser import json_option
from peerd.counted import counted
from peerd.errors import ConfigError, PeerdError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any

SUFFIX = ".edit"
KEPT_S = 7 * 86400.0

HELP = "change a peer's spec, in your editor or by --set"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="the peer's name")
    parser.add_argument("--set", action="append", default=[], metavar="FIELD=VALUE", help="give a field this value")
    parser.add_argument("--unset", action="append", default=[], metavar="FIELD", help="reset a field to its default")
    json_option(parser)


def run(args: argparse.Namespace) -> int:
    if args.set or args.unset:
        fields = {"set": pairs("--set", args.set), "unset": args.unset}
        edited: dict[str, Any] = ask_starting("peer.edit", {"peer": args.name, **fields})
    else:
        edited = _in_editor(args.name)
    print_json(edited) if args.json else print(_told(edited))
    return 0


def _in_editor(name: str) -> dict[str, Any]:
    """What was wrong with it is kept beside the spec, and nothing is lost."""
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    if not reads_a_terminal():
        raise UsageError(f"edit needs a terminal. Without one: peerd edit {name} --set FIELD=VALUE.")
    held = ask_starting("peer.spec", {"peer": name})
    draft = _draft(held["file"], held["text"])
    if subprocess.run(("/bin/sh", "-c", f'{editor} "$1"', "sh", draft), check=False).returncode:
        raise PeerdError(f"{editor} failed; nothing was changed. What you wrote is in {draft}.")
    text = _written(draft)
    try:
        edited = ask_starting("peer.edit", {"peer": name, "text": text, "base": held["text"]})
    except PeerdError:
        say(f"what you wrote is kept in {draft}.")
        raise
    os.unlink(draft)
    return edited


def _written(draft: str) -> str:
    try:
        with open(draft, encoding="utf-8") as file:
            return file.read()
    except UnicodeDecodeError as error:
        why = f"{draft} is not valid UTF-8 (at byte {error.start}): it is kept, and nothing was changed."
        raise ConfigError(why) from error


def _draft(path: str, text: str) -> str:
    """Of this edit alone: another may be under way. What was kept of those before goes after a week."""
    folder, name = os.path.split(path)
    descriptor, draft = tempfile.mkstemp(prefix=f"{name}.", suffix=SUFFIX, dir=folder)
    with open(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    _sweep(folder, os.stat(draft).st_mtime - KEPT_S)
    return draft


def _sweep(folder: str, before: float) -> None:
    for each in os.scandir(folder):
        with contextlib.suppress(OSError):
            if each.name.endswith(SUFFIX) and each.stat().st_mtime < before:
                os.unlink(each.path)


def _told(edited: dict[str, Any]) -> str:
    if not edited["changed"]:
        return f"{edited['peer']}: nothing was changed."
    again = f" Its session goes on as it is; `peerd refresh {edited['peer']}` replaces it." if edited["live"] else ""
    return f"{edited['peer']} is changed{_when(edited)}: {edited['file']}.{again}{_cancelled(edited)}"


def _when(edited: dict[str, Any]) -> str:
    at_once, later = edited["at_once"], edited["next_session"]
    if at_once and later:
        return f", {', '.join(at_once)} at once, {', '.join(later)} from its next session on"
    return ", at once" if at_once else ", from its next session on" if later else ""


def _cancelled(edited: dict[str, Any]) -> str:
    count, barred = edited.get("cancelled", 0), edited.get("barred", 0)
    if barred:
        whose = f"from {'a sender' if barred == 1 else 'senders'} that it does not accept messages from"
        return f" Messages to it run as commands; cancelled {counted(barred, 'message')} that waited, {whose}."
    return f" A service takes no messages; cancelled {counted(count, 'message')} that waited." if count else ""
