"""What a person must know of, and has to see to."""

import enum
from typing import Literal

import msgspec


class Severity(enum.Enum):
    """How soon."""

    NOTE = "note"  # nothing is held up by it
    WARNING = "warning"  # somebody waits, or will
    URGENT = "urgent"  # work stands still, or is about to be lost


NoticeKind = Literal[
    "store", "log", "disk", "copy", "record", "unread", "pair", "leftover", "unfinished", "peer", "settings", "spec"
]


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """True for as long as it is told. `kind` and `about` say which one it is: told in other words, it is the same.
    `remedy` says what to do, where `text` does not."""

    kind: NoticeKind
    about: str  # a peer, a pair, a file: what tells those of a kind apart
    text: str
    remedy: str = ""
    severity: Severity = Severity.WARNING
