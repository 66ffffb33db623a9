"""A session is told of any message what became of it, and its text and answer only where it sent or was sent that."""

from typing import Any

import pytest

from tests.live.conftest import Team
from tests.live.test_what_peers_may import ask, send

pytestmark = pytest.mark.tmux


@pytest.fixture
def team_of_three(up: Team) -> Team:
    """Ada asked the operator q-1 with a file, and bob m-1, which is answered; cat has nothing to do with either."""
    for name in ("ada", "bob", "cat"):
        up.add(name, "actor", may_control=["*"])
        up.call("peer.wake", peer=name)
    (up.work / "plan").write_text("secret plan")
    send(up, "ada", "operator", body="secret question", id="q-1", attach=[str(up.work / "plan")])
    send(up, "ada", "bob", body="secret task", id="m-1", wait="ended", timeout_s=20)
    return up


def shown(team: Team, name: str | None, id: str) -> dict[str, Any]:
    asked = {"id": id, "look": True}
    return ask(team, name, "message.show", **asked) if name else team.call("message.show", **asked)


def test_who_sent_it_who_was_sent_it_and_the_operator_read_it(team_of_three: Team):
    team = team_of_three

    assert [shown(team, each, "m-1")["body"] for each in ("ada", "bob", None)] == ["secret task"] * 3
    assert [shown(team, each, "m-1")["answer"] is None for each in ("ada", "bob", None)] == [False] * 3
    assert [len(shown(team, each, "q-1")["attached"]) for each in ("ada", None)] == [1, 1]


def test_another_is_told_what_became_of_it_alone(team_of_three: Team):
    told = [shown(team_of_three, "cat", id) for id in ("q-1", "m-1")]

    assert [(each["from"], each["to"], each["state"]) for each in told] == [
        ("ada", "operator", "accepted"),
        ("ada", "bob", "submitted"),
    ]
    assert [(each["body"], each["answer"], each["attached"], each["withheld"]) for each in told] == [
        (None, None, [], True),
        (None, None, [], True),
    ]
    assert "secret" not in str(told)


def test_another_may_wait_for_its_end_and_is_not_told_the_answer(team_of_three: Team):
    waited = ask(team_of_three, "cat", "message.wait", id="m-1", until="ended")

    assert (waited["task"], waited["answer"], waited["withheld"]) == ("answered", None, True)


def test_a_namesake_reads_nothing_of_one_that_was_removed(team_of_three: Team):
    team = team_of_three
    team.call("peer.remove", peer="bob", now=True)
    team.add("bob", "actor")
    team.call("peer.wake", peer="bob")

    assert shown(team, "bob", "m-1")["body"] is None


def test_a_command_says_so(team_of_three: Team):
    team, env = team_of_three, team_of_three.caller("cat")
    why = "bob and the operator"

    message, wait = team.run("message", "m-1", env=env), team.run("wait", "m-1", "--for", "ended", env=env)

    assert f"only ada, {why} may read its text and its answer" in message.out.splitlines()
    assert "secret" not in message.out
    assert (wait.code, why in wait.err) == (0, True)
    assert team.run("message", "m-1", "--json", env=env).json["withheld"]
    assert "only ada and the operator may read its text and its answer" in team.run("inbox", "read", "q-1", env=env).out


def test_files_are_saved_by_none_who_may_not_read_them_nor_said_not_to_be_there(team_of_three: Team):
    team, to = team_of_three, team_of_three.work / "saved"

    cat, ada = (team.run("message", "q-1", "--save", str(to), env=team.caller(each)) for each in ("cat", "ada"))

    assert (cat.code, cat.out, ada.code) == (1, "", 0)
    assert "only ada and the operator may read the files attached to q-1: nothing was copied" in cat.err
    assert ada.out.split() == [str(to / "plan")]
