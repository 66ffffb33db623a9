"""A message to a group is one for each who is in it, with an id and a receipt of its own."""

import json
from typing import Any

import pytest

from peerd.errors import UnknownGroup, UsageError
from peerd.rpc.client import call
from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_declared_runtimes import declare
from tests.live.test_reports import report, reports

pytestmark = pytest.mark.tmux


@pytest.fixture
def ours(up: Team) -> Team:
    """ada and bob are in @ours, cat is not."""
    for name in ("ada", "bob"):
        up.add(name, groups=["ours"])
    up.add("cat")
    return up


def targets(team: Team) -> list[str]:
    return sorted(each["to"] for each in team.call("message.list")["messages"])


def test_each_who_is_in_it_is_sent_a_message_of_its_own_and_told_that_it_went_to_all(ours: Team):
    ran = ours.run("send", "@ours", "look", "--id", "m-all", "--timeout", "30")

    assert ran.code == 0
    lines = ran.out.splitlines()
    assert [line.split(":")[0] for line in lines] == ["m-all.ada to ada", "m-all.bob to bob"]
    assert all("submitted" in line for line in lines)
    assert targets(ours).count("cat") == 0
    header = "peerd message m-all.ada from operator (person) to group ours attempt 1 hops 0:"
    eventually(lambda: header in "\n".join(ours.call("peer.peek", peer="ada")["lines"]), within_s=10)
    assert "to all of @ours" in ours.run("message", "m-all.bob").out
    assert ours.call("message.show", id="m-all.bob")["group"] == "ours"


def test_the_same_id_twice_is_the_same_messages(ours: Team):
    for _ in range(2):
        assert ours.run("send", "@ours", "look", "--id", "m-all", "--wait", "accepted").code == 0

    assert targets(ours).count("ada") == targets(ours).count("bob") == 1


def test_it_is_the_same_of_one_that_was_renamed_since_and_another_of_its_old_name_has_its_own(ours: Team):
    send = ("send", "@ours", "look", "--id", "m-all", "--wait", "accepted", "--json")
    assert ours.run(*send).code == 0
    ours.call("peer.rename", peer="bob", name="ben")
    assert {each["to"]: each["id"] for each in ours.run(*send).json["sent"]} == {"ada": "m-all.ada", "ben": "m-all.bob"}
    ours.add("bob", groups=["ours"])

    sent, again = ({each["to"]: each["id"] for each in ours.run(*send).json["sent"]} for _ in range(2))

    assert sent == again == {"ada": "m-all.ada", "ben": "m-all.bob", "bob": "m-all.bob_2"}
    assert [each for each in targets(ours) if each != "operator"] == ["ada", "ben", "bob"]


def test_one_that_has_the_name_of_who_was_removed_is_sent_its_own(ours: Team):
    send = ("send", "@ours", "look", "--id", "m-all", "--wait", "accepted", "--json")
    assert ours.run(*send).code == 0
    ours.call("peer.remove", peer="bob", now=True)
    ours.add("bob", groups=["ours"])

    sent, again = ({each["to"]: each["id"] for each in ours.run(*send).json["sent"]} for _ in range(2))

    assert sent == again == {"ada": "m-all.ada", "bob": "m-all.bob_2"}


def test_another_id_that_begins_with_its_id_and_a_dot_is_another_message(ours: Team):
    def sent(id: str, body: str) -> dict[str, str]:
        ran = ours.run("send", "@ours", body, "--id", id, "--wait", "accepted", "--json")
        return {each["to"]: each["id"] for each in ran.json["sent"]}

    later = sent("m-1.1", "look")
    first = sent("m-1", "look")

    assert later == sent("m-1.1", "look") == {"ada": "m-1.1.ada", "bob": "m-1.1.bob"}
    assert first == sent("m-1", "look") == {"ada": "m-1.ada", "bob": "m-1.bob"}


def test_one_that_refuses_costs_no_other_and_is_told_by_name(ours: Team):
    ours.call("peer.stop", peer="ada")

    ran = ours.run("send", "@ours", "look", "--id", "m-all", "--json", "--timeout", "30")

    told = ran.json
    assert (ran.code, told["group"], told["id"]) == (1, "ours", "m-all")
    assert [(each["id"], each["state"]) for each in told["sent"]] == [("m-all.bob", "submitted")]
    (error,) = told["errors"]
    assert (error["peer"], error["kind"], error["exit"]) == ("ada", "refused", 1)
    again = ours.run("send", "@ours", "look", "--id", "m-all", "--queue", "--wait", "accepted")
    assert (again.code, targets(ours).count("bob")) == (0, 1)


def test_the_exit_code_is_the_gravest_and_one_who_refuses_goes_before_one_that_waits(ours: Team):
    ours.call("queue.pause", peer="bob")
    waits = ours.run("send", "@ours", "look", "--timeout", "5")
    assert (waits.code, "waits on" in waits.err) == (3, True)
    ours.call("peer.stop", peer="ada")

    ran = ours.run("send", "@ours", "look", "--timeout", "0.1")

    assert ran.code == 1
    assert "peerd: ada: ada is stopped" in ran.err


def test_all_is_every_agent_but_who_sends(ours: Team):
    ours.add("sh", "shell", accepts_from=["*"])  # which would run it
    ours.call("peer.wake", peer="cat")
    token = ours.caller("cat")["PEERD_TOKEN"]
    params = {"to": "@all", "body": "look", "wait": "accepted"}

    sent: dict[str, Any] = call("group.send", params, timeout_s=30, socket_path=ours.home.socket, token=token)

    assert ([each["to"] for each in sent["sent"]], sent["errors"]) == (["ada", "bob"], [])


def test_a_peer_of_a_runtime_that_is_not_known_just_now_refuses_what_all_are_sent_by_its_name(team: Team):
    declare(team)
    team.start()
    team.add("ada")
    team.add("zed", "echo")
    declare(team, "name = ")
    team.kill_daemon()
    team.start()

    ran = team.run("send", "@all", "look", "--id", "m-all", "--wait", "accepted")

    assert ran.code == 1
    assert "m-all.ada to ada: accepted" in ran.out
    assert "peerd: zed: its runtime 'echo' is not known" in ran.err
    assert targets(team) == ["ada"]


@pytest.mark.parametrize(
    ("to", "told"),
    [
        ("@nobody", r"no group @nobody\. There are: @all, @ours\. `peerd edit NAME"),
        ("@Bad", "is not a group: write @ and its name"),
    ],
)
def test_a_group_that_is_none_is_told_with_those_there_are(ours: Team, to: str, told: str):
    with pytest.raises((UnknownGroup, UsageError), match=told):
        ours.call("group.send", to=to, body="look")

    assert targets(ours) == []


def test_what_a_group_cannot_be_sent_is_refused_before_anything_is_stored(ours: Team):
    for params, told in (
        ({"id": "m" * 32}, "at most 31 characters"),
        ({"reply_to": "m-1"}, "a reply goes to who asked"),
    ):
        with pytest.raises(UsageError, match=told):
            ours.call("group.send", **({"to": "@ours", "body": "look"} | params))
    with pytest.raises(UsageError, match="'@ours' is a group: this takes one peer"):
        ours.call("peer.wake", peer="@ours")

    assert targets(ours) == []


def test_whom_a_peer_may_not_send_to_is_left_out_of_what_it_sends_a_group(ours: Team):
    ours.call("peer.wake", peer="cat")
    ours.run("edit", "cat", "--set", 'may_send_to=["bob"]')

    ran = ours.run("send", "@ours", "look", "--wait", "accepted", "--json", env=ours.caller("cat"))

    assert (ran.code, [each["to"] for each in ran.json["sent"]]) == (1, ["bob"])
    assert [(each["peer"], each["kind"]) for each in ran.json["errors"]] == [("ada", "not-permitted")]


def test_ask_prints_what_each_says_under_its_name(ours: Team):
    ran = ours.run("ask", "@ours", "who are you?", "--timeout", "40")

    assert ran.code == 0
    lines = ran.out.splitlines()
    assert lines[0] == "ada:"
    assert "bob:" in lines[2:]
    assert len(lines) >= 4


def test_whoever_loses_the_daemon_in_between_sends_it_to_nobody_twice(ours: Team):
    ours.call("queue.pause", peer="ada")
    sending = ours.popen("send", "@ours", "look", "--id", "m-all", "--timeout", "20")
    eventually(lambda: len(targets(ours)) >= 2, within_s=15)
    ours.kill_daemon()
    ours.start()
    ours.call("queue.resume", peer="ada")

    assert sending.wait(40) == 0

    assert sorted(each for each in targets(ours) if each in ("ada", "bob")) == ["ada", "bob"]


def test_ls_and_show_tell_who_is_in_which(ours: Team):
    table = ours.run("ls").out
    assert ("GROUPS" in table, table.count("@ours")) == (True, 2)
    assert "  groups: @ours\n" in ours.run("show", "ada").out
    rows = {row["peer"]: row["groups"] for row in json.loads(ours.run("ls", "--json").out)}
    assert rows == {"ada": ["ours"], "bob": ["ours"], "cat": []}
    ours.call("daemon.stop")
    eventually(lambda: ours.died)
    assert ours.run("ls").out.count("@ours") == 2


def test_who_waits_for_a_whole_group_hears_only_of_whom_that_told_nothing(up: Team):
    for name, groups in (("ada", ()), ("bob", ["ours"]), ("eve", ["ours"])):
        up.add(name, "actor", "--baton", "9", "--to", "ada", groups=[*groups])
    up.call("peer.wake", peer="ada")
    up.call("queue.pause", peer="eve")
    asked = {"to": "@ours", "body": "baton 9", "id": "g", "wait": "ended", "timeout_s": 3.0}
    token = up.caller("ada")["PEERD_TOKEN"]

    told = call("group.send", asked, timeout_s=30, socket_path=up.home.socket, token=token)
    up.call("queue.resume", peer="eve")

    assert [each["task"] for each in told["sent"]] == ["turn_ended", "open"]
    assert report(up, "g.eve")["body"].startswith("g.eve, which you sent eve")
    assert (reports(up, "g.bob"), up.store().owed()) == ([], [])
