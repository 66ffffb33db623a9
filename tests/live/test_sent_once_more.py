"""A message sent once more under its id, whatever has become of its peer by then: what was accepted stands."""

from typing import Any

import pytest

from peerd.errors import PeerdError
from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_reports import said

pytestmark = pytest.mark.tmux


def waits(team: Team, **fields: Any) -> None:
    """A message that waits for ada, who is stopped."""
    team.add("ada", "actor", **fields)
    team.call("peer.stop", peer="ada")
    team.send("ada", "hello", id="m-1", queue=True, wait="accepted")


def again(team: Team, to: str = "ada", body: str = "hello", **fields: str) -> str:
    return str(team.send(to, body, id="m-1", queue=True, wait="accepted", **fields)["to"])


def test_it_is_known_by_the_name_its_peer_had(up: Team):
    waits(up)
    up.call("peer.rename", peer="ada", name="eve")
    up.call("peer.rename", peer="eve", name="bob")

    assert [again(up), again(up, "eve"), again(up, "bob")] == ["bob"] * 3
    assert up.run("send", "ada", "hello", "--id", "m-1", "--queue", "--wait", "accepted").code == 0


def test_it_is_told_what_became_of_it_once_its_peer_is_removed(up: Team):
    waits(up)
    up.call("peer.remove", peer="ada")

    assert up.send("ada", "hello", id="m-1", wait="ended")["state"] == "cancelled"


def test_one_that_has_the_name_of_its_removed_peer_is_not_taken_for_that(up: Team):
    waits(up)
    up.call("peer.remove", peer="ada")
    up.add("ada", "actor")

    ran = up.run("send", "ada", "hello", "--id", "m-1")

    told = "the id m-1 is taken by a message to the ada that was removed: nothing was stored, send under another id"
    assert (ran.code, ran.out, told in ran.err) == (1, "", True)


def test_nor_is_it_handed_out_to_that(up: Team):
    waits(up)
    up.call("peer.remove", peer="ada")
    up.add("ada", "actor")

    ran, listed = up.run("queue", "requeue", "m-1"), up.run("queue", "ls", "ada").out

    told = "peerd: m-1 was sent to the ada that was removed: it stays as it is. Who is called so now is another"
    assert (ran.code, ran.err) == (1, f"{told}: `peerd send ada`.\n")
    assert "m-1" not in listed
    assert "failed: ada was removed" in up.run("message", "m-1").out


def test_it_is_known_where_the_queue_is_full_since(up: Team):
    waits(up, queue_max=2)
    up.send("ada", "and this", queue=True, wait="accepted")

    assert again(up) == "ada"


def test_others_under_its_id_are_refused(up: Team):
    waits(up)
    up.add("eve", "actor")

    for to, body in (("ada", "other words"), ("eve", "hello")):
        with pytest.raises(PeerdError, match="m-1 is taken by another message"):
            again(up, to, body)
    for fields in ({"topic": "tax"}, {"reply_to": "m-1"}):
        with pytest.raises(PeerdError, match="m-1 is taken by another message"):
            again(up, **fields)
    assert again(up, priority="high") == "ada"


def test_it_is_another_one_of_a_namesake(up: Team):
    for name in ("ada", "bob"):
        up.add(name, "actor")
    up.call("peer.wake", peer="bob")
    up.call("queue.pause", peer="ada")
    said(up, "ada", "hello", "bob", id="m-1")
    up.call("peer.remove", peer="bob", now=True)
    up.add("bob", "actor")
    up.call("peer.wake", peer="bob")

    with pytest.raises(PeerdError, match="m-1 is taken by another message"):
        said(up, "ada", "hello", "bob", id="m-1")


def text_is_gone(team: Team, id: str) -> bool:
    """The turn that it was answered in has it in hand for a moment longer."""
    team.call("message.purge", older_than_s=0)
    return team.call("message.show", id=id)["gone_at"] is not None


def test_of_one_whose_text_is_gone_it_says_that_it_was_sent_and_not_to_send_it_under_another_id(up: Team):
    up.add("ada", "actor", groups=["g"])
    assert [up.run("ask", to, "hello", "--id", id).code for to, id in (("ada", "m-1"), ("@g", "all"))] == [0, 0]
    assert eventually(lambda: text_is_gone(up, "m-1") and text_is_gone(up, "all.ada"))

    ran, whole = up.run("ask", "ada", "hello", "--id", "m-1"), up.run("ask", "@g", "hello", "--id", "all")

    assert (ran.code, ran.out, whole.code) == (1, "", 1)
    for id, told in (("m-1", ran.err), ("all.ada", whole.err)):
        assert f"{id} was sent to ada before, and its text is no longer kept" in told
        assert f"`peerd message {id}` tells what became of it" in told
    assert up.run("message", "m-1").out.startswith("m-1 from operator to ada: submitted, task answered")


def test_another_one_is_not_taken_for_one_whose_text_is_gone(up: Team):
    for name in ("ada", "bob"):
        up.add(name, "actor")
    assert up.run("ask", "ada", "hello", "--id", "m-1").code == 0
    eventually(lambda: text_is_gone(up, "m-1"))

    for to, fields in (("bob", {}), ("ada", {"topic": "tax"}), ("ada", {"reply_to": "re-m-1"})):
        with pytest.raises(PeerdError, match="m-1 is taken by another message"):
            again(up, to, **fields)
