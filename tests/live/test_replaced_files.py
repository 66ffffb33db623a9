"""A session's files are its own to spoil: whatever it puts in their place, the daemon goes on."""

import os

import pytest

from peerd.edges.process import with_variable
from tests.live.conftest import Team

pytestmark = pytest.mark.tmux


def test_a_peer_whose_journal_was_replaced_by_a_pipe_costs_no_other_its_adoption(up: Team):
    for name in ("ada", "bob"):
        up.add(name)
        up.call("peer.wake", peer=name)
    session = up.session("ada").id
    journal = os.path.join(up.home.session(session), "journal")
    up.kill_daemon()
    os.unlink(journal)
    os.mkfifo(journal)

    up.start()

    assert up.show("bob")["phase"] == "running"
    assert up.send("bob", "hello", wait="submitted")["state"] == "submitted"
    assert "could not be adopted: cannot follow" in up.show("ada")["unclear"]
    up.call("peer.stop", peer="ada")
    assert (up.show("ada")["phase"], with_variable("PEERD_SESSION", session)) == ("asleep", ())
