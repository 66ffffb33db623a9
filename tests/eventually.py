"""Waiting for something to become true. The only place in the tests that sleeps."""

import time
from collections.abc import Callable
from typing import TypeVar

import pytest

T = TypeVar("T")


def eventually(probe: Callable[[], T], *, within_s: float = 5.0, every_s: float = 0.02) -> T:
    """Poll until `probe()` is truthy and return it; say what was seen last if never."""
    give_up = time.monotonic() + within_s
    while not (seen := probe()):
        if time.monotonic() > give_up:
            pytest.fail(f"not within {within_s}s; last saw {seen!r}")
        time.sleep(every_s)
    return seen
