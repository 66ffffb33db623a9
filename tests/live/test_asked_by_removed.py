"""What a peer had asked the operator when it was removed awaits no answer any more."""

import pytest

from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_reports import said

pytestmark = pytest.mark.tmux

NOTHING = "nothing is unread, and nothing awaits your answer.\n"


def task(team: Team, id: str) -> str:
    found: str = team.call("message.show", id=id, look=True)["task"]
    return found


def test_a_question_of_one_that_was_removed_is_dead_once_it_is_read(up: Team):
    up.add("ada")
    up.call("peer.wake", peer="ada")
    said(up, "operator", "may I?", id="q-1")
    said(up, "operator", "and this?", id="q-2")
    up.run("inbox", "read", "q-1")

    up.call("peer.remove", peer="ada", now=True)

    eventually(lambda: task(up, "q-1") == "dead")
    assert "ada, who asked, was removed" in up.run("message", "q-1").out
    (unread,) = up.run("inbox", "ls", "--json").json["messages"]
    assert (unread["id"], unread["read"], unread["awaits"]) == ("q-2", False, False)
    assert "awaits an answer" not in up.run("inbox", "ls").out
    up.run("inbox", "read", "q-2")
    eventually(lambda: task(up, "q-2") == "dead")
    assert up.run("inbox", "ls").out == NOTHING
