"""What a person answers at a terminal: typed there, up to a line that is only a dot, or in an editor."""

from __future__ import annotations

import contextlib
import os
import subprocess
import tempfile
from typing import NamedTuple

from peerd.cli.output import print_text, say
from peerd.errors import DaemonLost, NotYet, PeerdError, TryAgain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from peerd.cli.keyboard import Keyboard, Line

END = "."

BREAKS_OFF = (EOFError, KeyboardInterrupt, SystemExit, OSError)
"""What is typed."""


class _Left(PeerdError):
    """By the person, or by what ended their terminal."""


class Written(NamedTuple):
    """`draft`: the file that holds it, too; None where there was no room for one. `left`: what broke it off."""

    text: str
    draft: str | None = None
    left: BaseException | None = None


def answered(row: dict[str, Any], *, editor: bool) -> bool:
    """False where the person leaves. What was not sent is told, and kept."""
    from peerd.cli.send_result import named

    question = row["id"]
    try:
        written = _in_editor(question) if editor else _at_the_terminal(question)
    except KeyboardInterrupt as left:
        written = Written("", left=left)
    id = named(None)
    if written.left is not None:
        return _leave(question, id, written)
    try:
        if written.text.strip():
            _send(question, written.text, id)
    except (PeerdError, KeyboardInterrupt) as error:
        say(_not_sent(question, id, _kept(question, written), error))
        return not isinstance(error, KeyboardInterrupt)
    if written.draft is not None:
        with contextlib.suppress(OSError):
            os.unlink(written.draft)
    return True


def _leave(question: str, id: str, written: Written) -> bool:
    """Who was at the terminal may be gone with it."""
    with contextlib.suppress(OSError):
        print()
    with contextlib.suppress(OSError):
        say(_left(question, id, written))
    if isinstance(written.left, SystemExit | OSError):
        raise written.left
    return False


def _left(question: str, id: str, written: Written) -> str:
    if not written.text.strip():
        return f"nothing was sent; {question} still awaits your answer: `peerd inbox` shows it again."
    return _not_sent(question, id, written, _Left("nothing was sent."))


def _send(question: str, text: str, id: str) -> None:
    from peerd.cli.reply import answered

    try:
        sent = answered(question, text, {"id": id, "wait": "accepted", "timeout_s": 10.0})
    except NotYet as accepted:
        say(str(accepted))
    else:
        print_text(f"{sent['id']} to {sent['to']}: sent")
        for note in sent.get("notes") or ():
            say(note)


def _kept(question: str, written: Written) -> Written:
    """What was typed is in a file, too, but where there is no room for one."""
    if written.draft is not None:
        return written
    with contextlib.suppress(OSError):
        draft = _draft(question)
        with open(draft, "w", encoding="utf-8", errors="surrogateescape") as file:
            file.write(written.text)
        return written._replace(draft=draft)
    return written


def _not_sent(question: str, id: str, written: Written, error: BaseException) -> str:
    """Where nobody knows whether it was, the same id has it sent once all the same."""
    unknown = isinstance(error, DaemonLost | KeyboardInterrupt)
    why = f"{error} " if str(error) else ""
    kept = "" if written.draft is None else f"What you wrote is in {written.draft}"
    if not (unknown or isinstance(error, _Left)) and _is_over(question):
        return f"{why}Nobody awaits an answer to {question} any more.{f' {kept}.' if kept else ''}"
    awaits = "" if unknown else f"{question} still awaits your answer. "
    text = "TEXT" if written.draft is None else f"--file {written.draft}"
    again = f"`peerd reply {question} {text} --id {id}`"
    return f"{why}{awaits}{kept}{': ' if kept else ''}{_once(written, error)}{again} sends it."


def _is_over(question: str) -> bool:
    """Whether it awaits no answer any more, as far as that can be read."""
    from peerd.cli.message import asked

    try:
        return bool(asked(question)["task"] != "open")
    except PeerdError:
        return False


def _once(written: Written, error: BaseException) -> str:
    """What is to be done before it can be sent; "" where it may be sent at once."""
    if not _is_utf8(written.text):
        return "once that is UTF-8, "
    refused = isinstance(error, PeerdError) and not isinstance(error, DaemonLost | TryAgain | _Left)
    return "once that is put right, " if refused else ""


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _at_the_terminal(question: str) -> Written:
    """What was typed before is no answer to what is shown now. What is typed is in a file before the terminal is given
    back, for a signal may end it from then on, or while it is sent."""
    from peerd.cli.keyboard import Keyboard

    with Keyboard() as keyboard:
        if keyboard.forget():
            say("what you typed before the question was ignored.")
        print("your answer (end it with a line of only . ; empty: answer later)", flush=True)
        written = _typed(keyboard)
        if written.text.strip():
            written = _kept(question, written)
    return written if written.left is not None else written._replace(left=keyboard.told)


def _typed(keyboard: Keyboard) -> Written:
    lines: list[str] = []
    try:
        _take_lines(keyboard, lines)
    except BREAKS_OFF as left:
        return Written("\n".join([*lines, *filter(None, [keyboard.rest])]), left=left)
    try:
        if keyboard.forget():
            say("what you typed after the answer was not sent.")
    except BREAKS_OFF as left:
        return Written("\n".join(lines), left=left)
    return Written("\n".join(lines))


def _take_lines(keyboard: Keyboard, lines: list[str]) -> None:
    """Up to a lone dot; where the first is empty none: later. Raises EOFError."""
    while True:
        line = _line(keyboard, "> ")
        if line.text != END or line.pasted:
            if not lines and _is_later(keyboard, line):
                return
            lines.append(line.text)
        elif not (line.at_once or keyboard.is_rushed()) or _is_sure(keyboard, lines):
            return


def _is_later(keyboard: Keyboard, first: Line) -> bool:
    """Not where a paste begins with it."""
    from peerd.cli.keyboard import PASTE_S

    return not (first.text.strip() or first.pasted or keyboard.waits(PASTE_S))


def _is_sure(keyboard: Keyboard, lines: list[str]) -> bool:
    """What comes faster than it is typed is a paste that the terminal does not mark: the dot may stand in the midst of
    it, and what comes next be its rest, also where that begins with a yes."""
    from peerd.cli.keyboard import PASTE_S

    reply = _line(keyboard, "that looked like a paste: send it? [y/N] ")
    word = None if reply.at_once or reply.pasted or keyboard.waits(PASTE_S) else reply.text.strip().lower()
    if word in ("y", "yes"):
        return True
    lines += [END] if word in ("", "n", "no") else [END, reply.text]
    return False


def _line(keyboard: Keyboard, prompt: str) -> Line:
    if (line := keyboard.line(prompt)) is None:
        raise EOFError
    return line


def _in_editor(question: str) -> Written:
    """What is written is kept where the editor fails."""
    editor, draft = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi", _draft(question)
    try:
        failed = subprocess.run(("/bin/sh", "-c", f'{editor} "$1"', "sh", draft), check=False).returncode
    except KeyboardInterrupt:
        say(f"what you wrote is in {draft}.")
        raise
    if failed:
        say(f"{editor} failed. What you wrote is in {draft}.")
        return Written("")
    try:
        with open(draft, encoding="utf-8") as file:
            return Written(file.read(), draft)
    except UnicodeDecodeError as error:
        raise PeerdError(
            f"{draft} is not valid UTF-8 (at byte {error.start}): it is kept, and nothing was sent."
        ) from error


def _draft(question: str) -> str:
    descriptor, draft = tempfile.mkstemp(prefix=f"peerd-answer-{question}-", suffix=".txt")
    os.close(descriptor)
    return draft
