"""An answer that comes to nothing is told to who gave it, and to who asked."""

from typing import Any

import pytest

from peerd.model.message import MessageId
from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_reports import parent, report, reports, said

pytestmark = pytest.mark.tmux


def answered(team: Team, **params: Any) -> None:
    """Ada asked bob in m-1, and his answer, m-2, waits for her: her queue is held back."""
    parent(team)
    team.call("peer.wake", peer="bob")
    team.call("queue.pause", peer="ada")
    said(team, "bob", "count the beans", id="m-1")
    said(team, "ada", "nine", "bob", id="m-2", reply_to="m-1", **params)


def wakes(team: Team, id: str) -> bool:
    receipt = team.store().receipt(MessageId(id))
    assert receipt is not None
    return receipt.message.wakes


def test_an_answer_that_expires_is_told_to_who_gave_it_and_who_asked_learns_that_there_is_one(up: Team):
    answered(up, expires_s=0.2)

    asker, giver = report(up, "m-1"), report(up, "m-2")

    nothing = "the answer, m-2, failed: not delivered in time. `peerd message m-1` has it."
    assert f'm-1, which you sent bob ("count the beans"), was answered, and {nothing}' in asker["body"]
    assert 'm-2, which you sent ada ("nine"), failed: not delivered in time.' in giver["body"]
    assert [(each["to"], wakes(up, each["id"])) for each in (asker, giver)] == [("ada", True), ("bob", True)]
    assert up.call("message.show", id="m-1")["answer"] == "nine"


def test_one_that_is_taken_out_of_the_queue_wakes_nobody_for_that_and_a_report_of_it_is_no_end_to_be_told(up: Team):
    answered(up)

    up.call("queue.purge", peer="ada")

    assert not wakes(up, report(up, "m-1")["id"])
    up.call("queue.purge", peer="ada")
    said(up, "bob", "and these", id="m-3")
    up.call("message.cancel", id="m-3")
    report(up, "m-3")  # which came later
    assert (len(reports(up, "m-1")), len(reports(up, "m-2")), up.store().owed()) == (1, 1, [])
    assert [row for row in up.call("message.list")["messages"] if row["reply_to"] == report(up, "m-1")["id"]] == []


def test_one_that_its_giver_cancels_is_told_to_who_asked_alone(up: Team):
    answered(up)

    up.run("queue", "cancel", "m-2", env=up.env | up.caller("bob"))

    assert "failed: cancelled by actor-bob" in report(up, "m-1")["body"]
    eventually(lambda: up.store().owed() == [])
    assert reports(up, "m-2") == []
