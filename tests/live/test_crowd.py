"""Five peers that send to each other while everything around them is killed: what the daemon says of each message is
what the runtimes wrote down themselves. `contrib/chaos.py` has more of both."""

import shutil
from pathlib import Path

import pytest
from msgspec.structs import replace

from peerd.model.message import Delivery, Task
from tests.live.conftest import Team
from tests.live.crowd import TIRELESS, Crowd, Plan
from tests.live.judged import given_up, judge, on_record, unanswered

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
    crowd.asked[:] = [each._replace(sender=each.target) for each in crowd.asked]
    assert "of p-00 as one of actor-p-01 (agent)" in faults_of(*as_it_was)


def test_an_answer_that_was_lost_and_a_message_that_was_given_up_are_seen(team: Team):
    crowd = Crowd(team, Plan(messages=20, peers=2, kills=0, seed=5))
    crowd.live()
    receipts = on_record(crowd)
    asked = crowd.asked[0].id

    kept = [each for each in receipts if each.message.reply_to != asked]
    assert list(unanswered(crowd, receipts)) == []
    assert list(unanswered(crowd, kept)) == [f"{asked} has no answer on record, its task is {Task.ANSWERED}"]
    untried = replace(receipts[0], state=Delivery.DEAD, attempt=1)
    assert list(given_up(receipts)) == []
    assert "was given up at attempt 1" in "".join(given_up([untried]))
    assert list(given_up([replace(untried, attempt=TIRELESS["task_attempts"])])) == []
