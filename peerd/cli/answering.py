"""What a person answers at a terminal: typed there, up to a line that is only a dot, or in an editor."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
from typing import NamedTuple

from peerd.cli.output import print_text, say
from peerd.cli.typedahead import forgets
from peerd.errors import DaemonLost, NotYet, PeerdError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

END = "."


class Written(NamedTuple):
    """`draft`: the file that it was written in; None where that was the terminal."""

    text: str
    draft: str | None = None


def answered(row: dict[str, Any], *, editor: bool) -> bool:
    """False where the person leaves. What could not be sent is told, and kept."""
    from peerd.cli.sent import named

    try:
        written = _in_editor(row["id"]) if editor else _at_the_terminal()
    except (EOFError, KeyboardInterrupt):
        print()
        say(f"nothing was sent; {row['id']} awaits your answer still: `peerd inbox` shows it again.")
        return False
    id = named(None)
    try:
        if written.text.strip():
            _send(row["id"], written.text, id)
    except (PeerdError, KeyboardInterrupt) as error:
        say(_not_sent(row["id"], id, _kept(row["id"], written), error))
        return not isinstance(error, KeyboardInterrupt)
    if written.draft is not None:
        os.unlink(written.draft)
    return True


def _send(question: str, text: str, id: str) -> None:
    from peerd.cli.reply import answered

    try:
        sent = answered(question, text, {"id": id, "wait": "accepted", "timeout_s": 10.0})
    except NotYet as accepted:
        say(str(accepted))
    else:
        print_text(f"{sent['id']} to {sent['to']}: sent")


def _kept(question: str, written: Written) -> Written:
    """What was typed is in a file, too, but where there is no room for one."""
    if written.draft is not None:
        return written
    with contextlib.suppress(OSError):
        draft = _draft(question)
        with open(draft, "w", encoding="utf-8", errors="surrogateescape") as file:
            file.write(written.text)
        return Written(written.text, draft)
    return written


def _not_sent(question: str, id: str, written: Written, error: BaseException) -> str:
    """Where nobody knows whether it was, the same id has it sent once all the same."""
    unknown = isinstance(error, DaemonLost | KeyboardInterrupt)
    why = f"{error} " if str(error) else ""
    awaits = "" if unknown else f"{question} awaits your answer still. "
    text = "TEXT" if written.draft is None else f"--file {written.draft}"
    kept = "" if written.draft is None else f"What you wrote is in {written.draft}: "
    return f"{why}{awaits}{kept}`peerd reply {question} {text} --id {id}` sends it."


def _at_the_terminal() -> Written:
    """Lines up to a lone dot; the first one empty: later. What was typed before is no answer to what is shown now."""
    if forgets():
        say("what was typed before this was asked is not taken for its answer.")
    print("answer (empty: later; a line that is only . ends it)", flush=True)
    lines: list[str] = []
    while (line := _line()) != END and (lines or line.strip()):
        lines.append(line)
    if forgets():
        say("what was typed after the answer is not sent.")
    return Written("\n".join(lines))


def _line() -> str:
    sys.stdout.write("> ")
    sys.stdout.flush()
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    return line.rstrip("\n")


def _in_editor(question: str) -> Written:
    """What is written is kept where the editor fails."""
    editor, draft = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi", _draft(question)
    try:
        failed = subprocess.run(("/bin/sh", "-c", f'{editor} "$1"', "sh", draft), check=False).returncode
    except KeyboardInterrupt:
        say(f"what was written is in {draft}.")
        raise
    if failed:
        say(f"{editor} failed. What was written is in {draft}.")
        return Written("")
    try:
        with open(draft, encoding="utf-8") as file:
            return Written(file.read(), draft)
    except UnicodeDecodeError as error:
        raise PeerdError(f"{draft} is no UTF-8 (at byte {error.start}): it is kept, and nothing was sent.") from error


def _draft(question: str) -> str:
    descriptor, draft = tempfile.mkstemp(prefix=f"peerd-answer-{question}-", suffix=".txt")
    os.close(descriptor)
    return draft
