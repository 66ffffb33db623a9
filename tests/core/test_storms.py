"""Which exchanges of two peers are a storm, and which are work however short."""

from itertools import cycle

import pytest

from peerd.core.storm import Figures, Passed, acknowledged, overrun, repeated
from peerd.model.peer import PeerName

ADA, BOB = PeerName("ada"), PeerName("bob")
FIGURES = Figures(repeats=3, acks=8, overruns=3, watch_s=600.0)

THANKS = [
    "Thanks, that's everything I needed. I'll take it from here.",
    "You're welcome! Let me know if anything else comes up.",
    "Will do, thanks again!",
    "Anytime. Standing by.",
    "Acknowledged, standing by as well.",
    "Great. No further action needed on my side.",
    "Confirmed, no action needed here either.",
    "Understood. Standing by.",
]
IN_GERMAN = ["Danke, verstanden. Ich warte auf dich.", "Verstanden, ich warte auf dich."] * 8
CHESS = ["e4", "e5", "Nf3", "Nc6", "Bb5", "a6", "Ba4", "Nf6", "O-O", "Be7"]
FINDINGS = [
    "the parser drops the last byte of a frame",
    "only with CRLF?",
    "yes, LF is fine",
    "then it is split() in framing.py",
    "line 40, it strips before it counts",
    "fixed, see 3f2a",
    "tests pass on 3.11",
    "and on 3.12; merged",
]
ONE_AFTER_THE_OTHER = [
    "run the tests of a",
    "passed",
    "run the tests of b",
    "passed",
    "run the tests of c",
    "passed",
] * 2


def between(texts: list[str], answers: bool = False) -> list[Passed]:
    """In turn, the newest first; with `answers` every second one is."""
    said = [Passed(who, text) for who, text in zip(cycle((ADA, BOB)), texts, strict=False)]
    told = [Passed(each.sender, each.text, answers and each.sender == BOB) for each in said]
    return told[::-1]


@pytest.mark.parametrize(
    "exchanged",
    [
        pytest.param(between(THANKS), id="thanks"),
        pytest.param(between(THANKS, answers=True), id="thanks, and answers to them"),
        pytest.param(between(["."] * 8), id="not a word"),
        pytest.param(between(IN_GERMAN), id="the same words again, in another language"),
        pytest.param(between([*FINDINGS, *THANKS]), id="after work"),
    ],
)
def test_two_that_say_nothing_but_thanks_are_told_as_that(exchanged: list[Passed]):
    told = acknowledged(exchanged, FIGURES)

    assert told == "8 messages in turn, within 600 s, that say nothing but thanks"


@pytest.mark.parametrize(
    "exchanged",
    [
        pytest.param(between(THANKS[:7]), id="not so many"),
        pytest.param(between(CHESS), id="short and new"),
        pytest.param(between(FINDINGS), id="short and of something"),
        pytest.param(between(ONE_AFTER_THE_OTHER, answers=True), id="one task after the other"),
        pytest.param(between([*THANKS, "by the way: the build of main is red since noon"]), id="work again"),
        pytest.param([Passed(ADA, each) for each in THANKS], id="one speaks alone"),
        pytest.param([*between(THANKS)[:4], Passed(ADA, None), *between(THANKS)[:4]], id="a long one among them"),
    ],
)
def test_two_that_work_are_no_storm_however_short_they_are(exchanged: list[Passed]):
    assert acknowledged(exchanged, FIGURES) is None


@pytest.mark.parametrize(("before", "trips"), [(0, False), (1, False), (2, True), (9, True)])
def test_what_is_said_a_third_time_is_one(before: int, trips: bool):
    assert (repeated(before, FIGURES) is not None) is trips


@pytest.mark.parametrize(("windows", "trips"), [(2, False), (3, True)])
def test_so_is_a_budget_that_was_too_small_in_three_windows_on_end(windows: int, trips: bool):
    assert (overrun(windows, FIGURES) is not None) is trips


def test_a_figure_of_0_is_never():
    never = Figures(repeats=0, acks=0, overruns=0, watch_s=600.0)

    assert (repeated(99, never), acknowledged(between(THANKS), never), overrun(99, never)) == (None, None, None)
