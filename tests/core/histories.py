"""Histories drawn by hypothesis, lived through in a small world (`world`). One that fails is told as what happened."""

from random import Random

import msgspec
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from peerd.core.event import (
    ActivitySeen,
    DeadlinePassed,
    Event,
    FoundAtRest,
    LeaveRequested,
    PauseRequested,
    RefreshRequested,
    StartRequested,
    WakeRequested,
)
from peerd.core.queries import hold_of
from peerd.model.message import Hold
from peerd.model.peer import Activity
from tests.build import ADA, S1
from tests.core.chance import Chance, begun_with
from tests.core.pairing import Pairing
from tests.core.world import World

STEPS = 200
SEEDS = 1000  # some rules are missed in few histories only
Drawn = tuple[int, ...]
UNDER = {n: st.integers(0, n - 1) for n in range(1, 1024)}


class History(msgspec.Struct):
    """`missed` is what no longer held; "" where all did."""

    story: list[tuple[float, Event | str]]
    missed: str = ""

    def __repr__(self) -> str:
        told = "".join(f"\n  {at:9.2f}  {event}" for at, event in self.story)
        return f"{told}\n  and then: {self.missed or 'all holds'}\n"


@st.composite
def histories(draw: DrawFn) -> History:
    return lived(Chance(lambda n: draw(UNDER[n])))


def lived(chance: Chance) -> History:
    """After whatever happened the world is kind, and every message comes to its end."""
    world = Pairing(chance)
    try:
        for _ in range(world.chance.below(STEPS)):
            world.step()
        left_alone(world)
    except AssertionError as found:
        return History(world.story, str(found) or repr(found))
    return History(world.story)


def left_alone(world: Pairing) -> None:
    world.feed(LeaveRequested(ADA, leaving=False))
    world.feed(StartRequested(ADA))
    world.paused = False
    world.feed(PauseRequested(ADA, False))
    world.release_all()
    for _ in range(1000):
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
        world.feed(world._end_well() if world.peer.kind == "pass" else world._end_turn())
    elif world.live and world.peer.activity is not Activity.IDLE:
        world.activity, world.active_at = Activity.IDLE, world.now
        world.feed(ActivitySeen(ADA, world.live, Activity.IDLE))
    elif world.live and world.peer.kind == "service" and world.peer.queue:
        world.feed(RefreshRequested(ADA))
    elif hold_of(world.peer) is Hold.ASLEEP:
        world.feed(WakeRequested(ADA, "operator"))
    else:
        world.feed(DeadlinePassed(ADA))


def missed(wanted: str = "", first: Drawn = ()) -> str:
    """What no longer holds in the first history that shows it, or that shows what is wanted."""
    for seed in range(SEEDS):
        found = lived(begun_with(first, Random(seed).randrange)).missed
        if found and (not wanted or found == wanted):
            return found
    return ""
