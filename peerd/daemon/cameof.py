"""What became of a choice at a permission prompt, by what is told and seen after its key. Pure."""

from typing import NamedTuple

from peerd.adapter import Reading
from peerd.daemon.asked import After
from peerd.model.approval import Approval, ApprovalState
from peerd.model.peer import Activity

NOTHING_TELLS, UNKNOWN = "nothing tells what became of it", ApprovalState.UNKNOWN


class Outcome(NamedTuple):
    state: ApprovalState
    evidence: str


class Seen(NamedTuple):
    """A screen after the key: whether `another` prompt stands there, or one that was gone and looks the same."""

    reading: Reading
    another: bool
    alike: bool

    @property
    def works(self) -> str | None:
        """What shows that it went on, if anything does."""
        if self.another:
            return "the next one stood there"
        return "it was at work" if self.reading.activity is Activity.BUSY else None


def came_of(begun: Approval, after: After, seen: Seen, *, goes_on: bool) -> Outcome | None:
    """What shows how it was taken. `goes_on`: its runtime works on after a refusal."""
    approve = begun.answer == "approve"
    if after.approved is not None:
        taken = ApprovalState.APPROVED if approve else ApprovalState.DENIED
        how = "approved" if after.approved else "refused"
        return Outcome(taken if after.approved == approve else UNKNOWN, f"its hook told that it was {how}")
    found = _approved(after, seen) if approve else _denied(after, seen, goes_on=goes_on)
    if found is None and seen.alike:
        return Outcome(UNKNOWN, f"one that looks the same stood there; {NOTHING_TELLS}")
    return found


def _approved(after: After, seen: Seen) -> Outcome | None:
    """No end of its turn shows that, nor an input line at rest."""
    if after.over:
        return Outcome(UNKNOWN, f"its turn was over; {NOTHING_TELLS}")
    return None if seen.works is None else Outcome(ApprovalState.APPROVED, seen.works)


def _denied(after: After, seen: Seen, *, goes_on: bool) -> Outcome | None:
    """Where a refusal ends the turn, what works on was not refused: our key was overlooked, and it was approved."""
    if seen.works is not None and goes_on:
        return Outcome(ApprovalState.DENIED, seen.works)
    if after.over:
        return Outcome(ApprovalState.DENIED, "its turn was over")
    if seen.works is None and seen.reading.composer is not None:
        return Outcome(ApprovalState.DENIED, "it was at its input line")
    return None
