"""A permission that a runtime asks for at a prompt: what is asked, and what became of it."""

import enum
from typing import Literal, NewType

import msgspec

from peerd.model.peer import PeerName
from peerd.model.session import SessionId

ApprovalId = NewType("ApprovalId", str)
Answer = Literal["approve", "deny"]


class ApprovalState(enum.Enum):
    """`open` and `answering` stand on the screen; the others are over."""

    OPEN = "open"
    ANSWERING = "answering"  # a key of ours was about to be pressed
    APPROVED = "approved"  # by us, and seen to be
    DENIED = "denied"  # by us, and seen to be
    GONE = "gone"  # answered at the pane, broken off, or ended with its session
    UNKNOWN = "unknown"  # our key was pressed, and nothing tells what it did


STANDS = (ApprovalState.OPEN, ApprovalState.ANSWERING)


class Approval(msgspec.Struct, frozen=True, kw_only=True):
    """`tool` and `input`, its arguments as JSON, are the runtime's own word; None where it gave none, or it could not
    be told of which prompt it was. `cut`: the arguments were too long, and are no whole JSON. `certain`: there was one
    request only, and the screen shows these very arguments. `question` and `choices` are what the screen showed. Times
    are Unix seconds. `by`: who gave `answer`; while it is open, whose key was not seen to have an effect. As it was
    opened, or its hook told of it later, of its session's journal so many bytes were heard, and `alike` requests that
    may have been for it; None of one that an older peerd opened."""

    id: ApprovalId
    peer: PeerName
    session: SessionId
    runtime: str
    tool: str | None
    input: str | None
    question: str
    choices: tuple[str, ...]
    opened_at: float
    cut: bool = False
    certain: bool = False
    state: ApprovalState = ApprovalState.OPEN
    answer: Answer | None = None
    by: str | None = None
    ended_at: float | None = None
    evidence: str = ""
    expired: bool = False  # nobody answered in time, and that was told
    heard_to: int | None = None
    alike: int = 0

    @property
    def stands(self) -> bool:
        return self.state in STANDS
