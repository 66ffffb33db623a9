"""Random histories in a small world (`world`). What must hold, holds after every event."""

import pytest
from msgspec.structs import replace

from peerd.core import decide
from peerd.core.event import ActivitySeen, DeadlinePassed, FoundAtRest, StartRequested
from peerd.core.rules import RULES, Rule
from peerd.model.peer import Activity
from tests.build import ADA, S1
from tests.core.world import World

SEEDS = range(150)
STEPS = 150


@pytest.mark.parametrize("seed", SEEDS)
def test_what_must_hold_holds_after_every_event(seed: int):
    world = World(seed)
    for _ in range(STEPS):
        world.step()


def test_a_peer_left_alone_takes_all_its_messages():
    """Whatever happened before, once sessions stop dying every message comes to its end."""
    for seed in range(20):
        world = World(seed)
        for _ in range(STEPS):
            world.step()
        left_alone(world)


def left_alone(world: World) -> None:
    world.feed(StartRequested(ADA))
    for _ in range(3000):
        _good_step(world)
        world.check()
        if sorted(world.over) == sorted(world.accepted):
            break
    assert sorted(world.over) == sorted(world.accepted), "a message that never comes to its end"


def _good_step(world: World) -> None:
    """The next thing a healthy world would do."""
    world.now += 5.0
    if world.looking:
        world.looking = False
        world.feed(FoundAtRest(ADA, world.live or S1))
    elif world.spawning:
        world.feed(world._spawned())
    elif world.killing:
        world.feed(world._exit())
    elif world.live and not world.ready:
        world.feed(world._become_ready())
    elif world.delivering:
        world.feed(world._take())
    elif world.open_turn:
        world.feed(world._end_turn())
    elif world.live and world.peer.activity is not Activity.IDLE:
        world.activity = Activity.IDLE
        world.feed(ActivitySeen(ADA, world.live, Activity.IDLE))
    else:
        world.feed(DeadlinePassed(ADA))


def test_the_checks_can_fail():
    """A core that forgets a lease would be seen at once."""
    world = World(1)
    while world.peer.lease is None:
        world.step()
    world.peer = replace(world.peer, lease=None)

    with pytest.raises(AssertionError, match="lost or doubled"):
        world.check()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule.__name__))
def test_without_a_rule_something_no_longer_holds(rule: Rule, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(decide, "RULES", tuple(each for each in RULES if each is not rule))

    with pytest.raises(AssertionError):
        for seed in range(10 * len(SEEDS)):  # some take many histories to be missed
            world = World(seed)
            for _ in range(STEPS):
                world.step()
            left_alone(world)
