"""Who sits down at a peer whose session is just ending: never at that one."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from peerd.edges.process import alive
from peerd.errors import PeerdError
from tests.eventually import eventually
from tests.live.conftest import Team

pytestmark = pytest.mark.tmux


def spoke_of_tax(team: Team, **fields: Any) -> str:
    """ada, whose session takes a second to end."""
    team.add("ada", "actor", "--remember", "--ignore-hup", stop_grace_s=1.0, **fields)
    return str(team.send("ada", "what about tax?", wait="ended", timeout_s=20)["session"])


def is_ending(team: Team) -> None:
    eventually(lambda: team.show("ada")["phase"] == "stopping", within_s=10)


def test_who_sits_down_at_a_peer_that_is_being_parked_is_led_on_to_its_conversation(up: Team):
    parked = spoke_of_tax(up, idle_s=0.5)
    is_ending(up)

    at = up.call("peer.attach", peer="ada")

    session = up.session("ada")
    assert (at["session"], session.id != parked, session.mode) == ("actor-ada", True, "resume")
    assert up.show("ada")["last_end"]["cause"] == "parked"


def test_who_sits_down_at_a_peer_that_is_being_stopped_is_told_so(up: Team):
    spoke_of_tax(up)

    with ThreadPoolExecutor(1) as caller:
        stopping = caller.submit(up.call, "peer.stop", peer="ada")
        is_ending(up)
        with pytest.raises(PeerdError, match="ada is stopped"):
            up.call("peer.attach", peer="ada")
        stopping.result()


def test_a_session_that_is_to_begin_afresh_does_so_whoever_sits_down_meanwhile(up: Team):
    old = spoke_of_tax(up)

    with ThreadPoolExecutor(1) as caller:
        renewing = caller.submit(up.call, "peer.new", peer="ada", timeout_s=20)
        is_ending(up)
        with pytest.raises(PeerdError, match="ada starts afresh already"):
            up.call("peer.attach", peer="ada")
        assert (renewing.result()["mode"], renewing.result()["session"] != old) == ("fresh", True)


def test_who_sits_down_at_a_peer_whose_death_is_just_being_told_is_led_on_to_its_conversation(up: Team):
    dead = spoke_of_tax(up)
    runtime = up.session("ada").host.runtime
    os.kill(runtime.pid, signal.SIGKILL)
    eventually(lambda: not alive(runtime), every_s=0.0005)

    up.call("peer.attach", peer="ada")

    assert (up.session("ada").id != dead, up.session("ada").mode) == (True, "resume")
