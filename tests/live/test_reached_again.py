"""A tmux server that cannot be reached for long: what looks at its peer over and over costs next to nothing then."""

import os
import signal
from itertools import pairwise

import pytest

from peerd.edges.process import alive, ancestors, with_variable
from peerd.edges.tmux.control import CLIENT
from peerd.errors import PeerdError
from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.impatient import IMPATIENT
from tests.live.test_declared_runtimes import declare
from tests.live.test_upgraded_tmux import Upgrade, restart

pytestmark = pytest.mark.tmux

TRIES = 5


@pytest.fixture
def upgrade(team: Team) -> Upgrade:
    """eve's tmux, upgraded while she is in a turn that only her screen tells of; looked at for a while since."""
    upgrade = Upgrade(team)
    declare(team)
    team.start()
    team.add("eve", "echo", "--busy-s", "60")
    assert team.send("eve", "work", timeout_s=20)["state"] == "submitted"
    upgrade.done()
    restart(team)
    eventually(lambda: len(upgrade.tries()) >= TRIES, within_s=20)
    return upgrade


def test_what_looks_at_it_over_and_over_tries_ever_more_rarely(upgrade: Upgrade):
    tries = upgrade.tries()[:TRIES]

    waited = [after - before for before, after in pairwise(tries)]

    assert [0.2 * 2**n < each for n, each in enumerate(waited)] == [True] * (TRIES - 1), waited


def test_one_that_is_back_is_found_at_once_by_who_asks(team: Team, upgrade: Upgrade):
    upgrade.undone()

    assert any("work" in line for line in team.call("peer.peek", peer="eve")["lines"])
    assert "notices" not in team.call("daemon.status")
    assert team.show("eve")["activity"] == "busy"


def orphans(team: Team, socket: str) -> list[int]:
    """Clients of this server that a daemon which was killed has left."""
    assert team.daemon is not None
    return [each.pid for each in with_variable(CLIENT, socket) if team.daemon.pid not in ancestors(each.pid)]


UNSEEN = f"""
from peerd.edges import process
process.stopped = lambda _: False
{IMPATIENT[-1]}
"""
"""Of a daemon that cannot tell by its process that a server hangs, as of one that sleeps."""


@pytest.mark.parametrize("daemon", [IMPATIENT, (*IMPATIENT[:-1], UNSEEN)], ids=["stopped", "asleep"])
def test_one_that_hangs_through_restarts_and_many_tries_lives_on(team: Team, daemon: tuple[str, ...]):
    """Clients that wait to attach would end it as it wakes: three of them, one given up."""
    team.start()
    team.add("ada", "actor")
    team.call("peer.wake", peer="ada")
    server, server_socket = team.session("ada").host.server, team.session("ada").host.socket
    os.kill(server.pid, signal.SIGSTOP)
    try:
        for _ in range(4):
            team.kill_daemon()
            team.start(*daemon)
            with pytest.raises(PeerdError, match="cannot be reached"):
                team.call("peer.peek", peer="ada")
        assert orphans(team, server_socket) == []
        id = team.send("ada", "hello", wait="accepted")["id"]
    finally:
        os.kill(server.pid, signal.SIGCONT)

    over = team.call("message.wait", id=id, until="ended", timeout_s=30)

    assert (over["task"], over["attempt"], alive(server)) == ("answered", 1, True)
