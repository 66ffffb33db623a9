"""A session as a store has it."""

import msgspec

from peerd.core.state import Terms
from peerd.model.session import End, Ending, Mode, SessionId


class Run(msgspec.Struct):
    """A session's row."""

    id: SessionId
    runtime: str
    mode: Mode
    single: bool
    conversation: str | None = None
    spoken: dict[str, int] = {}  # its topics, and which submission of them all was the last on each
    ready: bool = False
    ending: Ending | None = None
    end: End | None = None
    ended_at: float = 0.0
    of_task: bool = False
    terms: Terms | None = None
