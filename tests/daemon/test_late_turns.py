"""What a session tells late of a turn that is over, as another message's turn is open that its record told of."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from peerd.core.action import Action, RecordTurn
from peerd.core.event import TurnEnded
from peerd.core.state import Waiting
from peerd.daemon.ingest import take
from peerd.daemon.loop import Loop
from peerd.model.fact import Fact, Submitted, TurnBegan, TurnClosed
from peerd.model.message import MessageId
from peerd.model.peer import Activity
from tests.build import ADA, M1, M2, S1, running
from tests.daemon.test_heard_on_boot import live

FIRST, SECOND = Submitted(M1, 1, "t-1"), Submitted(M2, 1, "t-2")


class Session:
    """ada, who is given two messages, and is told of as she tells."""

    def __init__(self) -> None:
        self.acted: list[Action] = []
        self.live = live()
        self.daemon: Any = SimpleNamespace(
            loop=Loop(self.acted.append, lambda *_: None, lambda *_: None),
            failed_turns={},
            log=SimpleNamespace(write=lambda *_, **__: None),
            task=lambda coroutine, _: coroutine.close(),
        )
        self.daemon.loop.add(running(activity=Activity.IDLE, queue=(Waiting(M1, attempts=1), Waiting(M2, attempts=1))))

    def tells(self, *facts: Fact) -> None:
        for fact in facts:
            asyncio.run(take(self.daemon, self.live, fact, self.daemon.loop.recall))

    @property
    def open(self) -> MessageId | None:
        turn = self.daemon.loop.peers[ADA].turn
        return turn.id if turn else None

    def words_of(self, message: MessageId) -> list[tuple[str | None, int | None]]:
        ends = (each for each in self.acted if isinstance(each, RecordTurn) and each.message == message)
        return [(each.last_words, each.exit_status) for each in ends]


@pytest.mark.parametrize("late", [(), (Submitted(M1, 1, "t-1", entered=True),)], ids=["its end", "all of it"])
def test_the_late_end_of_the_turn_before_ends_no_later_message(late: tuple[Fact, ...]):
    ada = Session()
    ada.tells(FIRST, SECOND, *late)

    ada.tells(TurnClosed("of the first", None, "t-1"))

    assert (ada.open, ada.words_of(M2)) == (M2, [])
    ada.tells(Submitted(M2, 1, "t-2", entered=True), TurnClosed("of the second", None, "t-2"))
    assert (ada.open, ada.words_of(M2)) == (None, [("of the second", None)])


def test_a_persons_prompt_that_is_told_once_more_ends_no_later_message():
    ada = Session()
    ada.tells(TurnBegan("t-0"), FIRST, TurnBegan("t-0"), TurnClosed("of the person", None, "t-0"))

    assert (ada.open, ada.words_of(M1)) == (M1, [])


def test_the_end_of_a_turn_that_nobody_told_of_ends_the_message_without_words():
    ada = Session()
    ada.tells(FIRST, TurnClosed("of another", None, "t-5"))

    assert (ada.open, ada.words_of(M1)) == (None, [(None, 130)])


def test_a_message_that_its_record_told_of_is_not_taken_for_one_entered_in_its_own_turn_when_it_is_told_late():
    ada = Session()
    ada.tells(FIRST)
    ada.daemon.loop.recall(TurnEnded(ADA, S1, M1))  # at rest, by her screen

    ada.tells(Submitted(M1, 1, "t-1", entered=True))

    assert (dict(ada.live.entered_in), ada.live.in_others) == ({}, set())
