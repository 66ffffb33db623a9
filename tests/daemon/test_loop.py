"""The loop: what was decided is done, whatever a fault of ours does to a part of it."""

import asyncio
from typing import Any

import pytest

from peerd.core.action import Action, Kill, SaveWant
from peerd.core.event import StopRequested
from peerd.core.state import Peer
from peerd.daemon.loop import Loop
from peerd.model.peer import Phase
from tests.build import ADA, running


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
