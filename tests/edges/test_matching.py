"""A pattern of `re` is matched within a limit of time, and what ends a match ends nothing else."""

import os
import re
import signal
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peerd.edges.matching import WITHIN_S, is_whole

PATTERNS = st.lists(st.sampled_from([*"ab{}[]()|*+?.,-^$1i", r"\w", r"\s", "(?i)", "(?:"]), max_size=8).map("".join)
TEXTS = st.text("ab{}1i‿½ſ\u0301\x1c\n", max_size=6)


@pytest.mark.filterwarnings("ignore::FutureWarning")
@given(PATTERNS, TEXTS)
def test_a_pattern_means_what_python_makes_of_it(pattern: str, text: str):
    try:
        meant = re.fullmatch(pattern, text, re.DOTALL) is not None
    except re.error:
        return
    assert is_whole(pattern, text) == meant


@pytest.mark.timeout(10)
@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("(a|a)+c", "a" * 60 + "b"),
        (r"([\w./:?=-]+ ?)+", "curl -o y https://example.org/?q=1#z" * 2),
        (".*.*.*.*x", "a" * 65_536),
        ("(?:.*?a)*?x", "a" * 65_536),
        (r"((a*)\2?)*x", "a" * 65_536),
        ("(?=(.*a)*x).*", "a" * 65_536),
    ],
)
def test_one_that_takes_for_ever_is_ended(pattern: str, text: str):
    with pytest.raises(TimeoutError):
        is_whole(pattern, text)
    assert is_whole(pattern, "") is (re.fullmatch(pattern, "") is not None), "the next one has its own time"


def test_what_comes_after_a_match_is_not_ended():
    is_whole("a", "a")
    with pytest.raises(TimeoutError):
        is_whole("(a|a)+c", "a" * 60)
    begun = time.process_time()

    os.kill(os.getpid(), signal.SIGPROF)  # as one that comes late
    while time.process_time() - begun < 3 * WITHIN_S:
        pass

    assert signal.getitimer(signal.ITIMER_PROF) == (0.0, 0.0)
