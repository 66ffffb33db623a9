"""Messages to a peer whose spec vanished: told of, listed, cancelled, and no other peer's by accident."""

import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from peerd.errors import PeerdError
from peerd.rpc.client import call
from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_at_once import Caller
from tests.live.test_roster import file_of

pytestmark = pytest.mark.tmux


@pytest.fixture
def bereft(team: Team) -> Team:
    """Bob is there, ada is no more; m-0 and m-1 wait for ada."""
    team.start()
    team.add("ada", "actor")
    team.add("bob", "actor")
    team.call("queue.pause", peer="ada")
    for n in range(2):
        team.send("ada", f"task {n}", id=f"m-{n}", wait="accepted")
    team.kill_daemon()
    file_of(team, "ada").unlink()
    team.start()
    return team


def test_they_are_told_of_and_listed(bereft: Team):
    (notice,) = bereft.call("daemon.status")["notices"]

    assert notice.startswith("2 messages wait for ada, which is no longer a peer: `peerd add ada --runtime R`")
    assert [each["id"] for each in bereft.run("messages", "--peer", "ada", "--json").json["messages"]] == ["m-0", "m-1"]
    assert bereft.run("queue", "ls").out.splitlines()[-1].split() == ["ada", "2", "a", "peer"]
    assert bereft.run("queue", "ls", "ada").out.startswith("ada, which is no longer a peer: 2 wait\n")


def test_they_are_cancelled_one_by_one_or_all(bereft: Team):
    assert bereft.run("queue", "cancel", "m-0").out == "m-0 to ada: cancelled\n"
    assert bereft.call("queue.purge", peer="ada")["dropped"] == 1

    assert [bereft.call("message.show", id=f"m-{n}")["state"] for n in range(2)] == ["cancelled"] * 2
    assert bereft.call("daemon.status").get("notices", []) == []


def test_no_peer_is_renamed_into_them(bereft: Team):
    with pytest.raises(PeerdError, match="2 messages wait for an earlier ada.*queue purge ada"):
        bereft.call("peer.rename", peer="bob", name="ada")

    assert [row["peer"] for row in bereft.call("peer.list")["peers"]] == ["bob"]
    bereft.call("queue.purge", peer="ada")
    assert bereft.call("peer.rename", peer="bob", name="ada")["peer"] == "ada"


def test_who_adds_the_peer_again_is_told_that_it_is_given_them(bereft: Team):
    ran = bereft.run("add", "ada", "--runtime", "actor")

    assert "It is given what waits for an earlier ada: 2 messages." in ran.out
    assert bereft.call("daemon.status").get("notices", []) == []


CANCELS_SLOWLY = """
import asyncio, os
from peerd.daemon import main
from peerd.model.message import Delivery
from peerd.store.store import Store
from peerd.store.write import TakeOut
right = Store.commit
def commit(self, *writes):
    cancels = any(isinstance(each, TakeOut) or getattr(each, "state", 0) is Delivery.CANCELLED for each in writes)
    return asyncio.ensure_future(later(self, writes)) if cancels else right(self, *writes)
async def later(self, writes):
    while not os.path.exists(os.environ["PEERD_HOME"] + "/cancel"):
        await asyncio.sleep(0.01)
    return await right(self, *writes)
Store.commit = commit
main.run()
"""


@pytest.mark.parametrize(
    ("method", "params", "left"),
    [("message.cancel", {"id": "m-0"}, ["m-1"]), ("queue.purge", {"peer": "ada"}, [])],
)
def test_what_is_cancelled_as_there_is_a_peer_again_is_not_delivered_to_it(
    bereft: Team, method: str, params: dict[str, str], left: list[str]
):
    bereft.kill_daemon()
    bereft.start(sys.executable, "-c", CANCELS_SLOWLY)
    caller = Caller(bereft)
    caller.begin((method, params))
    bereft.call("daemon.status")  # by now that is under way
    bereft.add("ada", "actor")
    Path(bereft.env["PEERD_HOME"], "cancel").touch()

    (answer,) = caller.answers(1)

    assert not isinstance(answer, str), answer
    assert bereft.call("message.show", id="m-0")["state"] == "cancelled"
    assert bereft.call("queue.list", peer="ada")["queues"][0]["waiting"] == len(left)


@pytest.mark.parametrize("now", ["gone", "wrong"])
def test_they_expire_in_their_time_and_who_sent_them_is_told(team: Team, now: str):
    team.start()
    for name in ("ada", "bob"):
        team.add(name, "actor")
        team.call("peer.wake", peer=name)
    team.call("queue.pause", peer="ada")
    asked = {"to": "ada", "body": "look", "id": "m-1", "wait": "accepted", "expires_s": 2.0}
    call("message.send", asked, timeout_s=20, socket_path=team.home.socket, token=team.caller("bob")["PEERD_TOKEN"])
    team.call("peer.stop", peer="ada")
    team.kill_daemon()
    with closing(sqlite3.connect(team.home.store)) as store, store:
        store.execute("DELETE FROM spec WHERE peer = 'ada'")
    file_of(team, "ada").write_text("mood =") if now == "wrong" else file_of(team, "ada").unlink()
    team.start()

    eventually(lambda: team.call("message.show", id="m-1")["state"] == "expired", within_s=10)

    assert team.call("message.wait", id="m-1", until="ended")["why"].startswith("not delivered in time: there is no")
    assert "ev=dropped id=m-1 to=ada state=expired" in team.log("delivery")
    told = eventually(lambda: [each for each in team.call("message.list", peer="bob")["messages"] if each["reply_to"]])
    assert [(each["from"], each["reply_to"]) for each in told] == [("daemon", "m-1")]
