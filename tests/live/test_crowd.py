"""Five peers that send to each other while everything around them is killed: what the daemon says of each message is
what the runtimes wrote down themselves. `contrib/chaos.py` has more of both."""

import shutil
from pathlib import Path

import pytest

from tests.live.conftest import Team
from tests.live.crowd import Crowd, Plan
from tests.live.judged import judge

pytestmark = [pytest.mark.tmux, pytest.mark.timeout(240)]


def test_what_peers_send_each_other_is_taken_once_in_order_and_told_truly_whatever_is_killed(team: Team):
    crowd = Crowd(team, Plan(messages=300, peers=5, kills=12, seed=3))

    crowd.live()

    verdict = judge(crowd)
    assert verdict.faults == []
    assert verdict.states == {"submitted": verdict.messages}
    assert verdict.messages > 280
    assert sum(crowd.killed.values()) == 12


def test_what_is_told_wrongly_is_seen(team: Team):
    """The judge of the above, of records that were tampered with."""
    crowd = Crowd(team, Plan(messages=40, peers=2, kills=0, seed=4))
    crowd.live()
    assert judge(crowd).faults == []
    took = Path(f"{crowd.record('p-00')}.jsonl")
    as_it_was = took.read_text().splitlines(keepends=True)

    def faults_of(*lines: str) -> str:
        took.write_text("".join(lines))
        return "\n".join(judge(crowd).faults)

    first, second, *rest = as_it_was
    assert "is called submitted at attempt 1, and p-00 took no such" in faults_of(second, *rest)
    assert "before" in faults_of(*rest, first, second)
    assert "twice as attempt 1" in faults_of(first, first, second, *rest)
    shutil.copy(f"{crowd.record('p-01')}.d/1", f"{crowd.record('p-00')}.d/1")
    assert "took what nobody sent it" in faults_of(*as_it_was)
    crowd.asked.append(crowd.asked[0]._replace(id="c-gone"))
    assert "c-gone was accepted and is on no record" in faults_of(*as_it_was)
