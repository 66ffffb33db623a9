"""What a runtime says of itself. Each session has a journal, a file its runtime's own hooks append to;
a line there is evidence that outlives the daemon. Adapters turn lines into these facts."""

import msgspec

from peerd.model.limit import Limit
from peerd.model.message import MessageId

INTERRUPTED = 130
"""The exit status of a turn that was broken off: 128 and SIGINT, as shells say it."""


class Ready(msgspec.Struct, frozen=True, tag=True):
    """The runtime is up and takes input."""


class Submitted(msgspec.Struct, frozen=True, tag=True):
    """The runtime took a message as its input; the id was read from what it took."""

    message: MessageId
    attempt: int | None = None
    turn: str | None = None  # the runtime's own name for the turn that is open by then
    entered: bool = False  # told as it is: while a turn is open it is taken into that, or gets one of its own after it


class Queued(msgspec.Struct, frozen=True, tag=True):
    """A message was entered while a turn was open, and waits in the runtime, as the runtime's own record tells."""

    message: MessageId


class Unqueued(msgspec.Struct, frozen=True, tag=True):
    """What waited so has a turn of its own now, or was taken back: likewise."""


class TakenIn(msgspec.Struct, frozen=True, tag=True):
    """A message that was entered while a turn was open was taken into that, as the runtime's own record tells."""

    message: MessageId


class ToolRan(msgspec.Struct, frozen=True):
    """Which tool of a runtime has run, and its arguments, as JSON; None: not told. `cut`: only their beginning."""

    tool: str | None = None
    input: str | None = None
    cut: bool = False


class TurnBegan(msgspec.Struct, frozen=True, tag=True):
    """The runtime went to work on something, ours or a human's. A `turn` that is not the open one's is a new one.
    `ran`: a tool it has run, so that what it asked for that was approved."""

    turn: str | None = None
    ran: ToolRan | None = None


class TurnEnded(msgspec.Struct, frozen=True, tag=True):
    """The runtime is back at its input line. `message` is None when the turn was not one of ours. `limit`: by which the
    turn failed."""

    message: MessageId | None = None
    exit_status: int | None = None
    last_words: str | None = None
    limit: Limit | None = None


class TurnClosed(msgspec.Struct, frozen=True, tag=True):
    """The turn that was open is over, whoever's it was. `exit_status` is set where it did not end well; where `turn` is
    another than the open one's, the words are not that one's. `limit`: by which it failed."""

    last_words: str | None = None
    exit_status: int | None = None
    turn: str | None = None
    limit: Limit | None = None


class ConversationOpened(msgspec.Struct, frozen=True, tag=True):
    """The conversation the runtime is in. Where nothing was said in it yet, it cannot be resumed by that. `record`: the
    file in which it will be kept."""

    id: str
    record: str | None = None


class ConversationBegan(msgspec.Struct, frozen=True, tag=True):
    """The runtime's own name for what it can resume. `record`: the file in which it keeps that."""

    id: str
    record: str | None = None


class PromptOpened(msgspec.Struct, frozen=True, tag=True):
    """A permission prompt or dialog is open; an Enter would answer it. `tool` and `input`, its arguments as JSON: what
    the runtime says that it asks for; `cut`: the end of `input` is missing."""

    what: str = ""
    tool: str | None = None
    input: str | None = None
    cut: bool = False


class PromptClosed(msgspec.Struct, frozen=True, tag=True):
    """It was answered or dismissed; `approved`: how, where the runtime says that."""

    approved: bool | None = None


Fact = (
    Ready
    | Submitted
    | Queued
    | Unqueued
    | TakenIn
    | TurnBegan
    | TurnEnded
    | TurnClosed
    | ConversationOpened
    | ConversationBegan
    | PromptOpened
    | PromptClosed
)
