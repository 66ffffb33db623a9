"""A daemon that can open no file more: what is asked of it is refused, to be tried again, and no fault of its own."""

import os
import resource
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_notify import Told, ask_operator

pytestmark = pytest.mark.tmux


@contextmanager
def one_descriptor_left(team: Team) -> Iterator[None]:
    """For who connects."""
    assert team.daemon is not None
    soft, hard = resource.prlimit(team.daemon.pid, resource.RLIMIT_NOFILE)
    used = settled(team.daemon.pid)
    lowest_free = next(fd for fd in range(len(used) + 1) if fd not in used)
    resource.prlimit(team.daemon.pid, resource.RLIMIT_NOFILE, (lowest_free + 1, hard))
    try:
        yield
    finally:
        resource.prlimit(team.daemon.pid, resource.RLIMIT_NOFILE, (soft, hard))


def settled(pid: int) -> set[int]:
    """Its descriptors, once the ones for callers before are closed."""
    looks: deque[set[int]] = deque(maxlen=5)

    def as_before() -> bool:
        looks.append({int(name) for name in os.listdir(f"/proc/{pid}/fd")})
        return len(looks) == looks.maxlen and all(each == looks[0] for each in looks)

    eventually(as_before)
    return looks[0]


def test_a_message_that_it_cannot_take_is_to_be_sent_again(up: Team):
    up.add("ada", "actor")
    again = ("send", "ada", "hello", "--id", "m-1", "--wait", "ended")

    with one_descriptor_left(up):
        refused = up.run(*again)

    assert (refused.code, "Too many open files. Nothing was done; try again." in refused.err) == (75, True)
    assert up.run(*again).code == 0
    assert up.call("message.show", id="m-1")["attempt"] == 1


def test_a_command_that_tells_you_is_run_once_there_is_one_again_and_tells_what_comes_after(team: Team):
    told = Told(team)
    team.start()
    team.add("sh", "shell")
    team.call("peer.wake", peer="sh")
    team.add("ada", "actor", "--permission-after-s", "2", "--busy-s", "30")
    team.send("ada", "work", wait="submitted")

    with one_descriptor_left(team):
        eventually(lambda: "ev=notice-raised notice=notify" in team.log(), within_s=15)
    ask_operator(team, "which?", "t1")

    eventually(lambda: "on t1" in str(told.runs) and "ada asks" in str(told.runs), within_s=30)
