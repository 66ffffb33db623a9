"""How a task ends whose turn we broke off, whatever its runtime tells."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from peerd.core.action import Action, RecordTurn
from peerd.core.state import Waiting
from peerd.daemon.ingest import take
from peerd.daemon.live import Live
from peerd.daemon.loop import Loop
from peerd.model.fact import TurnClosed, TurnEnded
from peerd.model.peer import Activity
from tests.build import M1, running
from tests.daemon.test_heard_on_boot import live

EARLIER, TURN = Waiting(M1, attempts=1), Waiting(M1, attempts=2)


def status_on_record(session: Live, fact: TurnEnded | TurnClosed) -> int | None:
    acted: list[Action] = []
    silent: Any = SimpleNamespace(write=lambda *_, **__: None)
    loop = Loop(acted.append, lambda *_: None, lambda *_: None)
    daemon: Any = SimpleNamespace(loop=loop, log=silent, failed_turns={})
    daemon.loop.add(running(activity=Activity.BUSY, turn=TURN))
    asyncio.run(take(daemon, session, fact, daemon.loop.feed))
    (status,) = [each.exit_status for each in acted if isinstance(each, RecordTurn)]
    return status


@pytest.mark.parametrize("told", [None, 0, 7])
@pytest.mark.parametrize("words", ["interrupted", ""])
def test_a_task_that_we_broke_off_ends_as_broken_off_whatever_its_runtime_tells(told: int | None, words: str):
    session = live()
    session.broken_off, session.broke_off = TURN, True

    for fact in (TurnEnded(M1, told, words), TurnClosed(words, told)):
        assert status_on_record(session, fact) == 130


def test_one_that_went_on_after_our_keys_ends_as_its_runtime_tells_and_else_as_broken_off():
    session = live()
    session.broken_off = TURN

    assert [status_on_record(session, TurnEnded(M1, told, "done")) for told in (0, 7, None)] == [0, 7, 130]


def test_another_attempt_than_the_one_that_was_broken_off_ends_as_its_runtime_tells():
    session = live()
    session.broken_off, session.broke_off = EARLIER, True

    assert status_on_record(session, TurnEnded(M1, None, "done")) is None
