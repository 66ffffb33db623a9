"""What a daemon that ends still puts on record."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

from peerd.core.action import NoteCrashLoop, NoteProbe, Spawn
from peerd.daemon.acts import Acts
from peerd.daemon.context import Daemon
from peerd.store.write import SetCrashLoop
from tests.build import ADA


def test_a_try_that_is_not_begun_any_more_is_not_put_on_record_and_a_death_is():
    put: list[Any] = []
    told = SimpleNamespace(write=lambda *_, **__: None)
    ending = SimpleNamespace(stopping=asyncio.Event(), log=told, record=put.append)
    ending.stopping.set()
    acts = Acts(cast(Daemon, ending))

    for action in (NoteProbe(ADA, 1), Spawn(ADA, "fresh", "probe", "not parked")):
        acts.act(action)
    assert put == []

    acts.act(NoteCrashLoop(ADA, 3, 300.0, 60.0))
    assert [type(each) for each in put] == [SetCrashLoop]
