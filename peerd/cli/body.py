"""The text of a message: from the command line, from stdin, or from a file; checked before anything is sent."""

from __future__ import annotations

import os
import sys

from peerd.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import BinaryIO

BODY_MAX_BYTES = 1 << 20

NOTHING_SENT = "Nothing was sent."


def text_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("text", nargs="?", metavar="TEXT", help="what to say; - reads it from stdin")
    parser.add_argument("--file", metavar="F", help="read what to say from this file")


def attach_option(parser: argparse.ArgumentParser) -> None:
    told = "a file to go beside it, copied as it is now; may be given again (20 files, 32 MiB in all)"
    parser.add_argument("--attach", action="append", default=[], metavar="FILE", help=told)


def attached(args: argparse.Namespace) -> dict[str, list[str]]:
    """By their whole paths. Said only where there are any: a daemon of before knows none."""
    for path in args.attach:
        try:
            path.encode()
        except UnicodeEncodeError as error:
            raise UsageError(f"--attach {path!r}: its name is no UTF-8; rename it. {NOTHING_SENT}") from error
    return {"attach": [os.path.abspath(path) for path in args.attach]} if args.attach else {}


def body_of(args: argparse.Namespace) -> str:
    """The text, not empty and within the cap. Raises UsageError, and then nothing was sent."""
    match args.text, args.file:
        case None, None:
            raise UsageError(f"what is to be said? Give TEXT, - for stdin, or --file F. {NOTHING_SENT}")
        case None, path:
            return _checked(_of_file(path), path)
        case text, None:
            return text_of(text)
        case _:
            raise UsageError(f"TEXT and --file exclude each other. {NOTHING_SENT}")


def text_of(text: str) -> str:
    """A word of the command line as a message's text; - stands for stdin."""
    if text == "-":
        if sys.stdin is None:
            raise UsageError(f"stdin is closed. {NOTHING_SENT}")
        return _checked(_read(sys.stdin.buffer), "stdin")
    return _checked(os.fsencode(text), "TEXT")


def _of_file(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return _read(file)
    except OSError as error:
        raise UsageError(f"--file {path}: {error.strerror}. {NOTHING_SENT}") from error


def _read(file: BinaryIO) -> bytes:
    """No more than it takes to see that it is too long: it may be endless."""
    return file.read(BODY_MAX_BYTES + 1)


def _checked(data: bytes, source: str) -> str:
    if len(data) > BODY_MAX_BYTES:
        raise UsageError(f"{source}: over {BODY_MAX_BYTES} bytes; send the path of a file instead. {NOTHING_SENT}")
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise UsageError(f"{source}: no UTF-8 at byte {error.start}. {NOTHING_SENT}") from error
    if not text.strip():
        raise UsageError(f"{source}: the message is empty. {NOTHING_SENT}")
    return text
