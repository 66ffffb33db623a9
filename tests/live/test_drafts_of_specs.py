"""What a daemon that was killed in the middle of a write leaves beside the specs: the next one takes it away."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from peerd.errors import PeerdError
from tests.eventually import eventually
from tests.live.conftest import RUN_DAEMON, Team

pytestmark = pytest.mark.tmux

DYING = f"""
import os, signal
def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)
os.link = os.replace = die
{RUN_DAEMON}
"""
"""A daemon that ends itself with SIGKILL once a spec is written, before it has its name."""


def is_added(team: Team) -> None:
    team.add("eve")


def is_edited(team: Team) -> None:
    team.call("peer.edit", peer="ada", set={"idle_s": "78"})


@pytest.mark.parametrize("act", [is_added, is_edited])
def test_a_draft_is_gone_with_the_next_daemon_and_what_else_is_hidden_there_stays(
    team: Team, act: Callable[[Team], None]
):
    team.start()
    team.add("ada")
    team.kill_daemon()
    peers = Path(team.home.peers)
    kept = [".eve.toml.swp", ".eve.toml.new", ".eve.toml.12.new.txt", "..toml.12.new"]
    for name in kept:
        (peers / name).touch()
    (peers / ".bob.toml.12.new").mkdir()
    (peers / ".eve.toml.13.new").symlink_to(peers / "ada.toml")
    team.start(sys.executable, "-c", DYING)
    with pytest.raises(PeerdError):
        act(team)
    eventually(lambda: team.died)
    stays = {"ada.toml", *kept, ".bob.toml.12.new", ".eve.toml.13.new"}
    assert len(set(os.listdir(peers)) - stays) == 1

    team.start()

    assert set(os.listdir(peers)) == stays
