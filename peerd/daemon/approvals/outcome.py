"""What became of a choice at a permission prompt, by what is told and seen after its key; and what is told of a prompt
that stands no more, and that no key is known to have ended. Pure."""

from typing import NamedTuple

from peerd.adapter import Prompt, Reading
from peerd.daemon.approvals.keypress import Chosen
from peerd.daemon.approvals.replacement import Stands
from peerd.daemon.approvals.requests import After
from peerd.model.approval import Approval, ApprovalState
from peerd.model.peer import Activity

NOTHING_TELLS, UNKNOWN = "nothing tells what became of it", ApprovalState.UNKNOWN
SETTLED_LOOKS = 2
ALIKE = "another that was asked for since"
ANEW = "the screen shows something else, and nothing tells that another was asked for"
SEVERAL = "several that look the same were asked for, and nothing tells which this was"
AT_THE_PANE = "it is no longer on the screen: it was answered at the pane, or interrupted"
DOUBTED = "another that looks the same may be there by now, under an id of its own"
MORE = "more of the same prompt is seen by now, under an id of its own"
REDRAWN = "it looks different by now, and has a new id"
ENDED = "its session ended"


class Outcome(NamedTuple):
    state: ApprovalState
    evidence: str


class Looked(NamedTuple):
    """A screen after the key: whether `another` prompt stands there, or one that was gone and looks the same."""

    reading: Reading
    another: bool
    alike: bool

    @property
    def works(self) -> str | None:
        """What shows that it went on, if anything does."""
        if self.another:
            return "the next one was there"
        return "it was at work" if self.reading.activity is Activity.BUSY else None


def came_of(begun: Approval, after: After, look: Looked, *, goes_on: bool) -> Outcome | None:
    """What shows how it was taken. `goes_on`: its runtime works on after a refusal."""
    approve = begun.answer == "approve"
    if after.approved is not None:
        taken = ApprovalState.APPROVED if approve else ApprovalState.DENIED
        how = "approved" if after.approved else "refused"
        return Outcome(taken if after.approved == approve else UNKNOWN, f"its hook told that it was {how}")
    found = _approved(after, look) if approve else _denied(after, look, goes_on=goes_on)
    if found is None and look.alike:
        return Outcome(UNKNOWN, f"one that looks the same was there; {NOTHING_TELLS}")
    return found


def _approved(after: After, look: Looked) -> Outcome | None:
    """No end of its turn shows that, nor an input line at rest."""
    if after.over:
        return Outcome(UNKNOWN, f"its turn was over; {NOTHING_TELLS}")
    return None if look.works is None else Outcome(ApprovalState.APPROVED, look.works)


def _denied(after: After, look: Looked, *, goes_on: bool) -> Outcome | None:
    """Where a refusal ends the turn, what works on was not refused: our key was overlooked, and it was approved."""
    if look.works is not None and goes_on:
        return Outcome(ApprovalState.DENIED, look.works)
    if after.over:
        return Outcome(ApprovalState.DENIED, "its turn was over")
    if look.works is None and look.reading.composer is not None:
        return Outcome(ApprovalState.DENIED, "it was at its input line")
    return None


class Looks:
    """All looks since the key. What stands there after it was gone, or was told to be answered, is another one, however
    alike they look; of one that may be another nobody knows before."""

    def __init__(self, begun: Approval, chosen: Chosen, *, goes_on: bool) -> None:
        self._begun, self._chosen, self._goes_on = begun, chosen, goes_on
        self._away = self._back = self._agree = 0
        self._gone = self._doubted = self._strange = False
        self._found: Outcome | None = None

    def see(self, prompt: Prompt | None, reading: Reading, after: After, seen: Stands) -> Outcome | None:
        """What became of it, once it is gone and two looks agree on that."""
        self._doubted = seen.alike and seen.followed
        self._strange = prompt is not None and not seen.alike and not seen.another
        stands = seen.alike and not (seen.followed and (self._gone or after.answered))
        self._away = 0 if stands and prompt is not None and self._chosen.stands(prompt) else self._away + 1
        self._gone = self._gone or self._away >= SETTLED_LOOKS
        self._back = self._back + 1 if self._gone and stands else 0
        another = prompt is not None and not stands and seen.another
        look = Looked(reading, another, self._back >= SETTLED_LOOKS)
        before, self._found = self._found, came_of(self._begun, after, look, goes_on=self._goes_on)
        self._agree = self._agree + 1 if self._found == before else 1
        if not self._gone or self._found is None or self._agree < SETTLED_LOOKS:
            return None
        said = f"{self._chosen.label!r} was chosen; then the prompt was gone, and {self._found.evidence}"
        return Outcome(self._found.state, said)

    def in_the_end(self) -> Outcome | None:
        """Once nothing told in time. None: it stands there as before."""
        if self._strange:
            return Outcome(UNKNOWN, f"{self._chosen.label!r} was chosen; {ANEW}")
        if self._away or self._gone:
            return Outcome(UNKNOWN, f"{self._chosen.label!r} was chosen, and the prompt is gone; {NOTHING_TELLS}")
        if self._doubted:
            return Outcome(UNKNOWN, f"{self._chosen.label!r} was chosen; what stands there may be it, or {ALIKE}")
        return None


def of_several(came: Outcome) -> Outcome:
    """One of them was taken so, and it may be another."""
    return came if came.state is UNKNOWN else Outcome(UNKNOWN, f"{came.evidence}; {SEVERAL}")


def how_over(approval: Approval) -> str:
    return f"{approval.state.value}{f' by {approval.by}' if approval.by else ''}"


def how_gone(open: Approval, pressed: Approval | None = None) -> str:
    """`pressed`: what stood there before, at which a key may have been pressed that was not read by then."""
    if open.by is None:
        key = "" if pressed is None else f", or {_said(pressed)} by the key of {pressed.by}, pressed before a restart"
        return f"{AT_THE_PANE}{key}"
    said = _said(open)
    if open.state is ApprovalState.OPEN:
        return f"it was {said} by {open.by}, or answered at the pane: the key had no effect at first"
    return f"it may have been {said} by {open.by}, or answered at the pane: the daemon ended over it"


def how_doubted(open: Approval) -> str:
    """Nobody has seen it go."""
    return DOUBTED if open.by is None else how_gone(open)


def how_ended(open: Approval) -> str:
    """One whose answer is under way ends as that comes out."""
    if open.by is None:
        return ENDED
    return f"{ENDED}; it may have been {_said(open)} by {open.by} before that: the key had no effect at first"


def _said(open: Approval) -> str:
    return "approved" if open.answer == "approve" else "denied"
