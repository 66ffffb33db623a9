"""Addresses of services that another peer has, or that a daemon before this one had bound."""

import os
import socket

import pytest

from peerd.errors import PeerdError
from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_held_sockets import at, serves, tcp, unix, up

pytestmark = pytest.mark.tmux

__all__ = ["at", "tcp", "unix"]


def test_an_address_that_another_peer_has_is_told_by_its_name(team: Team, at: str):
    up(team, at)
    team.add("site", "site", backoff_base_s=0.05)

    with pytest.raises(
        PeerdError, match=f"cannot listen on {at}: web does. Give one of the two another address\\. `peerd show"
    ):
        team.call("peer.wake", peer="site")


def test_a_stop_leaves_no_socket_that_a_daemon_before_had_bound(team: Team, unix: str):
    up(team, unix)
    team.kill_daemon()
    team.start()
    eventually(lambda: team.show("web")["phase"] == "running", within_s=10)

    team.call("peer.stop", peer="web")

    eventually(lambda: not os.path.exists(unix), within_s=10)


def test_a_stop_leaves_the_socket_of_somebody_who_answers(team: Team, unix: str):
    serves(unix, team=team)
    team.start()
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(unix)
        other.listen()
        team.add("web", "site", backoff_base_s=0.05)
        eventually(lambda: "ev=boot-failed" in team.log(), within_s=10)

        team.call("peer.stop", peer="web")

        assert os.path.exists(unix)
