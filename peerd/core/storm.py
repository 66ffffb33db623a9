"""Whether what two peers send each other is a storm: the same again and again, nothing but thanks, or always too much.

What an acknowledgement is can be told from its words alone: that a message is short, or answers, is true of work too.
So a message counts as empty if three quarters of its words are those of thanks and of waiting, or were said in the run
before it. Where one of the run answers what it was asked, only the former count: to ask the same of one file after the
other is work. Words of thanks are known in English alone; in other languages a loop shows once it repeats itself.
"""

import re
from collections.abc import Sequence
from itertools import pairwise

import msgspec

from peerd.model.peer import PeerName, Spec

SHORT_CHARS = 200
"""Longer ones say something."""
EMPTY_SHARE = 0.75
WORD = re.compile(r"\w+")
_WORDS = (
    "a acknowledge acknowledged acknowledging action actions additional again agreed all alright always am and any",
    "anything anytime appreciate appreciated are as at awaiting awesome be by bye cheers clear confirmed confirming",
    "copied copy do else end everything excellent fine for free from further get glad good goodbye got great happy",
    "have hello help here hi holding i if instructions is it just know let likewise ll m me message messages more",
    "much my need needed nice no noted nothing ok okay on our part perfect please pleasure problem re ready",
    "received reply required response roger s side signing so sounds stand standby standing stay still sure task",
    "tasks thank thanks that the then there this time to too understood until ve very wait waiting we welcome well",
    "when will with work you your",
)
OF_THANKS = frozenset(word for line in _WORDS for word in line.split())
"""Of thanks and of waiting, and what stands between such words."""


class Figures(msgspec.Struct, frozen=True):
    """When two are paused. A count of 0: never for that."""

    repeats: int
    acks: int
    overruns: int
    watch_s: float


def figures(spec: Spec) -> Figures:
    return Figures(spec.pair_repeats, spec.pair_acks, spec.pair_overruns, spec.pair_watch_s)


class Passed(msgspec.Struct, frozen=True):
    """A message between the two. `text` None: it is long, or goes with files or under a key; `answers`: what the other
    had asked."""

    sender: PeerName
    text: str | None
    answers: bool = False


def repeated(before: int, of: Figures) -> str | None:
    """Why the two are to be paused for one more message that says what `before` others said that are not over."""
    if not of.repeats or before + 1 < of.repeats:
        return None
    return f"the same message {of.repeats} times within {of.watch_s:g} s"


def acknowledged(exchanged: Sequence[Passed], of: Figures) -> str | None:
    """Why the two are to be paused, for the latest that went between them: `exchanged`, the newest first, with some
    before that run."""
    latest = exchanged[: of.acks]
    if not of.acks or len(latest) < of.acks or any(a.sender == b.sender for a, b in pairwise(latest)):
        return None
    if not all(_are_empty(exchanged, of.acks)):
        return None
    return f"{of.acks} messages in turn, within {of.watch_s:g} s, that say nothing but thanks"


def _are_empty(exchanged: Sequence[Passed], run: int) -> list[bool]:
    """Of each of the run, the oldest first."""
    words = [WORD.findall((each.text or "").casefold()) for each in reversed(exchanged)]
    some_answer = any(each.answers for each in exchanged[:run])
    first = len(exchanged) - run
    said = [set() if some_answer else set[str]().union(*words[:n]) for n in range(first, len(exchanged))]
    short = [each.text is not None for each in reversed(exchanged[:run])]
    return [
        is_short and _is_empty(each, known) for is_short, each, known in zip(short, words[first:], said, strict=True)
    ]


def _is_empty(words: Sequence[str], said: set[str]) -> bool:
    """One without any word says nothing either."""
    known = sum(each in OF_THANKS or each in said for each in {*words})
    return known >= EMPTY_SHARE * len({*words})


def overrun(windows: int, of: Figures) -> str | None:
    """Why the two are to be paused, of which one was refused more in so many windows of its budget on end."""
    if not of.overruns or windows < of.overruns:
        return None
    return f"more than may be sent in {of.overruns} windows on end"
