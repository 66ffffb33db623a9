"""Random histories in a small world (`world`). What must hold, holds after every event."""

import pytest
from msgspec.structs import replace

from peerd.core import decide
from peerd.core.event import ActivitySeen, DeadlinePassed, FoundAtRest, PauseRequested, StartRequested
from peerd.core.rules import RULES, Rule
from peerd.model.peer import Activity
from tests.build import ADA, S1
from tests.core.world import World

SEEDS = range(150)
STEPS = 150
MANY = range(600)  # some rules are missed in few histories only


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
    world.paused = False
    world.feed(PauseRequested(ADA, False))
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
        world.activity, world.active_at = Activity.IDLE, world.now
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


def missed_in(seeds: range) -> str:
    """What no longer holds in the first history that shows it; "" where all holds."""
    for seed in seeds:
        world = World(seed)
        try:
            for _ in range(STEPS):
                world.step()
            left_alone(world)
        except AssertionError as found:
            return str(found) or repr(found)
    return ""


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule.__name__))
def test_without_a_rule_something_no_longer_holds(rule: Rule, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(decide, "RULES", tuple(each for each in RULES if each is not rule))

    assert missed_in(MANY)


def test_with_all_rules_everything_holds_in_as_many_histories():
    assert missed_in(MANY) == ""
