"""What a message has behind it, as the steps on record tell."""

from typing import Final

import msgspec
from msgspec.structs import replace

from peerd.core.tally import Tally
from peerd.model.attempt import MAY_HAVE_BEEN_TAKEN, AttemptEnd
from peerd.model.message import Delivery, Step

TYPED: Final = frozenset({Delivery.LEASED.value, Delivery.HANDED_OVER.value})
UNDER_WAY: Final = TYPED | {Delivery.ACCEPTED.value, Delivery.SUBMITTED.value}


class Attempt(msgspec.Struct, frozen=True):
    """`session` is the one it was made at; None where an older peerd did not keep that."""

    number: int
    session: str | None


class Behind(msgspec.Struct, frozen=True):
    """`unproved` are attempts that may have been taken: nothing tells, whoever had it handed out anew since. The one
    that is `under_way` may come to anything still."""

    tally: Tally = Tally()
    unproved: tuple[Attempt, ...] = ()
    under_way: Attempt | None = None
    forgiven: int = 0  # attempts before it was last handed out anew

    def unproved_in(self, session: str) -> tuple[int, ...]:
        return tuple(each.number for each in self.unproved if each.session == session)

    def may_be_taken_in(self, session: str) -> bool:
        """By an attempt at it since it was last handed out anew."""
        return bool(self.doubted_in(session))

    def doubted_in(self, session: str) -> frozenset[int]:
        """The attempts at it since it was last handed out anew that may have been taken."""
        return frozenset(number for number in self.unproved_in(session) if number > self.forgiven)


def behind(history: tuple[Step, ...]) -> Behind:
    """An attempt of which no step tells what became of it counts as one that nobody watched."""
    known = Behind()
    for before, step in zip((None, *history), history, strict=False):
        known = _after(known, before, step)
    return known


def all_told(known: Behind) -> Behind:
    """With the attempt that is under way as one that may have been taken."""
    return known if known.under_way is None else _ended(known, AttemptEnd.UNWATCHED, known.under_way)


def _after(known: Behind, before: Step | None, step: Step) -> Behind:
    made = Attempt(step.attempt, step.session)
    if step.state in TYPED:
        same = known.under_way is not None and known.under_way.number == step.attempt
        return known if same else replace(all_told(known), under_way=made)
    if step.state == Delivery.SUBMITTED.value:
        return Behind(replace(known.tally, unknown=0), forgiven=known.forgiven)
    if step.outcome is not None:
        under_way = known.under_way
        return _ended(known, step.outcome, under_way if under_way and under_way.number == step.attempt else made)
    if step.state == Delivery.ACCEPTED.value:
        anew = before is not None and before.state not in UNDER_WAY
        told = all_told(known) if anew else replace(known, under_way=None)
        return Behind(unproved=told.unproved, forgiven=step.attempt) if anew else told
    return known


def _ended(known: Behind, outcome: AttemptEnd, attempt: Attempt) -> Behind:
    if outcome is AttemptEnd.TAKEN_BACK:
        return _taken_back(known, attempt)
    unproved = (*known.unproved, attempt) if outcome in MAY_HAVE_BEEN_TAKEN else known.unproved
    return replace(known, tally=known.tally.after(outcome), unproved=unproved, under_way=None)


def _taken_back(known: Behind, attempt: Attempt) -> Behind:
    """One that had not been counted yet needs no taking back."""
    unproved = tuple(each for each in known.unproved if each.number != attempt.number)
    tally = known.tally if unproved == known.unproved else known.tally.after(AttemptEnd.TAKEN_BACK)
    return replace(known, tally=tally, unproved=unproved, under_way=None)


def handed_over(history: tuple[Step, ...], session: str) -> frozenset[int]:
    """Attempts that stood in the input line of this session, after it was last handed out anew."""
    ended = max((at for at, step in enumerate(history, 1) if step.state not in UNDER_WAY), default=0)
    seen = (step for step in history[ended:] if step.state == Delivery.HANDED_OVER.value)
    return frozenset(step.attempt for step in seen if step.session == session)
