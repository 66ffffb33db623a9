"""Stamps."""

import re
import subprocess

import pytest

from peerd import rfc3339
from peerd.edges import clock
from peerd.edges.process import identify


@pytest.mark.parametrize(
    ("wall", "text"),
    [
        (0.0, "1970-01-01T00:00:00.000Z"),
        (1767323045.678, "2026-01-02T03:04:05.678Z"),
        (1767323045.9999, "2026-01-02T03:04:06.000Z"),
        (-0.001, "1969-12-31T23:59:59.999Z"),
    ],
    ids=["epoch", "milliseconds", "rounded into the next second", "before the epoch"],
)
def test_a_stamp_is_utc_with_milliseconds(wall: float, text: str) -> None:
    assert rfc3339.stamp(wall) == text


def test_the_present_moment_is_stamped_in_the_same_form() -> None:
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", clock.stamp())
    assert clock.now() <= clock.now()


def test_a_tick_is_what_the_kernel_dates_a_process_by() -> None:
    before = clock.ticks()
    with subprocess.Popen(["true"]) as child:
        started = identify(child.pid)

    assert started is not None
    assert before <= started.start <= clock.ticks()
