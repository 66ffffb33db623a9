"""The text of a message: from the command line, from stdin, or from a regular file; checked before anything is sent."""

from __future__ import annotations

import os
import signal
import sys
from errno import EINVAL

from peerd.cli.argv import hide
from peerd.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import NoReturn

BODY_MAX_BYTES = 1 << 20

STDIN_S = 600.0
"""What stdin has at least, whatever `--timeout` says of the peer: what writes it may be a model that thinks."""

NOTHING_SENT = "Nothing was sent."

TEXT_HELP = "the message's text; - reads it from stdin, which hides it from the machine's other users (`ps`)"


def text_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("text", nargs="?", metavar="TEXT", help=TEXT_HELP)
    parser.add_argument("--file", metavar="F", help="read the text from this regular file")


def attach_option(parser: argparse.ArgumentParser) -> None:
    told = "attach a copy of this file; repeat for more (at most 20 files, 32 MiB in all)"
    parser.add_argument("--attach", action="append", default=[], metavar="FILE", help=told)


def attached(args: argparse.Namespace) -> dict[str, list[str]]:
    """By paths that lead the daemon to the same files. Said only where there are any: a daemon of before knows none."""
    for path in args.attach:
        if not path:
            raise UsageError(f"--attach '': give the path of a file. {NOTHING_SENT}")
        try:
            path.encode()
        except UnicodeEncodeError as error:
            raise UsageError(f"--attach {path!r}: its name is not valid UTF-8; rename it. {NOTHING_SENT}") from error
    return {"attach": [_whole(path) for path in args.attach]} if args.attach else {}


def _whole(path: str) -> str:
    """What this command alone finds there, as `/dev/fd/11`, by the name that its file has for everybody. Where `..`
    leads to after a link is not told by letters: it is left in."""
    from peerd.plainfile import is_of_who_opens

    whole = os.path.join(os.getcwd(), path) if ".." in path.split("/") else os.path.abspath(path)
    if not is_of_who_opens(whole):
        return whole
    named = _real(whole)
    if is_of_who_opens(named) or not _is_same_file(whole, named):
        told = "the daemon may find another file there: give the file's own path"
        piped = "pipe a program's output into stdin, and give - for TEXT"
        raise UsageError(f"--attach {path}: {told} ({piped}). {NOTHING_SENT}")
    return named


def _real(path: str) -> str:
    """As it is where what it leads through is another's to look at."""
    try:
        return os.path.realpath(path)
    except OSError:
        return path


def _is_same_file(one: str, other: str) -> bool:
    try:
        return os.path.samefile(one, other)
    except OSError:
        return False


def body_of(args: argparse.Namespace) -> str:
    """The text, not empty and within the cap. Raises UsageError, and then nothing was sent."""
    match args.text, args.file:
        case None, None:
            raise UsageError(f"no message text: give TEXT, - for stdin, or --file F. {NOTHING_SENT}")
        case None, path:
            return checked(_of_file(path), path)
        case text, None:
            return text_of(text, args.timeout)
        case _:
            raise UsageError(f"give TEXT or --file, not both. {NOTHING_SENT}")


def text_of(text: str, within_s: float) -> str:
    """A word of the command line as a message's text; - stands for stdin, which has so long to come to its end."""
    if text == "-":
        if sys.stdin is None:
            raise UsageError(f"stdin is closed. {NOTHING_SENT}")
        return checked(_of_stdin(max(within_s, STDIN_S)), "stdin")
    hide(text)
    return checked(os.fsencode(text), "TEXT")


def _of_file(path: str) -> bytes:
    """A pipe or a device is not read, nor waited for."""
    from peerd.plainfile import AT_ONCE, read_part

    try:
        return read_part(path, BODY_MAX_BYTES + 1, flags=os.O_RDONLY | AT_ONCE)
    except OSError as error:
        piped = " (pipe a program's output into stdin, and give - for TEXT)" if error.errno == EINVAL else ""
        raise UsageError(f"--file {path}: {error.strerror}{piped}. {NOTHING_SENT}") from error


def _of_stdin(within_s: float) -> bytes:
    """No more than it takes to see that it is too long. A person at a terminal ends it; what is piped in may never."""
    if sys.stdin.isatty():
        return _typed()

    def late(*_: object) -> NoReturn:
        raise UsageError(f"stdin did not end within {within_s:g} s; --timeout S waits longer. {NOTHING_SENT}")

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, within_s)
    try:
        return sys.stdin.buffer.read(BODY_MAX_BYTES + 1)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _typed() -> bytes:
    from peerd.cli.keyboard import LINE_MAX_BYTES, typed_text

    text, whole = typed_text()
    if not whole:
        cut = f"the terminal keeps {LINE_MAX_BYTES} bytes of a line typed too early"
        raise UsageError(f"stdin: {cut}; type it once more, or give --file F. {NOTHING_SENT}")
    return text.encode("utf-8", "surrogateescape")


def checked(data: bytes, source: str) -> str:
    """As `body_of`, whatever it is read from."""
    if len(data) > BODY_MAX_BYTES:
        raise UsageError(f"{source}: over {BODY_MAX_BYTES} bytes; send the path of a file instead. {NOTHING_SENT}")
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise UsageError(f"{source}: not valid UTF-8 at byte {error.start}. {NOTHING_SENT}") from error
    if not text.strip():
        raise UsageError(f"{source}: the message is empty. {NOTHING_SENT}")
    return text
