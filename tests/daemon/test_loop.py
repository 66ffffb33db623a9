"""The loop: what was decided is done, whatever a fault of ours does to a part of it."""

import asyncio
from typing import Any

import pytest

from peerd.core.action import Action, Kill, SaveWant, Spawn
from peerd.core.event import MessageAccepted, StopRequested
from peerd.core.state import Peer, Waiting
from peerd.daemon.loop import Loop
from peerd.model.peer import Phase
from tests.build import ADA, M1, peer, running, spec


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
