"""A message for which the turn that is open is broken off, and what is left alone."""

from typing import Any

import pytest

from peerd.errors import NotPermitted, UsageError
from peerd.rpc.client import call
from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_at_once import Caller
from tests.live.test_control import foreground

pytestmark = pytest.mark.tmux


def send_as(team: Team, name: str, **asked: Any) -> dict[str, Any]:
    token = team.caller(name)["PEERD_TOKEN"]
    return call("message.send", asked, timeout_s=20, socket_path=team.home.socket, token=token)


def test_the_turn_is_broken_off_and_the_message_is_given_before_what_waits(up: Team):
    up.add("sh", "shell", accepts_from=["*"])
    up.add("eve", "shell")
    up.call("peer.wake", peer="eve")
    first = up.send("sh", "sleep 100", timeout_s=20)["id"]
    other = send_as(up, "eve", to="sh", body="echo other", wait="accepted")["id"]
    eventually(lambda: foreground(up, "sh") == "sleep")

    ran = up.run("send", "sh", "echo urgent", "--interrupt", "--wait", "ended", "--json")

    assert (ran.code, ran.json["answer"]) == (0, "urgent")
    assert up.call("message.wait", id=first, until="ended")["exit_status"] == 130
    assert up.call("message.wait", id=other, until="ended", timeout_s=20)["answer"] == "other"
    taken = [line.split("id=")[1].split(" ")[0] for line in up.log("delivery").splitlines() if "ev=submitted" in line]
    assert taken == [first, ran.json["id"], other]
    last = up.call("message.show", id=first)["history"][-1]
    assert last["evidence"].endswith(f"exit status 130, interrupted for {ran.json['id']}")


def test_one_that_is_idle_or_asleep_is_given_it_as_any_other_and_no_key_is_pressed(up: Team):
    up.add("sh", "shell")

    assert up.run("send", "sh", "echo woken", "--interrupt", "--wait", "ended").code == 0
    assert up.run("send", "sh", "echo idle", "--interrupt", "--wait", "ended").code == 0

    assert "ev=control" not in up.log()


def test_the_same_message_sent_again_does_not_break_itself_off(up: Team):
    up.add("sh", "shell")
    asked = {"to": "sh", "body": "sleep 1; echo done", "id": "m-once", "interrupt": True, "timeout_s": 20}
    up.call("message.send", **asked)

    up.call("message.send", **asked)

    assert up.call("message.wait", id="m-once", until="ended", timeout_s=20)["answer"] == "done"
    assert "ev=control" not in up.log()


@pytest.mark.parametrize("ids", [("m-1", "m-2", "m-3"), ("m-1", "m-1", "m-1")], ids=["three", "one, three times"])
def test_what_is_sent_at_once_to_break_off_one_turn_presses_its_keys_once(up: Team, ids: tuple[str, ...]):
    record = up.root / "record"
    up.add("bob", "actor", "--busy-s", "600", "--record", str(record))
    up.send("bob", "old", id="m-0", timeout_s=20)
    caller = Caller(up)
    asked = {"to": "bob", "wait": "submitted", "interrupt": True, "timeout_s": 5}

    caller.begin(*(("message.send", {**asked, "id": id, "body": id}) for id in ids))
    caller.answers(len(ids))

    assert b"\x03\x03" not in record.read_bytes()  # one may break off the turn of another that was given by then
    last = up.call("message.show", id="m-0")["history"][-1]
    assert last["evidence"].endswith("exit status 130, interrupted for m-1")


@pytest.mark.parametrize("timeout", ["0", "12"])
def test_where_the_turn_goes_on_the_sender_is_told_that_within_its_time(up: Team, timeout: str):
    up.add("sh", "shell")
    up.send("sh", "trap '' INT; until [ -e go ]; do sleep 0.05; done", id="m-0", timeout_s=20)

    ran = up.run("send", "sh", "echo next", "--id", "m-1", "--interrupt", "--timeout", timeout)

    assert (ran.code, "sh was interrupted and goes on so far" in ran.err) == (3, True)
    assert "daemon" not in ran.err


def test_a_session_may_break_off_only_whom_it_may_control(up: Team):
    up.add("sh", "shell", accepts_from=["*"])
    up.add("bob", "shell", accepts_from=["*"])
    up.add("eve", "shell", accepts_from=["*"], may_control=["sh"])
    for name in ("bob", "eve"):
        up.call("peer.wake", peer=name)
    working = up.send("sh", "sleep 100", timeout_s=20)["id"]
    eventually(lambda: foreground(up, "sh") == "sleep")
    asked = {"to": "sh", "body": "echo by another", "interrupt": True, "wait": "accepted"}

    with pytest.raises(NotPermitted, match="may_control"):
        send_as(up, "bob", **asked)
    assert [each["from"] for each in up.call("message.list", peer="sh")["messages"]] == ["operator"]

    send_as(up, "eve", **asked)
    assert up.call("message.wait", id=working, until="ended", timeout_s=20)["exit_status"] == 130


def test_nothing_is_broken_off_for_what_could_not_be_given_after_it_either(up: Team):
    up.add("sh", "shell")
    working = up.send("sh", "sleep 100", timeout_s=20)["id"]
    eventually(lambda: foreground(up, "sh") == "sleep")
    up.call("queue.pause", peer="sh")

    sent = up.send("sh", "echo x", interrupt=True, wait="accepted")

    assert (sent["state"], "was not broken off" in str(sent["notes"])) == ("accepted", True)
    assert up.call("message.show", id=working)["task"] == "open"


def test_it_is_for_now_and_for_somebody(up: Team):
    up.add("sh", "shell")
    with pytest.raises(UsageError, match="not with --not-before"):
        up.call("message.send", to="sh", body="x", interrupt=True, not_before_s=60)
