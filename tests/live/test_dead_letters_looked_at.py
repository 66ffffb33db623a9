"""What came to nothing on its way to a peer is told until a person was shown it: that, and no more, is looked at."""

import pytest

from peerd.errors import NotPermitted
from peerd.rpc.client import call
from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.persons import at_a_terminal
from tests.live.test_notify import Told

pytestmark = pytest.mark.tmux


@pytest.fixture
def held(up: Team) -> Team:
    up.add("bob", "shell")
    up.call("queue.pause", peer="bob")
    return up


def lose(team: Team, *ids: str) -> None:
    for id in ids:
        team.send("bob", "echo", id=id, wait="accepted", expires_s=0.2)
    for id in ids:
        eventually(lambda id=id: team.call("message.show", id=id, look=True)["state"] == "expired")  # type: ignore[misc]


def cancelled(team: Team, *ids: str) -> None:
    for id in ids:
        team.send("bob", "echo", id=id, wait="accepted")
        team.call("message.cancel", id=id)


def lost_to_bob(team: Team) -> list[str]:
    told = [each["text"] for each in team.call("notice.list")["notices"] if (each["kind"]) == "dead"]
    return [each.partition(" to bob failed")[0] for each in told]


def listed(out: str) -> list[str]:
    _, _, dead = out.partition("dead letters;")
    return [line.split()[0] for line in dead.splitlines()[2:] if "shell" not in line and line[:2] in ("l-", "c-")]


def test_what_nobody_has_seen_comes_before_what_somebody_cancelled_and_no_more_is_seen_than_was_shown(held: Team):
    lose(held, "l-1", "l-2")
    cancelled(held, "c-1", "c-2")

    first = at_a_terminal(held, "queue", "ls", "bob", "--limit", "1").out
    left = lost_to_bob(held)
    second = at_a_terminal(held, "queue", "ls", "bob", "--limit", "1").out

    assert (listed(first), left, listed(second), lost_to_bob(held)) == (["l-2"], ["1 message"], ["l-1"], [])
    more = "these are the first 1 dead letters, and there are more: `--limit N` lists N."
    assert all(more in each for each in (first, second))
    whole = at_a_terminal(held, "queue", "ls", "bob").out
    assert (listed(whole), "there are more" in whole) == (["c-2", "c-1", "l-2", "l-1"], False)


def test_what_a_full_disk_a_pipe_or_a_program_was_given_nobody_has_seen(held: Team):
    lose(held, "l-1")

    held.run("queue", "ls", "bob", "--json")
    held.call("queue.list", peer="bob")
    piped = held.run("queue", "ls", "bob")

    assert "these dead letters still count as not looked at: stdout is not a terminal." in piped.err
    assert lost_to_bob(held) == ["1 message"]
    assert "not looked at" not in at_a_terminal(held, "queue", "ls", "bob").out
    assert lost_to_bob(held) == []


def test_a_loss_after_its_notice_was_read_makes_that_unread_and_is_told_to_commands_anew(team: Team):
    told = Told(team)
    team.start()
    team.add("bob", "shell")
    team.call("queue.pause", peer="bob")
    lose(team, "l-1")
    assert told.once()["argv"][0].startswith("peerd: ")
    team.call("notice.read")
    assert [each["read"] for each in team.call("notice.list")["notices"]] == [True]

    lose(team, "l-2")

    eventually(lambda: len(told.runs) == 2, within_s=15)
    (notice,) = team.call("notice.list")["notices"]
    assert (notice["read"], notice["count"], lost_to_bob(team)) == (False, 2, ["2 messages"])


def test_a_session_looks_and_has_seen_nothing_for_the_operator(held: Team):
    held.add("ada")
    held.call("peer.wake", peer="ada")
    lose(held, "l-1")
    session = held.caller("ada") | {"PEERD_SESSION": held.session("ada").id}

    assert "l-1" in at_a_terminal(held, "queue", "ls", "bob", env=session).out

    with pytest.raises(NotPermitted, match="only the operator"):
        call(
            "message.looked",
            {"ids": ["l-1"]},
            timeout_s=20,
            socket_path=held.home.socket,
            token=session["PEERD_TOKEN"],
        )
    assert lost_to_bob(held) == ["1 message"]


def test_without_a_daemon_it_comes_first_too_and_stays_unseen(held: Team):
    lose(held, "l-1")
    cancelled(held, "c-1")
    held.run("daemon", "stop")

    out = at_a_terminal(held, "queue", "ls", "bob", "--limit", "1").out

    assert listed(out) == ["l-1"]
    assert "there are more: `--limit N` lists N." in out
    assert "these dead letters still count as not looked at: no daemon answers." in out
    held.start()
    assert lost_to_bob(held) == ["1 message"]
