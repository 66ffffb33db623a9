"""What stands in the input line still was not taken: of all of it that is on record, also where the hands are stopped
in the middle of it."""

import asyncio
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from msgspec.structs import replace

from peerd.core.state import Waiting
from peerd.core.tally import Tally
from peerd.daemon.deliver import TAKEN_BACK, take_back
from peerd.daemon.loop import Loop
from peerd.model.message import Delivery, Task
from peerd.model.peer import Activity
from peerd.store.store import Store
from peerd.store.write import InsertMessage
from tests.build import ADA, M1, M2, message, running
from tests.daemon.test_heard_on_boot import live
from tests.store.records import delivery, history, in_store


def test_what_a_hand_that_is_stopped_took_back_is_known_to_be_taken_back_and_nothing_else(tmp_path: Path):
    typed = tuple(Waiting(id, attempts=1, tally=Tally(in_vain=1, unknown=1)) for id in (M1, M2))

    async def story(store: Store) -> tuple[tuple[Waiting, ...], list[str]]:
        daemon: Any = SimpleNamespace(store=store, loop=Loop(lambda _: None, lambda *_: None, lambda *_: None))
        daemon.loop.add(running(activity=Activity.BUSY, queue=typed))
        for id in (M1, M2):
            await store.commit(InsertMessage(message(id=id), Task.OPEN), delivery(Delivery.HANDED_OVER, id))
        session = live()
        session.unproved, session.typed_of = {(M1, 1), (M2, 1)}, (M2, 1)
        taking = asyncio.create_task(take_back(daemon, session))
        await asyncio.sleep(0)
        taking.cancel()
        with suppress(asyncio.CancelledError):
            await taking
        await store.commit()
        return daemon.loop.peers[ADA].queue, [history(store.reader, id)[-1].evidence for id in (M1, M2)]

    queue, told = in_store(tmp_path, story)

    assert queue == (typed[0], replace(typed[1], tally=Tally(in_vain=1)))
    assert told == ["seen handed_over", TAKEN_BACK]
