"""What two peers are told of a pause of theirs: that they are paused while it is so, and once they are not, whoever
heard it that they may go on."""

from pathlib import Path
from typing import Any

import pytest

from peerd.errors import PairPaused
from peerd.model.peer import PeerName
from peerd.store.paused import SetPair
from peerd.store.store import Store
from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_at_once import Caller
from tests.live.test_pairs_let_go import Pair
from tests.store.records import WALL, in_store

pytestmark = pytest.mark.tmux

PAUSED, GOES_ON = "are paused with each other", "may go on"


@pytest.fixture
def pair(up: Team) -> Pair:
    return Pair(up)


def words(pair: Pair, name: str) -> list[tuple[str, str]]:
    """The daemon's, the oldest first: what they say, and where they are."""
    found = pair.team.call("message.list", peer=name)["messages"]
    of_daemon = [pair.team.call("message.show", id=each["id"]) for each in found if each["from"] == "daemon"]
    return [(told(each), each["state"]) for each in of_daemon]


def told(shown: dict[str, Any]) -> str:
    return PAUSED if PAUSED in shown["body"] else GOES_ON if GOES_ON in shown["body"] else str(shown["body"])


def are(pair: Pair, name: str, *expected: tuple[str, str]) -> None:
    eventually(lambda: words(pair, name) == [*expected], within_s=20)


def release(pair: Pair) -> None:
    pair.team.call("pair.release", one="ada", other="bob")


def test_one_that_had_not_heard_of_it_by_then_is_told_nothing_and_one_that_was_refused_that_it_may_go_on(pair: Pair):
    pair.trip()
    are(pair, "bob", (PAUSED, "accepted"))

    release(pair)
    pair.let("ada", "bob")

    are(pair, "ada", (GOES_ON, "submitted"))
    are(pair, "bob", (PAUSED, "cancelled"))


def test_who_was_told_is_told_that_they_may_go_on(pair: Pair):
    pair.let("ada", "bob")
    pair.team.call("pair.pause", one="ada", other="bob")
    for name in ("ada", "bob"):
        are(pair, name, (PAUSED, "submitted"))

    release(pair)

    for name in ("ada", "bob"):
        are(pair, name, (PAUSED, "submitted"), (GOES_ON, "submitted"))


def test_a_refusal_tells_it_as_well_as_the_word_would(pair: Pair):
    pair.trip()
    are(pair, "bob", (PAUSED, "accepted"))
    with pytest.raises(PairPaused):
        pair.send("bob", "ada", "and now?")
    are(pair, "bob", (PAUSED, "cancelled"))

    release(pair)

    are(pair, "bob", (PAUSED, "cancelled"), (GOES_ON, "accepted"))


def test_paused_again_before_it_heard_that_it_may_go_on_it_is_told_neither_and_then_that_it_may(pair: Pair):
    pair.trip()
    pair.let("bob")
    are(pair, "bob", (PAUSED, "submitted"))
    pair.team.call("queue.pause", peer="bob")
    release(pair)
    are(pair, "bob", (PAUSED, "submitted"), (GOES_ON, "accepted"))

    pair.trip()
    are(pair, "bob", (PAUSED, "submitted"), (GOES_ON, "cancelled"))
    release(pair)
    pair.let("bob")

    are(pair, "bob", (PAUSED, "submitted"), (GOES_ON, "cancelled"), (GOES_ON, "submitted"))


def test_a_peer_that_was_stopped_meanwhile_hears_that_it_may_go_on_once_it_is_started(pair: Pair):
    pair.trip()
    pair.let("bob")
    are(pair, "bob", (PAUSED, "submitted"))
    pair.team.call("peer.stop", peer="bob")

    release(pair)
    are(pair, "bob", (PAUSED, "submitted"), (GOES_ON, "accepted"))
    pair.team.call("peer.start", peer="bob")
    pair.team.call("peer.wake", peer="bob")

    are(pair, "bob", (PAUSED, "submitted"), (GOES_ON, "submitted"))


def test_the_word_knows_a_new_name_and_says_nothing_of_one_that_is_removed(pair: Pair):
    pair.trip()
    are(pair, "bob", (PAUSED, "accepted"))

    pair.team.call("peer.rename", peer="ada", name="eve", now=True)

    are(pair, "bob", (PAUSED, "cancelled"), (PAUSED, "accepted"))
    (waits,) = (each for each in pair.team.call("queue.list", peer="bob")["waiting"] if each["from"] == "daemon")
    assert pair.team.call("message.show", id=waits["id"])["body"].startswith("You and eve are paused")
    pair.team.call("peer.remove", peer="eve", now=True)
    are(pair, "bob", (PAUSED, "cancelled"), (PAUSED, "cancelled"))


def test_a_word_that_a_daemon_before_left_of_two_that_were_released_is_not_given(pair: Pair):
    pair.trip()
    are(pair, "bob", (PAUSED, "accepted"))
    pair.team.kill_daemon()

    async def released(store: Store) -> None:
        await store.commit(SetPair(PeerName("ada"), PeerName("bob"), paused=False, at=WALL, why="", by="operator"))

    in_store(Path(pair.team.home.store).parents[1], released)
    pair.team.start()
    pair.let("bob")

    are(pair, "bob", (PAUSED, "cancelled"))


@pytest.mark.parametrize("state", ["paused", "released"])
def test_what_is_so_the_next_daemon_says(pair: Pair, state: str):
    pair.trip()
    are(pair, "bob", (PAUSED, "accepted"))
    if state == "released":
        release(pair)
    pair.team.kill_daemon()

    pair.team.start()
    pair.let("ada", "bob")

    are(pair, "bob", (PAUSED, "cancelled" if state == "released" else "submitted"))
    are(pair, "ada", *([(GOES_ON, "submitted")] if state == "released" else []))


def test_what_follows_at_the_same_moment_is_refused_for_the_same_reason(up: Team):
    Pair(up)
    caller = Caller(up, up.caller("ada")["PEERD_TOKEN"])

    caller.begin(*[("message.send", {"to": "bob", "body": "any news?", "wait": "accepted"})] * 4)

    *_, third, fourth = caller.answers(4)
    assert [each.split(": ")[0] for each in (third, fourth)] == [
        "ada and bob are paused with each other (the same message 3 times within 600 s)"
    ] * 2
