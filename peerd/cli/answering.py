"""What a person answers at a terminal: typed there, up to a line that is only a dot, or in an editor."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile

from peerd.cli.output import say
from peerd.errors import PeerdError

END = "."


def typed(id: str, *, editor: bool) -> str:
    """ "" where it is left for later. Raises EOFError or KeyboardInterrupt where the person leaves."""
    return _in_editor(id) if editor else _at_the_terminal()


def _at_the_terminal() -> str:
    """Lines up to a lone dot; the first one empty: later."""
    print("answer (empty: later; a line that is only . ends it)", flush=True)
    lines: list[str] = []
    while (line := _line()) != END and (lines or line.strip()):
        lines.append(line)
    return "\n".join(lines)


def _line() -> str:
    sys.stdout.write("> ")
    sys.stdout.flush()
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    return line.rstrip("\n")


def _in_editor(id: str) -> str:
    """What is written is kept where the editor fails."""
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    descriptor, draft = tempfile.mkstemp(prefix=f"peerd-answer-{id}-", suffix=".txt")
    os.close(descriptor)
    if subprocess.run(("/bin/sh", "-c", f'{editor} "$1"', "sh", draft), check=False).returncode:
        say(f"{editor} failed. What was written is in {draft}.")
        return ""
    try:
        with open(draft, encoding="utf-8") as file:
            text = file.read()
    except UnicodeDecodeError as error:
        raise PeerdError(f"{draft} is no UTF-8 (at byte {error.start}): it is kept, and nothing was sent.") from error
    os.unlink(draft)
    return text
