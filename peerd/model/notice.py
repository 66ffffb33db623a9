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
    "store",  # it was damaged, and set aside
    "disk",  # what happened is not on disk yet
    "log",  # lines of it are being lost
    "home",  # it was moved under its daemon
    "copy",  # this home is one of another
    "record",  # a row makes no sense
    "dead",  # what a peer was sent came to nothing, and nobody looked
    "notify",  # a command of the operator's fails
    "unread",  # what the operator was sent lies there
    "pair",  # two send each other too much
    "pair-paused",  # two were, and wait for a person
    "circle",  # some wait for each other, again and again
    "standstill",  # some await each other's answers
    "leftover",  # messages wait for nobody
    "unfinished",  # a removal or rename whose files could not be done
    "guard",  # somebody switched it off
    "settings",
    "spec",  # a file of the configuration is wrong
    "runtime",  # a peer's is not known
    "down",  # a peer died too often, or its start finds no room
    "approval",  # a runtime asks for a permission
    "prompt",  # a question is open on a peer's screen
    "screen",  # something nobody knows stands there, or a draft
    "unwritable",  # what goes with a message cannot be put into its session's folder
    "unheard",  # a session took a message and told nothing of it
    "mute",  # a peer in a turn is silent
    "limited",  # a limit of a peer's runtime
    "failing",  # an agent's turns fail one after the other
    "unreached",  # a peer's tmux server
]


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """True for as long as it is told. `kind` and `about` say which one it is: told in other words, it is the same.
    `remedy` says what to do, where `text` does not. `again`: how often it has become due once more; each time it is
    raised anew. `peer`: whose permission it is, of an approval."""

    kind: NoticeKind
    about: str  # a peer, a pair, a file: what tells those of a kind apart
    text: str
    remedy: str = ""
    severity: Severity = Severity.WARNING
    again: int = 0
    peer: str = ""

    @property
    def told(self) -> str:
        """All of it, in a line."""
        if not self.remedy:
            return self.text
        return f"{self.text} {self.remedy}" if self.text.endswith(".") else f"{self.text}: {self.remedy}"
