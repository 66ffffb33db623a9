"""What is known of the permissions that a session asks for."""

import asyncio
import json
from typing import Literal, NamedTuple

from peerd.adapter import Prompt
from peerd.daemon.approvals.matching import Asked, fit, is_another, same_request, shows, shows_request
from peerd.model.approval import Approval, ApprovalId, ApprovalState
from peerd.model.fact import Fact, PromptClosed, PromptOpened, Submitted, ToolRan, TurnBegan, TurnClosed, TurnEnded
from peerd.model.landing import squeezed

HEARD_MAX = 16
CUT_CHARS, TELLING_CHARS = 8, 64
DESCRIBED, DESCRIPTION = "Bash", "description"
TRIED_AGAIN_S = 60.0
TOLD_AGAIN_S = 3600.0
DECIDED_WITHIN_S = 5.0
"""Of what is new: as a rule 0.3 s. Longer only where its screen, or its journal, cannot be read."""


class Heard(NamedTuple):
    """`at`: what `settled` was by then; `ran`: once its very tool was told to have run; `over`: once something was told
    that may be its answer, or the end of its turn; `late`: nothing was, and none is seen for a while."""

    request: PromptOpened
    at: int
    ran: int | None = None
    over: bool = False
    late: bool = False

    @property
    def awaited(self) -> bool:
        return self.ran is None and not self.over


class Found(NamedTuple):
    """What was heard of a prompt. `known`: no other can be meant; `certain`: and it shows these very arguments. `alike`
    requests may be meant, besides such as are known to have run."""

    request: PromptOpened | None = None
    known: bool = False
    certain: bool = False
    alike: int = 0


class After(NamedTuple):
    """What was told after a key of ours: that it was `answered`, and whether `approved`, as its end or the tool that it
    was for told first; that the turn is `over`, or was broken off: what is told then is of another one."""

    answered: bool = False
    approved: bool | None = None
    over: bool = False

    def told(self, fact: Fact, open: Approval | None) -> "After":
        match fact:
            case _ if self.over:
                return self
            case PromptClosed(approved=approved):
                return self._replace(answered=True, approved=approved if self.approved is None else self.approved)
            case TurnBegan(ran=ToolRan() as ran):
                return self.told(PromptClosed(approved=True), open) if _for(ran, open) else self  # another tool's
            case TurnBegan() | Submitted() | TurnEnded() | TurnClosed():
                return self._replace(over=True)
            case _:
                return self


class Asks:
    """`heard`: by its hooks, and not answered as far as is known; `told` counts them. `settled` counts how often it was
    told that something was answered, or a turn was over; `since` is what it was when `open` was. Whoever presses a key
    has the `lock`; `after` is what was told since. `newer`: what else was asked for since `open` was; `several`: more
    than one for just that, of which nobody knows which it is.

    Each request that is heard is seen on the screen, and gone again. Where that does not come out even, `uneven`, one
    that was heard may be of another prompt than the one that is seen: nothing is certain until the turn is over."""

    def __init__(self) -> None:
        self.heard: tuple[Heard, ...] = ()
        self.told = self.settled = self.since = 0
        self.after = After()
        self.uneven = self.several = False
        self.newer: tuple[PromptOpened, ...] = ()
        self.open: Approval | None = None
        self.answered: Approval | None = None  # the last that a key of ours was pressed at, and what became of it
        self.pressed: Approval | None = None  # the daemon before may have pressed a key at it, not read as that ended
        self.stood = False  # one did when the last daemon ended
        self.known = False  # of `open`, as it is `Found`
        self.shown: Prompt | None = None  # `open`, as this daemon saw it first
        self.asked_at = 0.0  # when `open` was; this, and what else is a time here, counts the sleep of the machine
        self.tried: tuple[ApprovalId, float] | None = None  # by a rule, and when that is to be tried again
        self.by_rule: ApprovalId | None = None  # what one is about to answer, and nobody was asked before
        self.new_at = 0.0  # monotonic: when it was last heard or seen that another one may stand there
        self.watching: asyncio.Task[None] | None = None
        self.lock = asyncio.Lock()

    def recall(self, approval: Approval | None, now: float, wall: float, *, over: bool = False) -> None:
        """The one that stood when the last daemon ended, and may be `over`, as it was opened: what was said since is to
        be heard after this. What else had been heard by then is not known. Where a clock was set back meanwhile it is
        as old as a new one."""
        self.open, self.stood = None if over else approval, approval is not None
        self.known, self.uneven = False, True
        self.pressed = approval if approval is not None and approval.state is ApprovalState.ANSWERING else None
        self.asked_at = now if approval is None else now - max(0.0, wall - approval.opened_at)
        if approval is not None:
            self.several = approval.alike > 1
            request = PromptOpened("", approval.tool, approval.input, approval.cut)
            alike = max(approval.alike, approval.tool is not None)  # an older peerd counted none
            self.heard = (Heard(request, self.settled),) * min(alike, HEARD_MAX)

    def hear(self, fact: Fact) -> None:
        self.after = self.after.told(fact, self.open)
        match fact:
            case PromptOpened():
                self.told += 1
                self.newer = (*self.newer, fact)[-HEARD_MAX:]
                self.several = self.several or (self.settled == self.since and self._is_open_again(fact))
                self.heard = (*self.heard, Heard(fact, self.settled))[-HEARD_MAX:]
            case TurnBegan(ran=ran):
                self.settled += 1
                self._has_run(ran)
            case PromptClosed():
                self.settled += 1
                self._has_run(None)
            case Submitted() | TurnEnded() | TurnClosed():
                self.settled += 1
                self.heard, self.uneven = self._of_open()[:1], False
                self._has_run(None)
            case _:
                pass

    def _has_run(self, ran: ToolRan | None) -> None:
        """Of several of which it may be one of them. What does not tell of which may be of any."""
        if ran is None or ran.tool is None or ran.input is None:
            self.heard = tuple(each._replace(over=True) for each in self.heard)
        heard = enumerate(self.heard)
        at = next((n for n, each in heard if ran and each.ran is None and _for(ran, each.request)), None)
        if at is not None:
            self.heard = (*self.heard[:at], self.heard[at]._replace(ran=self.settled), *self.heard[at + 1 :])

    def broken_off(self) -> None:
        """By us, or as its screen shows: no hook of some runtimes tells of either."""
        self.after = self.after._replace(over=True)

    def _is_open_again(self, request: PromptOpened) -> bool:
        return self.open is not None and same_request(request, self.open)

    def _of_open(self) -> tuple[Heard, ...]:
        return () if self.open is None else tuple(each for each in self.heard if same_request(each.request, self.open))

    def found(self, prompt: Prompt) -> Found:
        """What was heard of this prompt. One that may be answered by now is not certain."""
        matching = [each for each in self.heard if shows_request(prompt, each.request)]
        if matching and all(same_request(each.request, matching[0].request) for each in matching):
            alone = sum(not each.late or each in matching for each in self.heard) == 1 and not self.uneven
            alike = max(1, sum(each.ran is None for each in matching))
            return Found(matching[0].request, True, alone and matching[0].at == self.settled, alike)
        may_be = self._may_be(prompt, self.settled)
        if len(may_be) != 1 or self.uneven:
            return Found(alike=len(may_be))
        request = may_be[0].request
        named = prompt.tool is not None and request.tool is not None
        return Found(request, named and len(self.heard) == 1, alike=1)

    def _may_be(self, prompt: Prompt, since: int) -> tuple[Heard, ...]:
        """Of what is not known to have run by `since`."""
        heard = [each for each in self.heard if each.ran is None or each.ran > since]
        heard = [each for each in heard if not is_another(prompt, each.request)]
        fits = [fit(prompt, each.request) for each in heard]
        return tuple(each for each, its in zip(heard, fits, strict=True) if not any(map(its.is_not_it, fits)))

    @property
    def not_open(self) -> tuple[PromptOpened, ...]:
        """What is asked for, and is plainly not what `open` shows."""
        if self.shown is None:
            return ()
        may_be = self._may_be(self.shown, self.since)
        return tuple(each.request for each in self.heard if each.ran is None and each not in may_be)

    def opened(self, approval: Approval, *, known: bool, now: float, shown: Prompt | None = None) -> None:
        self.open, self.known, self.since, self.asked_at = approval, known, self.settled, now
        self.shown = shown
        self.newer, self.several = (), approval.alike > 1

    def late(self, now: float, expires_s: float) -> int:
        """How often it is to be told by now that nobody answered in time: at once, and every hour."""
        late_s = now - self.asked_at - expires_s
        return 0 if late_s < 0 else 1 + int(late_s // TOLD_AGAIN_S)

    def due(self, open: Approval, now: float) -> Literal["first", "again"] | None:
        """Whether a rule is asked of the one that stands: once, and again and again once nobody answered in time."""
        tried, again_at = self.tried or (None, now)
        first = tried != open.id
        if not first and not (open.expired and now >= again_at):
            return None
        self.tried = open.id, now + TRIED_AGAIN_S if open.expired else now
        return "first" if first else "again"

    def undecided(self, now: float) -> bool:
        """Whether what stands there may still come to nothing that a person must answer, or is to be told as something
        else: it is only just looked at, or a rule answers it."""
        if self.open is not None and self.by_rule == self.open.id:
            return True
        if self.open is not None and self.tried is not None and self.tried[0] == self.open.id:
            return False
        return self.watching is not None and not self.watching.done() and now < self.new_at + DECIDED_WITHIN_S

    def closed(self, approval: Approval, *, seen: bool = True) -> None:
        """It is over, and what was heard of it with it. Where that is told, and not `seen`, nobody knows which."""
        at = next((n for n, each in enumerate(self.heard) if same_request(each.request, approval)), None)
        if at is not None and seen:
            self.heard = (*self.heard[:at], *self.heard[at + 1 :])
        self.uneven = self.uneven or at is None or not (self.known and seen)
        self.open = self.pressed = None

    @property
    def awaits(self) -> bool:
        """Whether one was heard of that is not known to be over: what else was answered beside it tells nothing."""
        return any(each.awaited for each in self.heard)

    def none_yet(self) -> None:
        """For a while: what was answered meanwhile is over, and what comes late is not meant by what others ask."""
        heard = (each for each in self.heard if each.awaited)
        self.heard = tuple(each._replace(late=each.at != self.settled) for each in heard)

    def none_seen(self) -> None:
        """For a while, and none is looked for: what may yet come is in doubt."""
        self.none_yet()
        self.uneven = self.uneven or bool(self.heard)

    def _waited_for(self, approval: Approval, prompt: Prompt) -> PromptOpened | None:
        """What was heard only now of one that was drawn before its hook told of it. Where two may be that, or anything
        was told to be answered meanwhile, nobody knows."""
        if approval.tool is not None or approval.alike or self.settled != self.since or not self.newer:
            return None
        found = self.found(prompt)
        request = found.request or self.newer[0]
        return None if found.alike > 1 or fit(prompt, request).names is False else request

    def told_late(self, approval: Approval, prompt: Prompt) -> Found | None:
        """As it was `opened`, with what is known of it by now."""
        if self._waited_for(approval, prompt) is None:
            return None
        found = self.found(prompt)
        return found if found.request is not None else None

    def learned(self, approval: Approval, *, known: bool) -> None:
        """The one that stands, of which its hook told only now."""
        self.open, self.known, self.newer = approval, known, ()

    def followed(self, approval: Approval, prompt: Prompt) -> bool:
        """Whether another one that looks the same may stand there by now: one that asks for something else was heard,
        for no hook tells of a refusal; or the same once more, and since it was opened something was told to be
        answered. Of one that is not seen whole any that was heard since may be that, if it fits as well."""
        heard = [each for each in self.heard if each.ran is None or each.ran > self.since]
        late = self._waited_for(approval, prompt)
        one: Asked = approval if late is None else late
        if shows(prompt, one.tool, one.input):
            may_be = [each for each in heard if shows_request(prompt, each.request)]
            if not all(same_request(each.request, one) for each in may_be):
                return True
        else:
            its = fit(prompt, one)
            if not all(each is late or fit(prompt, each).is_not_it(its) for each in self.newer):
                return True
            may_be = [each for each in heard if not fit(prompt, each.request).is_not_it(its)]
        return self.settled > self.since and (len(may_be) > 1 or any(each.at > self.since for each in may_be))


def _for(ran: ToolRan, open: Asked | None) -> bool:
    """Whether this is what was asked for: tools run beside each other. Of arguments that were cut the beginning is
    compared, but for its last few characters, where one may have been cut off; one that tells little shows nothing."""
    if open is None or ran.input is None or open.input is None or ran.tool != open.tool:
        return False
    if not ran.cut and not open.cut:
        return _agree(ran.input, open.input, ran.tool)
    ours, its = squeezed(open.input), squeezed(ran.input)
    cut, whole = (its, ours) if ran.cut else (ours, its)
    return len(cut) >= TELLING_CHARS and whole.startswith(cut[:-CUT_CHARS])


def _agree(one: str, other: str, tool: str | None) -> bool:
    """Of a command but for what says in words what it is for: a Codex 0.169.0 asks with a description, and runs it
    without. Of what else is told that may be all that differs."""
    try:
        these, those = json.loads(one), json.loads(other)
    except (ValueError, RecursionError):
        return False
    if not isinstance(these, dict) or not isinstance(those, dict):
        return False
    aside = {DESCRIPTION: None} if tool == DESCRIBED else {}
    return {**these, **aside} == {**those, **aside}
