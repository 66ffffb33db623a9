"""What waits is handed over by its priority, for real: told alike by the daemon, by the next one and by none."""

import pytest

from peerd.errors import UsageError
from peerd.rpc.client import call
from tests.eventually import eventually
from tests.live.conftest import Team

pytestmark = pytest.mark.tmux


def waiting(team: Team) -> list[tuple[str, str]]:
    rows = team.run("queue", "ls", "ada", "--json").json["waiting"]
    return [(row["id"], row["priority"]) for row in rows]


def test_what_waits_is_handed_over_by_priority_and_by_the_next_daemon_too(team: Team):
    team.start()
    team.add("ada", "shell", accepts_from=["*"])
    team.add("bob", "shell")
    team.call("peer.wake", peer="bob")
    team.call("queue.pause", peer="ada")
    token = team.caller("bob")["PEERD_TOKEN"]
    for id, priority in (("o-low", "low"), ("o-normal", "normal")):
        assert team.run("send", "ada", f"echo {id}", "--id", id, "--priority", priority, "--wait", "accepted").code == 0
    for id, priority in (("b-low", "low"), ("b-high", "high")):
        sent = {"to": "ada", "body": f"echo {id}", "id": id, "priority": priority, "wait": "accepted"}
        call("message.send", sent, timeout_s=10, socket_path=team.home.socket, token=token)
    in_order = [("b-low", "low"), ("b-high", "high"), ("o-low", "low"), ("o-normal", "normal")]

    assert waiting(team) == in_order
    assert [(each["id"], each["priority"]) for each in team.show("ada")["queue"]] == in_order
    team.kill_daemon()
    assert waiting(team) == in_order
    table = team.run("queue", "ls", "ada").out
    assert "PRIORITY" in table.splitlines()[1]
    assert "priority high" in team.run("message", "b-high").out
    assert team.run("message", "b-high", "--json").json["priority"] == "high"
    team.start()
    assert waiting(team) == in_order
    team.call("queue.resume", peer="ada")

    for id, _ in in_order:
        assert team.call("message.wait", id=id, until="ended", timeout_s=20)["task"] == "turn_ended"
    taken = {id: next(step["at"] for step in history(team, id) if step["state"] == "submitted") for id, _ in in_order}
    assert sorted(taken, key=taken.__getitem__) == [id for id, _ in in_order]


def history(team: Team, id: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = team.call("message.show", id=id)["history"]
    return found


def test_what_a_renamed_peer_sent_before_goes_with_what_it_sends_since(up: Team):
    up.add("ada", "actor")
    up.add("bob", "shell")
    up.call("queue.pause", peer="ada")

    def sent(name: str, id: str, priority: str) -> None:
        up.call("peer.wake", peer=name)
        asked = {"to": "ada", "body": id, "id": id, "priority": priority, "wait": "accepted"}
        call("message.send", asked, timeout_s=10, socket_path=up.home.socket, token=up.caller(name)["PEERD_TOKEN"])

    sent("bob", "before", "low")
    up.send("ada", "between", id="between", wait="accepted")
    up.call("peer.rename", peer="bob", name="rob", now=True)
    sent("rob", "since", "high")

    assert [id for id, _ in waiting(up)] == ["before", "since", "between"]
    assert [each["id"] for each in up.show("ada")["queue"]] == ["before", "since", "between"]


@pytest.mark.parametrize("command", ["send", "ask"])
def test_a_priority_that_there_is_not_is_refused(up: Team, command: str):
    up.add("ada", "actor")

    ran = up.run(command, "ada", "hello", "--priority", "urgent")

    assert (ran.code, "'urgent'" in ran.err, "low" in ran.err) == (2, True, True)
    with pytest.raises(UsageError, match=r"urgent.*priority"):
        up.send("ada", "hello", priority="urgent")
    assert up.call("message.list")["messages"] == []


def test_the_answer_to_an_urgent_question_is_printed(up: Team):
    up.add("ada", "actor")

    ran = up.run("ask", "ada", "hello", "--priority", "high")

    assert ran.code == 0
    (row,) = eventually(lambda: [each for each in up.call("message.list")["messages"] if each["to"] == "ada"])
    assert row["priority"] == "high"
    assert f"ev=accepted id={row['id']} from=operator to=ada" in (log := up.log("delivery"))
    assert log.count("priority=") == log.count("priority=high") == 1
    assert "PRIORITY" in up.run("messages").out


def test_senders_take_turns_by_the_next_daemon_too_and_that_is_told_without_one(team: Team):
    team.start()
    team.add("ada", "actor")
    team.add("bob", "shell")
    team.call("peer.wake", peer="bob")
    team.send("ada", "hello", id="o-0", wait="ended")
    team.call("queue.pause", peer="ada")
    for id in ("o-1", "o-2"):
        team.send("ada", id, id=id, wait="accepted")
    sent = {"to": "ada", "body": "b-1", "id": "b-1", "wait": "accepted"}
    call("message.send", sent, timeout_s=10, socket_path=team.home.socket, token=team.caller("bob")["PEERD_TOKEN"])

    def told() -> list[str]:
        return [id for id, _ in waiting(team)]

    in_order = ["b-1", "o-1", "o-2"]
    assert told() == in_order
    assert [each["id"] for each in team.show("ada")["queue"]] == in_order
    team.kill_daemon()
    assert told() == in_order
    team.start()
    assert told() == in_order
    team.call("queue.resume", peer="ada")
    for id in in_order:
        assert team.call("message.wait", id=id, until="ended", timeout_s=20)["state"] == "submitted"
    taken = {id: next(step["at"] for step in history(team, id) if step["state"] == "submitted") for id in in_order}
    assert sorted(taken, key=taken.__getitem__) == in_order


def test_what_waits_behind_others_is_not_told_to_be_next(up: Team):
    up.add("ada", "actor", "--stall-s", "3")
    up.call("peer.wake", peer="ada")

    for n in (1, 2, 3):
        up.send("ada", "hello", id=f"m-{n}", wait="accepted")

    eventually(lambda: up.call("message.show", id="m-3").get("ahead") == 2)
    assert up.call("message.show", id="m-3")["hold"] is None


def test_who_raises_one_is_told_how_many_they_sent_before_go_first(up: Team):
    up.add("ada", "actor")
    up.call("queue.pause", peer="ada")
    for id in ("m-1", "m-2"):
        assert up.run("send", "ada", id, "--id", id, "--wait", "accepted").err == ""

    raised = up.run("send", "ada", "stop", "--priority", "high", "--wait", "accepted")
    urgent = up.run("send", "ada", "stop", "--interrupt", "--wait", "accepted", "--json")

    assert raised.err == "peerd: 2 messages you sent before it go first; `peerd queue ls ada` lists them.\n"
    assert (raised.code, urgent.code) == (0, 0)
    assert "3 messages you sent before it go first; `peerd queue ls ada` lists them." in urgent.json["notes"]
    assert [id for id, _ in waiting(up)][:2] == ["m-1", "m-2"]
