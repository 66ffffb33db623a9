"""Who may start now, and who waits: places, without a daemon."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from peerd.daemon import start_slots
from peerd.daemon.start_slots import Turns
from peerd.model.peer import PeerName
from tests.build import peer

ADA, BOB = PeerName("ada"), PeerName("bob")


def run(story: Callable[[Turns], Awaitable[None]]) -> None:
    async def told() -> None:
        await story(Turns(1))

    asyncio.run(asyncio.wait_for(told(), 5))


def test_a_place_that_is_held_for_too_long_is_given_to_the_next(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(start_slots, "HELD_S", 0.05)

    async def story(turns: Turns) -> None:
        assert await turns.come(ADA)
        assert turns.ahead == 0
        assert await turns.come(BOB)

    run(story)


def test_whoever_comes_after_the_end_has_no_turn():
    async def story(turns: Turns) -> None:
        assert await turns.come(ADA)
        waiting = asyncio.create_task(turns.come(BOB))
        await asyncio.sleep(0)
        turns.close()

        assert not await waiting
        assert not await turns.come(BOB)

    run(story)


def test_nor_is_there_one_where_a_place_is_free():
    async def story(turns: Turns) -> None:
        turns.close()

        assert not await turns.come(ADA)

    run(story)


def test_nobody_overtakes_those_that_wait():
    async def story(turns: Turns) -> None:
        found = [turns.ahead]
        assert await turns.come(ADA)
        waiting = asyncio.create_task(turns.come(BOB))
        await asyncio.sleep(0)
        found.append(turns.ahead)
        turns.follow(peer())

        assert [*found, turns.ahead] == [None, 1, 0]
        assert await waiting

    run(story)
