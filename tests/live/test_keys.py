"""Of what one sender sends under one key one waits, the latest; what others send is another matter."""

import pytest

from peerd.errors import PeerdError, TryAgain
from tests.live.conftest import Team
from tests.live.test_at_once import waiting
from tests.live.test_reports import said

pytestmark = pytest.mark.tmux


def test_an_older_word_under_a_key_is_not_handed_out_again_in_the_place_of_a_later_one(up: Team):
    up.add("ada", "actor")
    up.call("queue.pause", peer="ada")
    older, later = (up.send("ada", f"pass {n}", key="pass", wait="accepted")["id"] for n in range(2))

    ran = up.run("queue", "requeue", older)

    assert (ran.code, f"`peerd queue cancel {later}`" in ran.err) == (1, True)
    assert [up.call("message.show", id=id)["state"] for id in (older, later)] == ["cancelled", "accepted"]


def test_of_one_key_one_waits(up: Team):
    up.add("ada", "actor")
    up.call("queue.pause", peer="ada")
    ids = [up.send("ada", f"pass {n}", key="pass", wait="accepted")["id"] for n in range(3)]

    rows = up.call("queue.list", peer="ada")["waiting"]

    assert [row["id"] for row in rows] == [ids[2]]
    assert (
        up.call("message.show", id=ids[0])["history"][-1]["evidence"] == f"{ids[1]} took its place, under the same key"
    )


def test_of_one_key_one_waits_though_the_daemon_ended_before_it_took_the_place_of_the_other(team: Team):
    team.start()
    team.add("ada", "actor")
    team.call("queue.pause", peer="ada")
    for id, key in (("older", "k"), ("between", None)):
        team.send("ada", id, id=id, key=key, wait="accepted")
    team.kill_daemon()
    team.start_dying("InsertMessage")
    with pytest.raises(PeerdError):
        team.send("ada", "later", id="later", key="k", wait="accepted")

    team.start()

    assert [row["id"] for row in team.call("queue.list", peer="ada")["waiting"]] == ["between", "later"]
    evidence = team.call("message.show", id="older")["history"][-1]["evidence"]
    assert evidence == "later took its place, under the same key"


def test_the_later_word_is_taken_by_a_queue_that_is_full_where_it_takes_a_place_in_it(up: Team):
    up.add("ada", "actor", queue_max=2)
    up.call("queue.pause", peer="ada")
    up.send("ada", "between", id="m-1", wait="accepted")
    for id in ("m-2", "m-3", "m-4"):
        up.send("ada", id, id=id, key="pass", wait="accepted")

    for fields in ({}, {"key": "another"}, {"key": "pass", "reply_to": "m-1"}):
        with pytest.raises(TryAgain, match="ada has 2 messages waiting; not accepted"):
            up.send("ada", "one too many", wait="accepted", **fields)
    assert waiting(up) == ["m-1", "m-4"]


def test_a_key_is_its_senders_own_and_no_namesakes(up: Team):
    up.add("ada", "actor")
    up.add("bob", "actor")
    up.call("queue.pause", peer="ada")
    up.call("peer.wake", peer="bob")
    said(up, "ada", "of bob", "bob", id="of-bob", key="pass")
    up.send("ada", "of mine", id="of-mine", key="pass", wait="accepted")
    up.call("peer.remove", peer="bob", now=True)
    up.add("bob", "actor")
    up.call("peer.wake", peer="bob")

    said(up, "ada", "of another", "bob", id="of-another", key="pass")

    assert waiting(up) == ["of-bob", "of-mine", "of-another"]
    up.kill_daemon()
    up.start()
    assert waiting(up) == ["of-bob", "of-mine", "of-another"]
    up.call("message.cancel", id="of-bob")
    assert up.call("message.requeue", id="of-bob")["state"] == "accepted"


def test_what_gave_way_to_a_later_one_has_not_come_to_nothing(up: Team):
    up.add("ada", "actor")
    up.call("queue.pause", peer="ada")
    ids = [up.send("ada", f"pass {n}", key="pass", wait="accepted")["id"] for n in range(3)]

    listed = up.call("queue.list", peer="ada")
    assert (listed["queues"][0]["dead"], listed["dead"]) == (0, [])

    up.call("message.cancel", id=ids[2])
    up.call("message.requeue", id=ids[0])
    up.call("message.cancel", id=ids[0])
    listed = up.call("queue.list", peer="ada")
    assert (listed["queues"][0]["dead"], {each["id"] for each in listed["dead"]}) == (2, {ids[2], ids[0]})


def test_who_asks_for_what_gave_way_is_told_to_what(up: Team):
    up.add("ada", "actor")
    up.call("queue.pause", peer="ada")
    for id in ("m-1", "m-2"):
        up.send("ada", id, id=id, key="pass", wait="accepted")

    shown, waited = up.run("message", "m-1"), up.run("wait", "m-1")

    assert "was replaced by m-2, sent under the same key" in shown.out
    assert waited.code == 1
    assert waited.err == "peerd: m-1 was replaced by m-2, sent under the same key. `peerd wait m-2` waits for that.\n"
    assert up.run("message", "m-2", "--json").json.get("gave_way_to") is None
    up.kill_daemon()
    assert "was replaced by m-2, sent under the same key" in up.run("message", "m-1", env={}).out
