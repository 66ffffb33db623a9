"""Since when a peer is as it is: a restart of the daemon changes nothing about it."""

import os
import signal
import time

import pytest

from peerd.rfc3339 import unix
from tests.eventually import eventually
from tests.live.conftest import Team

pytestmark = pytest.mark.tmux

ABOUT_S = 0.5  # what is on record of a change is not of the very same moment


def since(team: Team) -> dict[str, float | None]:
    rows = team.call("peer.list")["peers"]
    return {row["peer"]: unix(row["since"]) if row.get("since") else None for row in rows}


def a_while_later(moment: float) -> None:
    eventually(lambda: time.time() > moment + 2 * ABOUT_S)


def woken(team: Team, name: str) -> None:
    team.add(name, "actor", backoff_base_s=60.0)
    team.call("peer.wake", peer=name)


def test_a_restart_changes_nothing_about_since_when_a_peer_is_as_it_is(up: Team):
    for name in ("ada", "bob", "cy"):
        woken(up, name)
    a_while_later(time.time())
    up.call("peer.stop", peer="bob")
    os.kill(up.session("cy").host.runtime.pid, signal.SIGKILL)
    eventually(lambda: up.show("cy")["phase"] == "backoff")
    a_while_later(time.time())
    up.send("ada", "hello", wait="ended")
    eventually(lambda: up.show("ada")["activity"] == "idle")
    up.add("dee", "actor")
    before = since(up)
    a_while_later(before["ada"] or 0.0)

    up.kill_daemon()
    up.start()

    after = since(up)
    assert (before.pop("dee"), after.pop("dee")) == (None, None)
    assert after == pytest.approx(before, abs=ABOUT_S)


def test_a_peer_whose_session_ended_meanwhile_is_asleep_since_that_was_seen(up: Team):
    woken(up, "ada")
    up.kill_daemon()
    os.kill(up.session("ada").host.runtime.pid, signal.SIGKILL)
    restarted = time.time()

    up.start()

    assert (since(up)["ada"] or 0.0) >= restarted
