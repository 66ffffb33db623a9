"""Two commands at once about one message, or about one peer: the record and the queue agree, and nobody is told of a
fault for it."""

import json
import sys
from typing import Any

import pytest

from peerd.rpc.protocol import PROTOCOL
from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_stalled_disks import stalled
from tests.rpc.serving import Client

pytestmark = pytest.mark.tmux

JUST_LEAVES = "ada is just being removed or renamed"
Request = tuple[str, dict[str, Any]]


class Caller(Client):
    """Whose requests are begun together, in their order: none is done when the next one begins."""

    def __init__(self, team: Team, token: str | None = None) -> None:
        super().__init__(team.home.socket)
        self.ask("hello", {"protocol": PROTOCOL, "version": "0", "token": token})
        self.result()

    def begin(self, *requests: Request) -> None:
        asked = ({"jsonrpc": "2.0", "id": n, "method": name, "params": of} for n, (name, of) in enumerate(requests))
        self.send(b"".join(json.dumps(each).encode() + b"\n" for each in asked))

    def answers(self, count: int) -> list[Any]:
        """A refusal is its text."""
        found = sorted((self.answer() for _ in range(count)), key=lambda each: each["id"])
        self.close()
        return [each["result"] if "result" in each else each["error"]["message"] for each in found]


def at_once(team: Team, *requests: Request) -> list[Any]:
    caller = Caller(team)
    caller.begin(*requests)
    return caller.answers(len(requests))


def to_ada(id: str, **params: Any) -> Request:
    return "message.send", {"to": "ada", "body": id, "id": id, "wait": "accepted", **params}


def requeue(id: str) -> Request:
    return "message.requeue", {"id": id}


def remove(name: str) -> Request:
    return "peer.remove", {"peer": name, "now": True}


def waiting(team: Team) -> list[str]:
    return [row["id"] for row in team.call("queue.list", peer="ada")["waiting"]]


def state(team: Team, id: str) -> str:
    return str(team.call("message.show", id=id)["state"])


@pytest.fixture
def ada(up: Team) -> Team:
    """Her queue is held back. Room is for two."""
    up.add("ada", "actor", queue_max=2)
    up.call("queue.pause", peer="ada")
    return up


def come_to_nothing(team: Team, *ids: str, **params: Any) -> None:
    for id in ids:
        team.call(*to_ada(id, **params)[:1], **to_ada(id, **params)[1])
        team.call("message.cancel", id=id)


def test_an_older_word_under_a_key_is_not_handed_out_again_while_a_later_one_is_being_stored(ada: Team):
    come_to_nothing(ada, "older", key="pass")

    _, refusal = at_once(ada, to_ada("later", key="pass"), requeue("older"))

    assert "later waits under the same key, 'pass'" in refusal
    assert (waiting(ada), state(ada, "older")) == (["later"], "cancelled")


def test_a_later_word_takes_the_place_of_an_older_one_that_is_just_being_handed_out_again(ada: Team):
    come_to_nothing(ada, "older", key="pass")

    at_once(ada, requeue("older"), to_ada("later", key="pass"))

    assert (waiting(ada), state(ada, "older")) == (["later"], "cancelled")


def test_of_two_words_under_a_key_that_are_handed_out_again_at_once_the_first_is(ada: Team):
    come_to_nothing(ada, "one", "two", key="pass")

    _, refusal = at_once(ada, requeue("one"), requeue("two"))

    assert "one waits under the same key, 'pass'" in refusal
    assert (waiting(ada), state(ada, "two")) == (["one"], "cancelled")


def test_to_cancel_what_is_just_being_handed_out_again_is_to_be_tried_again(ada: Team):
    come_to_nothing(ada, "again")

    refusal, handed_out = at_once(ada, ("message.cancel", {"id": "again"}), requeue("again"))

    assert refusal == "again is being processed just now. Nothing was done; try again."
    assert (handed_out["state"], waiting(ada)) == ("accepted", ["again"])
    assert ada.call("message.cancel", id="again")["state"] == "cancelled"


def test_nothing_is_handed_out_again_to_a_peer_that_is_being_removed(ada: Team):
    come_to_nothing(ada, "lost")

    removed, refusal = at_once(ada, remove("ada"), requeue("lost"))

    assert removed["cancelled"] == 0
    assert refusal == f"{JUST_LEAVES}; lost stays as it is. Try again."
    assert state(ada, "lost") == "cancelled"


def test_what_is_just_being_handed_out_again_is_cancelled_with_its_peer(ada: Team):
    come_to_nothing(ada, "lost")

    _, removed = at_once(ada, requeue("lost"), remove("ada"))

    assert (removed["cancelled"], state(ada, "lost")) == (1, "cancelled")


def test_what_has_just_expired_is_not_handed_out_again_beyond_the_places_there_are(ada: Team):
    caller = Caller(ada)
    with stalled(ada):
        caller.begin(to_ada("late", expires_s=0.5), to_ada("one"))
    assert eventually(lambda: set(waiting(ada)) == {"late", "one"})
    with stalled(ada):
        eventually(lambda: ada.call("peer.list")["peers"][0]["queued"] == 1)
        again = Caller(ada)
        again.begin(to_ada("two"), requeue("late"))
        assert again.answer()["error"]["message"] == "ada has 2 messages waiting; late stays as it is. Try again later."

    assert again.answer()["result"]["id"] == "two"
    assert waiting(ada) == ["one", "two"]


def test_what_waits_already_takes_no_second_place_where_somebody_wants_it_handed_out_again(ada: Team):
    at_once(ada, to_ada("waits"))

    refusal, sent = at_once(ada, requeue("waits"), to_ada("another"))

    assert "only a dead letter" in refusal
    assert sent["id"] == "another"


@pytest.fixture
def late(up: Team) -> Team:
    """sh is at work on m-1, whose deadline is near."""
    up.add("sh", "shell")
    up.call("peer.wake", peer="sh")
    up.send("sh", "sleep 100", id="m-1", deadline_s=1.0, timeout_s=20)
    return up


def is_late(team: Team) -> bool:
    return "ev=dead-letter id=m-1 " in team.log("delivery")


def test_a_task_is_not_handed_out_again_in_its_turn_before_its_end_is_on_record(late: Team):
    caller = Caller(late)
    with stalled(late):
        eventually(lambda: is_late(late))
        caller.begin(requeue("m-1"))

        (refusal,) = caller.answers(1)

    assert refusal == "m-1 is just coming to its end. Nothing was done; try again."
    eventually(lambda: late.call("message.show", id="m-1")["task"] == "dead")
    ran = late.run("queue", "requeue", "m-1")
    assert (ran.code, "its turn still runs" in ran.err) == (1, True)


def test_a_reply_is_accepted_also_where_the_task_has_just_come_to_another_end(late: Team):
    caller = Caller(late, late.caller("sh")["PEERD_TOKEN"])
    with stalled(late):
        eventually(lambda: is_late(late))
        caller.begin(("message.send", {"to": "operator", "body": "did it", "reply_to": "m-1", "wait": "accepted"}))

    (reply,) = caller.answers(1)

    assert reply["state"] == "accepted"
    shown = late.call("message.show", id="m-1")
    assert (shown["task"], shown["late_reply"]) == ("dead", reply["id"])


@pytest.fixture
def unread(up: Team) -> Team:
    """m-1 lies unread for the operator."""
    up.add("sh", "shell")
    up.call("peer.wake", peer="sh")
    caller = Caller(up, up.caller("sh")["PEERD_TOKEN"])
    caller.begin(("message.send", {"to": "operator", "body": "hello", "id": "m-1", "wait": "accepted"}))
    caller.answers(1)
    return up


READS: Request = ("message.show", {"id": "m-1"})
PURGES: Request = ("queue.purge", {"peer": "operator"})


def test_what_is_cancelled_as_it_is_read_is_read_all_the_same(unread: Team):
    purged, read = at_once(unread, PURGES, READS)

    assert (purged["dropped"], read["body"], read["state"]) == (1, "hello", "cancelled")


def test_what_is_read_as_all_unread_ones_are_cancelled_refuses_nothing(unread: Team):
    reader, purger = Caller(unread), Caller(unread)
    with stalled(unread):
        reader.begin(READS)
        unread.call("daemon.status")  # by now that is under way
        purger.begin(PURGES)
        unread.call("daemon.status")

    (read,), (purged,) = reader.answers(1), purger.answers(1)

    assert (read["body"], read["state"]) == ("hello", "submitted")
    assert purged["waiting"] == 0


EXPIRES_AS_ITS_PEER_IS_FORGOTTEN = """
from peerd.daemon import main
from peerd.edges import clock
from peerd.model.message import Delivery
from peerd.store.store import Store
from peerd.store.write import ForgetPeer, SetDelivery
right = Store.commit
def commit(self, *writes):
    if any(isinstance(each, ForgetPeer) for each in writes):
        self.keep(SetDelivery("late", Delivery.EXPIRED, 0, None, clock.wall(), "expired"))
    return right(self, *writes)
Store.commit = commit
main.run()
"""
"""On its way to the record, and not there yet, as the peer's queue is read off it."""


def test_a_message_that_expires_as_its_peer_is_removed_keeps_nobody_from_that(team: Team):
    team.start(sys.executable, "-c", EXPIRES_AS_ITS_PEER_IS_FORGOTTEN)
    team.add("ada", "actor")
    team.call("queue.pause", peer="ada")
    at_once(team, to_ada("late"), to_ada("waits"))

    (removed,) = at_once(team, remove("ada"))

    assert removed["cancelled"] == 1
    assert (state(team, "late"), state(team, "waits")) == ("expired", "cancelled")


def test_a_stop_of_a_peer_that_is_removed_meanwhile_is_told_of_that(up: Team):
    for _ in range(6):
        up.add("ada", "actor")
        up.call("peer.wake", peer="ada")

        stopped, removed = at_once(up, ("peer.stop", {"peer": "ada"}), remove("ada"))

        assert removed["peer"] == "ada"
        assert (
            stopped == "ada was removed or renamed in the meantime. `peerd ls` lists who there is." or stopped["peer"]
        )
    assert "ev=action-failed" not in up.log()
