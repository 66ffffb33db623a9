"""Who sent a message and does not wait for it hears that it came to nothing, or ended without a reply."""

import signal
import sys
from typing import Any

import pytest

from peerd.errors import PeerdError
from peerd.model.message import MessageId
from peerd.rpc.client import call
from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_wake_modes import told

pytestmark = pytest.mark.tmux


def parent(team: Team, **fields: Any) -> None:
    """Ada, who is up; bob, who does not reply to what begins with a baton and is held back."""
    team.add("ada", "actor", "--remember", **fields)
    team.add("bob", "actor", "--baton", "9", "--to", "ada")
    team.call("queue.pause", peer="bob")
    team.call("peer.wake", peer="ada")


def said(team: Team, to: str, body: str, name: str = "ada", **params: Any) -> dict[str, Any]:
    """By a session."""
    token = team.caller(name)["PEERD_TOKEN"]
    asked = {"to": to, "body": body, "wait": "accepted", "timeout_s": 20.0} | params
    found: dict[str, Any] = call("message.send", asked, timeout_s=30, socket_path=team.home.socket, token=token)
    return found


def reports(team: Team, about: str = "m-1") -> list[dict[str, Any]]:
    rows = team.call("message.list")["messages"]
    return [
        team.call("message.show", id=row["id"]) for row in rows if (row["from"], row["reply_to"]) == ("daemon", about)
    ]


def report(team: Team, about: str = "m-1") -> dict[str, Any]:
    (found,) = eventually(lambda: reports(team, about))
    return found


def test_a_sender_that_does_not_wait_hears_that_it_came_to_nothing(up: Team):
    parent(up)
    said(up, "bob", "count the beans", id="m-1")

    up.call("message.cancel", id="m-1")

    word = report(up)
    assert word["body"].startswith(
        'm-1, which you sent bob ("count the beans"), failed: cancelled by operator. `peerd message m-1`'
    )
    assert (word["from"], word["to"], word["task"]) == ("daemon", "ada", None)
    eventually(lambda: report(up)["state"] == "submitted")


def test_what_expires_is_told(up: Team):
    parent(up)

    said(up, "bob", "count the beans", id="m-1", expires_s=0.2)

    assert "failed: not delivered in time." in report(up)["body"]


def test_what_waits_for_one_that_is_removed_is_told(up: Team):
    parent(up)
    said(up, "bob", "count the beans", id="m-1")

    up.call("peer.remove", peer="bob", now=True)

    assert "failed: bob was removed by operator." in report(up)["body"]


def test_the_death_of_a_child_at_its_task_is_told(up: Team):
    parent(up)
    up.add("eve", "actor", "--crash-on", "beans", task_attempts=1)

    said(up, "eve", "count the beans", id="m-1")

    assert "failed: session ended (exited) before the turn did" in report(up)["body"]


def test_one_that_sleeps_is_woken_for_it_in_the_conversation_that_asked(up: Team):
    parent(up, idle_s=0.2)
    up.send("ada", "hello", topic="tax", wait="ended", timeout_s=20)
    said(up, "bob", "count the beans", id="m-1")
    eventually(lambda: up.show("ada")["phase"] == "asleep", within_s=10)

    up.call("message.cancel", id="m-1")

    eventually(lambda: report(up)["state"] == "submitted", within_s=10)
    assert told(up) == ("resume", "parked, an answer to what it asked")


def test_an_end_without_a_reply_is_told_with_the_last_words(up: Team):
    parent(up)
    said(up, "bob", "baton 9", id="m-1")

    up.call("queue.resume", peer="bob")

    body = report(up)["body"]
    assert body.startswith('m-1, which you sent bob ("baton 9"), has ended without a reply. This asks for nothing')
    assert body.endswith("Its last words:\n\nthe baton arrived after 9")


@pytest.mark.parametrize(("asked", "woken"), [(None, False), (True, True)])
def test_one_that_sleeps_is_woken_for_an_end_only_where_it_asked_to_be_told(up: Team, asked: bool | None, woken: bool):
    parent(up, idle_s=0.2)
    said(up, "bob", "baton 9", id="m-1", report=asked)
    eventually(lambda: up.show("ada")["phase"] == "asleep", within_s=10)

    up.call("queue.resume", peer="bob")

    if woken:
        eventually(lambda: report(up)["state"] == "submitted", within_s=10)
    else:
        assert (report(up)["hold"], up.show("ada")["phase"]) == ("asleep", "asleep")


@pytest.mark.parametrize("params", [{"report": False}, {"body": "hello"}], ids=["not wanted", "answered"])
def test_there_is_none_where_it_is_not_wanted_or_was_answered(up: Team, params: dict[str, Any]):
    parent(up)
    said(up, "bob", **({"body": "baton 9", "id": "m-1"} | params))

    up.call("queue.resume", peer="bob")

    eventually(lambda: up.call("message.show", id="m-1")["task"] in ("turn_ended", "answered"))
    said(up, "bob", "baton 9", id="m-2")
    report(up, "m-2")  # which came later
    assert reports(up) == []


def test_who_waits_for_it_is_told_by_that_alone(up: Team):
    parent(up)
    up.call("queue.resume", peer="bob")

    assert said(up, "bob", "baton 9", id="m-1", wait="ended")["task"] == "turn_ended"

    said(up, "bob", "baton 9", id="m-2")
    report(up, "m-2")
    assert reports(up) == []
    assert up.store().owed() == []


def test_who_waited_and_was_gone_by_then_is_told(up: Team):
    parent(up)
    command = up.popen("ask", "bob", "baton 9", "--id", "m-1", env=up.env | up.caller("ada"))
    eventually(lambda: up.call("message.list", peer="bob")["messages"])
    command.send_signal(signal.SIGKILL)
    command.wait()

    up.call("queue.resume", peer="bob")

    assert report(up)["body"].endswith("the baton arrived after 9")


def test_one_that_cancels_its_own_is_told_nothing(up: Team):
    parent(up)
    said(up, "bob", "a", id="m-1")
    said(up, "bob", "b", id="m-2")
    token = up.caller("ada")["PEERD_TOKEN"]

    call("message.cancel", {"id": "m-1"}, timeout_s=20, socket_path=up.home.socket, token=token)

    up.call("message.cancel", id="m-2")
    report(up, "m-2")
    assert reports(up) == []


def kind(team: Team, id: str) -> str:
    receipt = team.store().receipt(MessageId(id))
    assert receipt is not None
    return receipt.message.report


def test_what_is_sent_because_of_a_report_is_reported_only_where_that_is_asked_for(up: Team):
    parent(up)
    up.add("eve", "actor", "--busy-s", "20")
    up.call("peer.wake", peer="eve")
    said(up, "bob", "count the beans", "eve", id="m-1")
    up.call("message.cancel", id="m-1")
    eventually(lambda: report(up)["state"] == "submitted")

    said(up, "bob", "thanks", "eve", id="m-2")
    said(up, "bob", "and this?", "eve", id="m-3", report=True)

    assert [kind(up, f"m-{n}") for n in (1, 2, 3)] == ["quiet", "failed", "asked"]


TELLS_NOBODY = """
import asyncio
from peerd.daemon import main, report
async def follow(daemon):
    await asyncio.Event().wait()
report.follow = follow
main.run()
"""


def test_a_daemon_that_dies_between_the_end_and_the_report_leaves_it_to_the_next(up: Team):
    parent(up)
    up.kill_daemon()
    up.start(sys.executable, "-c", TELLS_NOBODY)
    said(up, "bob", "count the beans", id="m-1")
    up.call("message.cancel", id="m-1")
    assert (reports(up), up.store().owed()) == ([], ["m-1"])

    up.kill_daemon()
    up.start()

    assert report(up)["to"] == "ada"
    assert up.store().owed() == []
    up.kill_daemon()
    up.start()
    eventually(lambda: report(up)["state"] == "submitted")


def test_a_report_takes_no_answer(up: Team):
    parent(up)
    said(up, "bob", "count the beans", id="m-1")
    up.call("message.cancel", id="m-1")
    word = report(up)

    with pytest.raises(PeerdError, match="a notice from peerd: nobody reads an answer"):
        said(up, None, "thanks", reply_to=word["id"])  # type: ignore[arg-type]


def test_a_shell_is_typed_no_report(up: Team):
    up.add("sh", "shell")
    up.add("bob", "actor")
    up.call("queue.pause", peer="bob")
    up.call("peer.wake", peer="sh")
    said(up, "bob", "hello", "sh", id="m-1")

    up.call("message.cancel", id="m-1")

    eventually(lambda: up.store().owed() == [])
    assert reports(up) == []


def test_a_sender_of_another_name_is_told_by_that(up: Team):
    parent(up)
    said(up, "bob", "count the beans", id="m-1")
    up.call("peer.rename", peer="ada", name="eve")

    up.call("message.cancel", id="m-1")

    assert report(up)["to"] == "eve"


def test_one_that_is_stopped_is_told_once_it_may_run(up: Team):
    parent(up)
    said(up, "bob", "count the beans", id="m-1")
    up.call("peer.stop", peer="ada")

    up.call("message.cancel", id="m-1")

    assert report(up)["hold"] == "queue-paused"
    up.call("peer.start", peer="ada")
    eventually(lambda: report(up)["state"] == "submitted", within_s=10)


def test_nobody_is_told_for_one_that_was_removed(up: Team):
    parent(up)
    said(up, "bob", "count the beans", id="m-1")
    up.call("peer.remove", peer="ada", now=True)

    up.call("message.cancel", id="m-1")

    eventually(lambda: up.store().owed() == [])
    assert reports(up) == []


def test_a_namesake_of_one_that_was_removed_hears_nothing_of_what_that_sent(up: Team):
    parent(up)
    said(up, "bob", "count the beans", id="m-1")
    up.call("peer.remove", peer="ada", now=True)
    up.add("ada", "actor")
    up.call("peer.wake", peer="ada")

    up.call("message.cancel", id="m-1")

    eventually(lambda: up.call("message.show", id="m-1")["state"] == "cancelled")
    assert (up.store().owed(), reports(up)) == ([], [])
