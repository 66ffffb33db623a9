"""What a runtime said while no daemon ran is told before any rule is applied."""

import asyncio
from types import SimpleNamespace
from typing import Any

from peerd.adapter import Place
from peerd.core.action import Action, RecordTurn
from peerd.daemon.ingest import take
from peerd.daemon.live import Live
from peerd.daemon.loop import Loop
from peerd.daemon.missing_runtime import Unknown
from peerd.model.fact import TurnBegan
from peerd.model.peer import Activity
from peerd.model.session import Host, Process, Session
from tests.build import ADA, M1, M2, S1, running, spec, waiting

NOWHERE = Host("/nowhere", "%0", Process(0, 0), Process(0, 0))


def live() -> Live:
    session = Session(
        id=S1, peer=ADA, runtime="actor", mode="fresh", cause="wake", boot_id="b", token_hash="t", started_at=0.0
    )
    return Live(session, NOWHERE, spec(), Unknown(), Place("/nowhere", "/nowhere", "/nowhere", "/nowhere"))


def test_a_turn_that_was_broken_off_while_no_daemon_ran_ends_and_nothing_is_given_yet():
    acted: list[Action] = []
    daemon: Any = SimpleNamespace(loop=Loop(acted.append, lambda *_: None, lambda *_: None))
    daemon.loop.add(running(activity=Activity.BUSY, turn=waiting(M1)[0], queue=waiting(M2)))
    session = live()
    session.turn = "t-1"

    asyncio.run(take(daemon, session, TurnBegan("t-2"), daemon.loop.recall))

    assert [type(each) for each in acted] == [RecordTurn]
    assert (daemon.loop.peers[ADA].turn, daemon.loop.peers[ADA].lease) == (None, None)
