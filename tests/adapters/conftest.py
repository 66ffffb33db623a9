"""The runtimes the adapter tests wake, each in a tmux of its own that is gone afterwards."""

from collections.abc import Iterator

import pytest

from peerd.model.fact import Ready
from peerd_adapters.actor import Actor
from peerd_adapters.shell import Shell
from tests.adapters import actors, shells
from tests.adapters.terminal import Seat, seats
from tests.build import spec
from tests.eventually import eventually


@pytest.fixture
def start_actor() -> Iterator[actors.Wake]:
    """Starts an actor called ada with these flags; a daemon's socket would be `d` in its home."""
    with seats() as seat:

        def started(*flags: str) -> Seat:
            return seat(Actor(), spec(args=flags))

        yield started


@pytest.fixture
def wake_actor(start_actor: actors.Wake) -> actors.Wake:
    """The same, and ready."""

    def woken(*flags: str) -> Seat:
        actor = start_actor(*flags)
        eventually(lambda: actor.facts() == [Ready()])
        return actor

    return woken


@pytest.fixture
def wake_shell() -> Iterator[shells.Wake]:
    """Wakes a bash called ada that is ready; `bashrc` is what its user has."""
    with seats() as seat:

        def woken(bashrc: str = "") -> Seat:
            shell = seat(Shell(), spec(runtime="shell"), before={".bashrc": bashrc} if bashrc else {})
            eventually(lambda: shell.facts() == [Ready()] and shell.composer() == "")
            return shell

        yield woken
