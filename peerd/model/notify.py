"""Commands that tell a person what happened, as `[[notify]]` in `peerd.toml` has them, and what they are told."""

import re
from typing import Literal

import msgspec

from peerd.model.notice import Severity

QUIET = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")
"""As `22:00-07:00`."""

About = Literal["notice", "message", "approval"]


class Notify(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`quiet`: from when to when of a day, local time, it waits; what is urgent passes, unless `urgent_too` is False.
    `body`: messages with their text, on its stdin."""

    command: tuple[str, ...]
    min: Severity = Severity.WARNING
    quiet: str = ""
    urgent_too: bool = True
    about: tuple[About, ...] = ("notice", "message", "approval")
    body: bool = False


class Table(msgspec.Struct, frozen=True):
    """One `[[notify]]`: the how manieth of the file it is, from 1, and what it says."""

    n: int
    says: Notify


class Word(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to be told. `title` and `text` may be in an argv, which others on the machine read; `whole` is what is
    told on stdin alone. `kind` and `of` say which notice, or `of` which message; `at` is Unix seconds."""

    about: About
    severity: Severity
    title: str
    text: str
    whole: str = ""
    kind: str = ""
    of: str = ""
    at: float = 0.0


class Pending(msgspec.Struct, frozen=True):
    """`quiet`: it came in quiet hours."""

    word: Word
    quiet: bool = False
