"""Queues while no daemon runs: told from the store. Nothing is started to look, or for a session that is not there."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from peerd.model.message import Delivery, Hold, Task
from peerd.model.peer import PeerName, Want
from peerd.model.session import End, EndCause
from peerd.rpc.start import end
from peerd.specwrite import write_spec
from peerd.store.store import Store
from peerd.store.write import EndSession, InsertSession, SetHold, SetHost, SetPaused, SetReady, SetWant
from tests.build import ADA, M1, M2, S1, message, spec
from tests.cli.conftest import Peerd
from tests.cli.test_without_a_daemon import AS_OF_THE_STORE
from tests.store.records import HOST, WALL, delivery, in_store, session

BOB, EVE, GONE = PeerName("bob"), PeerName("eve"), PeerName("gone")


@pytest.fixture
def on_record(home: Path) -> None:
    """One waits for bob, who is stopped, one for eve, whose queue is held back, one for somebody who is no peer any
    more; of two to ada one expired, and she was busy when the other came."""

    async def story(store: Store) -> None:
        for id, to in ((M1, ADA), (M2, ADA), ("m-3", BOB), ("m-4", EVE), ("m-5", GONE)):
            await store.accept(message(id=id, target=to), Task.OPEN)
        await store.commit(SetWant(BOB, Want.DOWN, WALL), SetPaused(EVE, True), SetHold(M2, Hold.BUSY))
        await store.commit(delivery(Delivery.EXPIRED, session=None))

    in_store(home, story)
    for name in (ADA, BOB, EVE):
        write_spec(str(home / "config" / "peers"), spec(name=name))


@pytest.mark.usefixtures("on_record")
def test_the_queues_are_those_of_the_store(peerd: Peerd):
    ran = peerd("queue", "ls", "--json")

    assert (ran.code, ran.err) == (0, AS_OF_THE_STORE)
    rows = [tuple(row.values()) for row in ran.json["queues"]]
    assert [*ran.json["queues"][0]] == [
        "peer",
        "waiting",
        "paused",
        "hold",
        "dead",
        "gone",
        "want",
        "awaits",
    ]
    assert rows == [
        ("ada", 1, False, "busy", 1, False, "on_demand", None),
        ("bob", 1, False, "queue-paused", 0, False, "down", None),
        ("eve", 1, True, "queue-paused", 0, False, "on_demand", None),
        ("gone", 1, False, None, 0, True, None, None),
    ]


@pytest.mark.usefixtures("on_record")
def test_what_each_waits_for_is_read_off_the_list(peerd: Peerd):
    lines = [line.split() for line in peerd("queue", "ls").out.splitlines()[1:]]

    assert lines == [
        ["ada", "1", "busy", "1"],
        ["bob", "1", "stopped"],
        ["eve", "1", "queue-paused", "paused"],
        ["gone", "1", "a", "peer"],
    ]


@pytest.mark.usefixtures("on_record")
def test_one_queue_is_told_with_its_messages(peerd: Peerd):
    ada, gone = (peerd("queue", "ls", name, "--json").json for name in ("ada", "gone"))

    assert ([each["id"] for each in ada["waiting"]], [each["id"] for each in ada["dead"]]) == ([M2], [M1])
    assert [each["id"] for each in gone["waiting"]] == ["m-5"]
    assert peerd("queue", "ls", "eev").err == "peerd: no peer 'eev'. Did you mean 'eve'?\n"
    assert peerd("queue", "ls", "operator").code == 2


@pytest.mark.usefixtures("on_record")
@pytest.mark.parametrize(("command", "word"), [("messages --peer bob", "stopped"), ("message m-3", "waits: stopped")])
def test_a_message_to_a_peer_that_is_stopped_is_told_to_wait_for_its_start(peerd: Peerd, command: str, word: str):
    assert word in peerd(*command.split()).out
    assert word in peerd("show", "bob").out + peerd("ls").out


@pytest.mark.usefixtures("on_record")
def test_messages_of_one_that_never_was_a_peer_are_refused_and_of_one_that_was_they_are_listed(peerd: Peerd):
    ran = peerd("messages", "--peer", "eev")

    assert (ran.code, ran.err) == (1, "peerd: no peer 'eev'. Did you mean 'eve'?\n")
    assert "m-5" in peerd("messages", "--peer", "gone").out
    assert [peerd("messages", "--peer", each).code for each in ("operator", "eve")] == [0, 0]


@pytest.mark.usefixtures("on_record")
@pytest.mark.parametrize("broken", [lambda file: file.write_text("x = ["), lambda file: file.symlink_to("nowhere")])
def test_who_has_a_broken_file_is_not_told_to_be_no_peer_any_more(
    peerd: Peerd, home: Path, broken: Callable[[Path], object]
):
    broken(home / "config" / "peers" / "gone.toml")

    assert [row["peer"] for row in peerd("queue", "ls", "--json").json["queues"]] == ["ada", "bob", "eve"]


@pytest.mark.parametrize("on_its_way", [(Delivery.LEASED,), (Delivery.LEASED, Delivery.HANDED_OVER)])
def test_a_queue_waits_for_what_its_first_one_that_waits_does_and_not_for_what_is_on_its_way(
    peerd: Peerd, home: Path, on_its_way: tuple[Delivery, ...]
):
    async def story(store: Store) -> None:
        for id in (M1, M2):
            await store.accept(message(id=id, target=ADA), Task.OPEN)
        await store.commit(SetHold(M2, Hold.BUSY), *map(delivery, on_its_way))

    in_store(home, story)
    write_spec(str(home / "config" / "peers"), spec(name=ADA))

    told = peerd("queue", "ls", "ada", "--json").json

    assert [(row["waiting"], row["hold"]) for row in told["queues"]] == [(2, "busy")]
    assert [(each["id"], each.get("hold")) for each in told["waiting"]] == [(M1, None), (M2, "busy")]


@pytest.mark.parametrize("command", ["interrupt", "compact"])
def test_nothing_is_started_to_speak_to_a_session_that_is_not_there(peerd: Peerd, home: Path, command: str):
    over = EndSession(S1, End(EndCause.STOPPED), WALL + 1)
    in_store(home, lambda store: store.commit(InsertSession(session()), over))
    write_spec(str(home / "config" / "peers"), spec(name=ADA))

    ran = peerd(command, "ada")

    assert ran.code == 1
    assert ran.err.startswith("peerd: ada has no running session. Nothing was done, and no daemon was started.")
    assert os.listdir(home / "run") == []


def test_a_daemon_is_started_to_break_off_what_a_session_on_record_does(peerd: Peerd, home: Path):
    began = InsertSession(session()), SetHost(S1, HOST), SetReady(S1, WALL + 1)
    in_store(home, lambda store: store.commit(*began))
    write_spec(str(home / "config" / "peers"), spec(name=ADA))

    try:
        ran = peerd("interrupt", "ada")
        assert (home / "run" / "peerd.sock").exists()
    finally:
        end(os.environ)

    assert (ran.code, "no daemon was started" in ran.err) == (1, False)
