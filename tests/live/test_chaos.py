"""Two hundred tasks through one ephemeral peer, while its runtime, its tmux server and the daemon are killed."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

import pytest

from peerd.errors import PeerdError
from peerd.model.envelope import parse
from peerd.model.message import Delivery, MessageId, Receipt, Task
from peerd.model.session import Session
from peerd.store.read import Reader
from tests.build import ADA
from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.killing import MOMENTS, Watch, alive, kill
from tests.live.test_payloads import submissions

T = TypeVar("T")

pytestmark = [pytest.mark.tmux, pytest.mark.timeout(240)]

TASKS = 200
SENT_AHEAD = 20
SEED = 4
KILLS = [(victim, moment) for victim, moments in MOMENTS.items() for moment in moments]
ENDS = {each.value for each in Task if each is not Task.OPEN}
QUICK: dict[str, Any] = {
    "wake_policy": "ephemeral",
    "ephemeral_quiet_s": 0.01,
    "backoff_base_s": 0.01,
    "backoff_cap_s": 0.01,
    "stop_grace_s": 0.2,
    "crash_max": 1000,  # most of what dies here dies of us
}


class Sender:
    """Sends one task after the other, a few ahead of what is over."""

    def __init__(self, team: Team) -> None:
        self._team = team
        self.ids = [f"t-{n:03}" for n in range(TASKS)]
        self.sent = 0

    def send(self) -> None:
        for id in self.ids:
            eventually(lambda: self.sent - self.over() < SENT_AHEAD, within_s=60, every_s=0.05)
            eventually(partial(self._accepted, id), within_s=20)
            self.sent += 1

    def over(self) -> int:
        """How many tasks have their end, give or take the one in hand and the one that is being sent."""
        return self.sent - read(self._team, Reader.queue_depths).get(ADA, 0)

    def is_at(self, over: int) -> bool:
        return self.over() >= over

    def _accepted(self, id: str) -> bool:
        """False where the daemon is down: the same id is sent again, and is one message."""
        try:
            self._team.send("ada", f"do {id}", id=id, wait="accepted")
        except PeerdError:
            return False
        return True


def read(team: Team, what: Callable[[Reader], T]) -> T:
    reader = team.store()
    try:
        return what(reader)
    finally:
        reader.close()


def receipts(team: Team, ids: list[str]) -> list[Receipt]:
    found = read(team, lambda reader: [reader.receipt(MessageId(id)) for id in ids])
    return [receipt for receipt in found if receipt is not None]


def strew(team: Team, sender: Sender) -> None:
    """Kill every part at every moment, in an order of chance's."""
    kills = random.Random(SEED).sample(KILLS, len(KILLS))
    for nth, (victim, moment) in enumerate(kills, 1):
        due = nth * TASKS // (len(kills) + 2)
        eventually(partial(sender.is_at, due), within_s=60)
        kill(team, victim, moment)


def delivered_once(receipt: Receipt) -> bool:
    """Taken, or dead. Where it was taken more than once, each was an attempt of its own, and the last one stands."""
    taken = [step.attempt for step in receipt.history if step.state == Delivery.SUBMITTED.value]
    dead = [step.state for step in receipt.history if step.state == Delivery.DEAD.value]
    once = len(set(taken)) == len(taken) and len(dead) <= 1
    return once and (taken[-1:] == [receipt.attempt] if receipt.state is Delivery.SUBMITTED else len(dead) == 1)


def ended_once(receipt: Receipt) -> bool:
    """Answered, or dead after three attempts. Where no daemon ran when its turn ended, that is heard before its answer
    comes; and no answer comes where its session is done with, or killed, before that."""
    ends = [step.state for step in receipt.history if step.state in ENDS]
    return (
        receipt.attempt >= 3 if ends == ["dead"] else ends in (["answered"], ["turn_ended"], ["turn_ended", "answered"])
    )


def first_taken(record: Path) -> list[str]:
    """What the runtimes took, in the order they first did. No attempt was taken twice."""
    taken = [(each.id, each.attempt) for text in submissions(record) if (each := parse(text)) is not None]
    assert len(set(taken)) == len(taken), "a second submission that did not say so"
    return list(dict.fromkeys(id for id, _ in taken))


def sessions(team: Team) -> list[Session]:
    """All of them, in the order begun."""
    ids = read(team, lambda reader: reader.ended_sessions(ADA))
    found = (read(team, partial(Reader.session, session=id)) for id in reversed(ids))
    return [session for session in found if session is not None]


def overlap(team: Team) -> bool:
    times = [(each.started_at, each.ended_at or float("inf")) for each in sessions(team)]
    return any(ended > begun for (_, ended), (begun, _) in pairwise(times))


def nothing_left(team: Team) -> bool:
    return not alive(Path(team.home.sessions)) and not list(Path(team.home.run, "tmux").iterdir())


def test_every_task_ends_once_in_the_order_sent_whatever_is_killed(team: Team):
    record = team.root / "record"
    team.declare("ada", "actor", "--busy-s", "0.03", "--record", str(record), **QUICK)
    team.start()
    sender = Sender(team)

    with Watch(team) as watch, ThreadPoolExecutor(1) as thread:
        sending = thread.submit(sender.send)
        strew(team, sender)
        sending.result()
        eventually(partial(sender.is_at, TASKS), within_s=60)
        eventually(lambda: all(each.task is not Task.OPEN for each in receipts(team, sender.ids)), within_s=60)
        eventually(lambda: nothing_left(team))

    ended = receipts(team, sender.ids)
    assert len(ended) == TASKS, "a task that is on no record"
    assert [each.message.id for each in ended if not delivered_once(each)] == []
    assert [each.message.id for each in ended if not ended_once(each)] == []
    unanswered = [each.message.id for each in ended if each.task is Task.TURN_ENDED]
    assert len(unanswered) <= len(MOMENTS["daemon"]), "answers lost without a daemon's death"
    assert first_taken(record) == sender.ids, "taken in another order than sent"
    begun: list[str] = [each.id for each in sessions(team)]
    own = [begun.index(each.session) for each in ended if each.session is not None]
    assert own == sorted(set(own)), "a session for two tasks, or tasks in another order"
    assert not overlap(team)
    assert watch.looks > TASKS
    assert watch.pairs == [], "two sessions at once"
