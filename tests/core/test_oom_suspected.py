"""When an end is told as the kernel's, short of memory."""

import pytest

from peerd.core.oom import looks_killed, suspicion
from peerd.model.session import OomKills


@pytest.mark.parametrize(
    ("code", "signal", "killed"),
    [
        pytest.param(None, 9, True, id="SIGKILL"),
        pytest.param(137, None, True, id="a shell whose child got SIGKILL"),
        pytest.param(None, 15, False, id="SIGTERM"),
        pytest.param(143, None, False, id="a shell whose child got SIGTERM"),
        pytest.param(1, None, False, id="an exit"),
        pytest.param(None, None, False, id="nobody knows"),
    ],
)
def test_a_session_looks_killed_by_sigkill_alone(code: int | None, signal: int | None, killed: bool):
    assert looks_killed(code, signal) is killed


@pytest.mark.parametrize(
    ("begun", "now", "said"),
    [
        pytest.param(OomKills(3), OomKills(4), "a process on this machine", id="the machine's rose"),
        pytest.param(OomKills(3), OomKills(5), "2 processes on this machine", id="by two"),
        pytest.param(OomKills(3), OomKills(3), "", id="it did not"),
        pytest.param(OomKills(3, 0), OomKills(4, 1), "a process in its control group", id="the group's rose"),
        pytest.param(OomKills(3, 0), OomKills(4, 0), "", id="only strangers were killed"),
        pytest.param(OomKills(3, 0), OomKills(4), "a process on this machine", id="the group is gone"),
        pytest.param(OomKills(), OomKills(4, 1), "", id="not known how many before"),
        pytest.param(OomKills(3), OomKills(), "", id="not known how many now"),
    ],
)
def test_a_peer_is_suspected_oom_when_the_narrowest_count_rose(begun: OomKills, now: OomKills, said: str):
    suspected = suspicion(begun, now)

    assert said in suspected
    assert suspected.startswith("oom suspected: ") is bool(said)
