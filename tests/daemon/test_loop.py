"""The loop: what was decided is done, whatever a fault of ours does to a part of it."""

import asyncio
import contextlib
from typing import Any

import pytest

from peerd.core.action import Action, Kill, LookForWork, SaveWant, Spawn
from peerd.core.event import DeadlinePassed, MessageAccepted, SessionExited, StopRequested
from peerd.core.state import Peer, Waiting
from peerd.daemon import loop as loops
from peerd.daemon.loop import Loop
from peerd.model.peer import Phase
from peerd.model.session import End, EndCause
from tests.build import ADA, M1, S1, peer, running, spec


@pytest.mark.parametrize("where", ["turn", "SaveWant"])
def test_a_fault_of_ours_over_one_part_of_a_decision_costs_no_other(where: str):
    acted: list[Action] = []
    told: list[str] = []

    def act(action: Action) -> None:
        if type(action).__name__ == where:
            raise RuntimeError("a fault of ours")
        acted.append(action)

    def turned(*_: Any) -> None:
        if where == "turn":
            raise RuntimeError("a fault of ours")

    async def stopped() -> Peer | None:
        loop = Loop(act, turned, lambda what, error: told.append(f"{what}: {error}"))
        loop.add(running())
        loop.feed(StopRequested(ADA))
        return await loop.until(ADA, lambda peer: peer if peer.phase is Phase.STOPPING else None, 1.0)

    assert asyncio.run(stopped()) is not None
    assert [type(each) for each in acted] == ([SaveWant, Kill] if where == "turn" else [Kill])
    assert told == [f"{where} of {ADA}: a fault of ours"]


def test_a_start_that_is_lost_by_a_fault_of_ours_has_failed_and_is_tried_again():
    starts: list[Action] = []

    def act(action: Action) -> None:
        if isinstance(action, Spawn):
            starts.append(action)
            if len(starts) == 1:
                raise RuntimeError("a fault of ours")

    async def called() -> tuple[float, ...] | None:
        loop = Loop(act, lambda *_: None, lambda *_: None)
        loop.add(peer(spec=spec(backoff_base_s=0.01)))
        loop.feed(MessageAccepted(ADA, Waiting(M1)))
        return await loop.until(ADA, lambda each: each.deaths if len(starts) == 2 else None, 2.0)

    assert len(asyncio.run(called()) or ()) == 1


def test_a_look_that_is_lost_by_a_fault_of_ours_has_put_the_end_off_and_is_taken_again():
    looks: list[Action] = []

    def act(action: Action) -> None:
        looks.append(action)
        if len(looks) == 1:
            raise RuntimeError("a fault of ours")

    async def looked_at() -> bool | None:
        loop = Loop(act, lambda *_: None, lambda *_: None)
        loop.add(running(spec=spec(idle_s=0.05)))
        loop.feed(DeadlinePassed(ADA))
        return await loop.until(ADA, lambda _: True if len(looks) == 2 else None, 2.0)

    assert asyncio.run(looked_at())
    assert [type(each) for each in looks] == [LookForWork] * 2


@pytest.mark.parametrize("over", [False, True], ids=["it goes on", "it ended meanwhile"])
def test_an_end_that_is_lost_by_a_fault_of_ours_is_begun_anew_as_long_as_there_is_something_to_end(
    monkeypatch: pytest.MonkeyPatch, over: bool
):
    monkeypatch.setattr(loops, "KILL_AGAIN_S", 0.01)
    kills: list[Action] = []
    begun = asyncio.Event()

    def act(action: Action) -> None:
        if isinstance(action, Kill):
            kills.append(action)
            if len(kills) < 3:
                raise RuntimeError("a fault of ours")
            begun.set()

    async def stopped() -> None:
        loop = Loop(act, lambda *_: None, lambda *_: None)
        loop.add(running())
        loop.feed(StopRequested(ADA))
        if over:
            loop.feed(SessionExited(ADA, S1, End(EndCause.EXITED)))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(begun.wait(), 0.1 if over else 5.0)

    asyncio.run(stopped())
    assert kills == [Kill(ADA, S1, EndCause.STOPPED)] * (1 if over else 3)
