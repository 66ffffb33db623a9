"""Whatever order deliveries and tasks are written in: one end each, kept, and a history that only grows."""

import asyncio
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from peerd.errors import PeerdError
from peerd.model.attempt import WAS_TAKEN, AttemptEnd
from peerd.model.message import Delivery, Receipt, Task
from peerd.store.store import Store
from peerd.store.write import InsertMessage, SetDelivery, SetTask
from tests.build import M1, message
from tests.store.records import BEGUN, WALL, delivery, in_store, step, task

LOST = {Delivery.REFUSED, Delivery.EXPIRED, Delivery.CANCELLED, Delivery.DEAD}
OVER = LOST | {Delivery.SUBMITTED}

Written = SetDelivery | SetTask
Outcome = bool | str
Stand = tuple[Delivery, Task | None]


def stamped(writes: Iterable[Written]) -> list[Written]:
    """Each with an evidence and a time of its own, so that no two steps look alike."""
    return [replace(write, at=WALL + n, evidence=f"e{n}") for n, write in enumerate(writes)]


one_write: st.SearchStrategy[Written] = st.one_of(
    st.builds(
        lambda state, attempt, outcome: delivery(state, attempt=attempt, outcome=outcome),
        st.sampled_from(Delivery),
        st.integers(1, 4),
        st.sampled_from((None, *AttemptEnd)),
    ),
    st.builds(task, st.sampled_from(Task)),
)


async def lived(store: Store, begun: Task | None, writes: Sequence[Written]) -> tuple[list[Outcome], list[Receipt]]:
    """Each write a commit of its own; the outcomes, and the receipts at the start, half way and at the end."""
    outcomes: list[Outcome] = []
    receipts: list[Receipt] = []
    await store.commit(InsertMessage(message(), begun))
    for part in ((), writes[: len(writes) // 2], writes[len(writes) // 2 :]):
        commits = (store.commit(write) for write in part)
        for done in await asyncio.gather(*commits, return_exceptions=True):
            assert not isinstance(done, BaseException) or type(done) is PeerdError, done
            outcomes.append("refused" if isinstance(done, BaseException) else done[0])
        receipts += [receipt for receipt in [store.reader.receipt(M1)] if receipt]
    return outcomes, receipts


def after(stand: Stand, write: Written, outcome: Outcome) -> Stand:
    """Where the message stands after a write, if the outcome was allowed at all."""
    state, work = stand
    if isinstance(write, SetDelivery):
        back = (state, work, write.state) == (Delivery.SUBMITTED, Task.OPEN, Delivery.ACCEPTED)
        reopens = back and write.outcome in WAS_TAKEN
        may = True if state not in OVER or reopens else False if write.state is state else "refused"
        assert outcome == may, (stand, write)
        lost = write.state in LOST and work is Task.OPEN
        return (write.state, Task.DEAD if lost else work) if may is True else stand
    upgrades = (work, write.task) == (Task.TURN_ENDED, Task.ANSWERED)
    reopens = work is not None and write.task is Task.OPEN and state not in LOST
    may = True if work is Task.OPEN or upgrades else False if work is write.task else True if reopens else "refused"
    assert outcome == may, (stand, write)
    return (state, write.task) if may is True else stand


def history(writes: Sequence[Written], outcomes: Sequence[Outcome]) -> Iterable[object]:
    """What was submitted may be an earlier attempt than the last: its own step tells which, and none is forgotten."""
    yield BEGUN
    attempts = 0
    for write, outcome in zip(writes, outcomes, strict=True):
        if outcome is not True:
            continue
        if not isinstance(write, SetDelivery):
            yield step(write, attempts)
        else:
            yield step(write, write.attempt)
            attempts = max(attempts, write.attempt) if write.state is Delivery.SUBMITTED else write.attempt


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([None, Task.OPEN]), st.lists(one_write, max_size=24).map(stamped))
def test_an_end_is_kept_and_a_history_only_grows(begun: Task | None, writes: list[Written]):
    with tempfile.TemporaryDirectory(prefix="peerd-", dir="/tmp") as folder:
        outcomes, receipts = in_store(Path(folder), lambda store: lived(store, begun, writes))

    stand: Stand = (Delivery.ACCEPTED, begun)
    for write, outcome in zip(writes, outcomes, strict=True):
        stand = after(stand, write, outcome)
    first, half, last = receipts
    assert (last.state, last.task) == stand
    assert last.history == tuple(history(writes, outcomes))
    assert half.history[: len(first.history)] == first.history
    assert last.history[: len(half.history)] == half.history
