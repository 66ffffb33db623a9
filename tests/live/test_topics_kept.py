"""What was spoken of in a conversation counts for the next daemon as for the one that heard it."""

import pytest

from tests.eventually import eventually
from tests.live.conftest import Team

pytestmark = pytest.mark.tmux


@pytest.mark.parametrize("killed", [False, True], ids=["one daemon", "the next daemon"])
def test_a_task_that_waits_again_after_a_stop_goes_on_in_the_conversation_it_was_taken_in(team: Team, killed: bool):
    team.start()
    team.add("ada", "actor", "--remember", "--busy-s", "30", stop_grace_s=0.2)
    team.send("ada", "a long piece of work", topic="T", timeout_s=20)
    before = team.session("ada")
    team.call("peer.stop", peer="ada")
    if killed:
        team.kill_daemon()
        team.start()

    team.call("peer.start", peer="ada")

    eventually(lambda: team.show("ada")["phase"] == "running", within_s=10)
    now = team.session("ada")
    assert (now.mode, now.because) == ("resume", "parked, same topic")
    assert now.conversation == before.conversation


def test_a_conversation_that_is_taken_up_again_over_a_newer_one_still_has_its_topics(up: Team):
    """The newer one had nothing said in it, so that it cannot be gone on with."""
    up.add("ada", "actor", "--remember", idle_s=0.5)
    up.send("ada", "what about tax?", topic="tax", wait="ended", timeout_s=20)
    before = up.session("ada").conversation
    up.call("peer.refresh", peer="ada")
    eventually(lambda: up.show("ada")["phase"] == "asleep", within_s=10)
    up.call("peer.wake", peer="ada")
    eventually(lambda: up.show("ada")["phase"] == "asleep", within_s=10)
    up.call("peer.wake", peer="ada", mode="resume")
    assert up.session("ada").conversation == before
    eventually(lambda: up.show("ada")["phase"] == "asleep", within_s=10)

    up.send("ada", "and tax?", topic="tax", wait="ended", timeout_s=20)

    assert (up.session("ada").mode, up.session("ada").because) == ("resume", "parked, same topic")
