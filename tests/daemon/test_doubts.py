"""What a session for one task may have taken is known to the next daemon, whatever became of the message since."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from peerd.core.state import Waiting
from peerd.daemon.restore import doubts
from peerd.model.attempt import AttemptEnd
from peerd.model.message import Delivery, Task
from peerd.store.store import Store
from peerd.store.write import InsertMessage, InsertSession, Revive, Write
from tests.build import M1, S1, message
from tests.store.records import WALL, delivery, in_store, session

TYPED = (delivery(Delivery.LEASED), delivery(Delivery.HANDED_OVER))
UNSEEN = (*TYPED, delivery(Delivery.ACCEPTED, session=None, outcome=AttemptEnd.UNKNOWN))
CANCELLED = (*UNSEEN, delivery(Delivery.CANCELLED, session=None))
AGAIN = delivery(Delivery.LEASED, attempt=2)
BACK = delivery(Delivery.ACCEPTED, session=None, attempt=2, outcome=AttemptEnd.TAKEN_BACK)


@pytest.mark.parametrize(
    ("told", "times"),
    [
        (TYPED, 1),
        (UNSEEN, 1),
        (CANCELLED, 1),
        ((*CANCELLED, Revive(M1, WALL + 9, "handed out again")), 1),
        ((*UNSEEN, AGAIN), 2),
        ((*UNSEEN, AGAIN, BACK), 1),
        ((*UNSEEN, delivery(Delivery.SUBMITTED)), 0),
        ((*TYPED, delivery(Delivery.ACCEPTED, session=None, outcome=AttemptEnd.NOT_TAKEN)), 0),
        ((delivery(Delivery.LEASED, session="s-0"),), 0),
    ],
    ids=[
        "typed",
        "and waits again",
        "and cancelled",
        "and handed out anew",
        "typed twice",
        "and once taken back",
        "taken",
        "surely not taken",
        "in another session",
    ],
)
def test_it_may_have_taken_what_was_typed_there_and_nobody_saw(tmp_path: Path, told: tuple[Write, ...], times: int):
    assert known_to_the_next(tmp_path, told, None) == (M1,) * times


def test_what_is_on_its_way_is_still_to_be_told(tmp_path: Path):
    assert known_to_the_next(tmp_path, (*UNSEEN, AGAIN), Waiting(M1)) == (M1,)


def known_to_the_next(folder: Path, told: tuple[Write, ...], leased: Waiting | None) -> tuple[str, ...]:
    async def story(store: Store) -> tuple[str, ...]:
        await store.commit(InsertSession(session()), InsertMessage(message(), Task.OPEN), *told)
        daemon: Any = SimpleNamespace(store=store)
        live: Any = SimpleNamespace(id=S1, ephemeral=True)
        return doubts(daemon, live, leased)

    return in_store(folder, story)
