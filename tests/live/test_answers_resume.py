"""An answer goes on with the conversation that asked, whatever its topic and whatever was begun since."""

import pytest

from peerd.errors import PeerdError, UsageError
from peerd.model.peer import PeerName
from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_wake_modes import asleep, told

pytestmark = pytest.mark.tmux

ANSWER = "resume", "parked, an answer to what it asked"


def asks_and_parks(team: Team) -> str:
    """Ada's question to the operator, sent in the turn of `baton 0`; she is parked since."""
    writes = ("--baton", "1", "--to", "operator", "--finally", "operator: may I?")
    team.add("ada", "actor", "--remember", *writes, idle_s=0.2)
    team.send("ada", "baton 1", id="m-task", topic="tax", wait="ended", timeout_s=20)
    asleep(team)
    return "fi-m-task"


def test_an_answer_wakes_who_asked_in_the_conversation_that_asked(up: Team):
    question = asks_and_parks(up)

    ran = up.run("reply", question, "you may")

    assert ran.code == 0, ran.err
    assert told(up) == ANSWER
    assert up.call("message.show", id=question)["answer"] == "you may"


def test_it_goes_on_with_an_older_conversation_where_another_was_begun_since(up: Team):
    question = asks_and_parks(up)
    asked_in = up.store().conversation(PeerName("ada"), "actor")
    up.send("ada", "something else", topic="cats", wait="ended", timeout_s=20)
    asleep(up)
    assert up.store().conversation(PeerName("ada"), "actor") != asked_in

    up.run("reply", question, "you may")

    assert told(up) == ANSWER
    assert up.session("ada").conversation == asked_in


@pytest.mark.parametrize("renamed", [False, True])
def test_it_does_so_after_a_restart_and_under_another_name(up: Team, renamed: bool):
    question, name = asks_and_parks(up), "ada"
    if renamed:
        up.call("peer.rename", peer="ada", name="eve")
        name = "eve"
    up.call("queue.pause", peer=name)
    up.send(name, "you may", reply_to=question, wait="accepted")
    up.kill_daemon()
    up.start()

    up.call("queue.resume", peer=name)

    eventually(lambda: up.show(name)["phase"] == "running", within_s=10)
    assert told(up, name) == ANSWER


def test_nobody_answers_what_peerd_itself_says_or_what_is_not_there(up: Team):
    up.add("ada")
    with pytest.raises(PeerdError, match="no message 'm-9' to reply to"):
        up.call("message.send", reply_to="m-9", body="yes")
    with pytest.raises(UsageError, match="to whom"):
        up.call("message.send", body="yes")
