"""A session as a store has it."""

import msgspec

from peerd.core.restart import Death
from peerd.core.state import Terms
from peerd.model.session import End, EndCause, Ending, Mode, SessionId, boot_s


class Run(msgspec.Struct):
    """A session's row."""

    id: SessionId
    runtime: str
    mode: Mode
    single: bool
    conversation: str | None = None
    spoken: dict[str, int] = {}  # its topics, and which submission of them all was the last on each
    began_at: float = 0.0
    ready_at: float | None = None
    ending: Ending | None = None
    end: End | None = None
    ended_at: float = 0.0
    of_task: bool = False
    terms: Terms | None = None

    @property
    def ready(self) -> bool:
        return self.ready_at is not None

    @property
    def died(self) -> Death:
        cause = self.end.cause if self.end is not None else EndCause.EXITED
        return Death(self.ended_at, boot_s(self.began_at, self.ready_at, self.ended_at, cause))
