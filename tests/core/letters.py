"""A message as a store has it, and what the next daemon reads of it."""

import msgspec
from msgspec.structs import replace

from peerd.core.history import Behind, all_told, behind
from peerd.core.state import Said, Waiting
from peerd.model.attempt import AttemptEnd
from peerd.model.message import Delivery, MessageId, Step
from peerd.model.session import SessionId


class Letter(msgspec.Struct):
    """A message's row, and its history. `session` is the one it was submitted to, `leased` the one it is on its way
    into."""

    accepted: Waiting
    history: list[Step]
    session: SessionId | None = None
    leased: SessionId | None = None
    typed: SessionId | None = None  # the last one it was
    entered: bool = False  # into that, where only the screen tells
    since: float = 0.0
    said: Said = Said()
    attempt: int = 0
    over: bool = False
    lost: bool = False  # it came to nothing
    limited_in: SessionId | None = None  # its last turn failed by a limit there
    read: Behind = Behind()
    read_to: int = 0

    @property
    def behind(self) -> Behind:
        """What its history tells, read once: that only grows."""
        if self.read_to < len(self.history):
            self.read, self.read_to = behind(tuple(self.history)), len(self.history)
        return self.read

    @property
    def waiting(self) -> Waiting:
        """As the next daemon reads it. What comes of an attempt that is under way is still to be told."""
        known = self.behind
        tally = known.tally if self.leased is not None else all_told(known).tally
        return replace(self.accepted, attempts=self.attempt, tally=tally, forgiven=known.forgiven)

    def doubts(self, session: SessionId) -> tuple[MessageId, ...]:
        """Once for each attempt at this session of which nobody knows; what is under way is still to be told."""
        known = self.behind
        told = known if self.leased is not None else all_told(known)
        return tuple(self.accepted.id for _ in told.unproved_in(session))

    def may_be_taken_in(self, session: SessionId) -> bool:
        return all_told(self.behind).may_be_taken_in(session)

    def become_due(self) -> None:
        self.accepted = replace(self.accepted, not_before=None)
        self.step(Delivery.ACCEPTED, self.attempt)

    def step(
        self,
        state: Delivery,
        attempt: int,
        session: SessionId | None = None,
        outcome: AttemptEnd | None = None,
    ) -> None:
        """An attempt that was taken may not have been the last."""
        self.attempt = max(self.attempt, attempt) if state is Delivery.SUBMITTED else attempt
        step = Step(at=0.0, state=state.value, attempt=attempt, evidence="", outcome=outcome, session=session)
        self.history.append(step)


def letter(message: Waiting) -> Letter:
    """One that was just accepted."""
    new = Letter(message, [])
    new.step(Delivery.ACCEPTED, 0)
    return new
