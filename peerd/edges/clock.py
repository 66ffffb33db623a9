"""The only importer of `time`. Monotonic seconds for deadlines, Unix seconds for stamps people read; never mixed."""

import asyncio
import os
import time

from peerd import rfc3339


def now() -> float:
    """Monotonic seconds: for deadlines and durations. Says nothing about the date."""
    return time.monotonic()


def wall() -> float:
    """Unix seconds: for stamps only, since the clock may be set while we run."""
    return time.time()


def second() -> int:
    """The whole Unix second that it is, as another program of this machine tells it at this moment."""
    return int(time.time())


def ticks() -> int:
    """Of the kernel's, since the machine started: what it dates the start of a process by. macOS: the wall clock's."""
    return int(time.clock_gettime(time.CLOCK_BOOTTIME) * os.sysconf("SC_CLK_TCK"))


def slept() -> float:
    """For how many seconds the machine has slept so far, while `now` stood still; 0 where the kernel does not tell."""
    with_sleep: int | None = getattr(time, "CLOCK_BOOTTIME", None)
    return 0.0 if with_sleep is None else time.clock_gettime(with_sleep) - time.monotonic()


def now_with_sleep() -> float:
    """As `now`, and the sleep of the machine counts: for what is due at a time of the day, whatever clock is set."""
    return now() + slept()


async def pause(seconds: float) -> None:
    """Let others run for a while."""
    await asyncio.sleep(seconds)


def minute_of_day() -> int:
    """Of the local time: for quiet hours."""
    at = time.localtime()
    return at.tm_hour * 60 + at.tm_min


def stamp() -> str:
    """The present moment as the logs write it."""
    return rfc3339.stamp(wall())


def monotonic_of(wall_at: float | None) -> float | None:
    """A moment of the wall clock on the monotonic one, as the two stand now."""
    return None if wall_at is None else now() + wall_at - wall()
