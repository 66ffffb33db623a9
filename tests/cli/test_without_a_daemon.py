"""ls, show, message and messages while no daemon runs: they read the store, say so, and start nothing."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from peerd.cli.offline.phase import verdict
from peerd.model.message import Delivery, Task
from peerd.model.peer import PeerName, Phase, Want
from peerd.model.session import End, EndCause
from peerd.specwrite import write_spec
from peerd.store.store import Store
from peerd.store.write import EndSession, InsertSession, SetCrashLoop, SetHost, SetReady, SetWant, Write
from tests.build import ADA, M2, S1, S2, message, spec
from tests.cli.conftest import Peerd
from tests.store.records import HOST, WALL, delivery, in_store, session

BOB = PeerName("bob")
AS_OF_THE_STORE = "peerd: no daemon: as of the store. `peerd daemon start` brings it up.\n"


@pytest.fixture
def on_record(home: Path) -> None:
    """ada runs, after a session that was killed, and took m-1; bob is stopped, with m-2 waiting."""

    async def story(store: Store) -> None:
        end = End(EndCause.KILLED, signal=9, why="kill -9", last_lines=("$ make",))
        await store.commit(InsertSession(session()), EndSession(S1, end, WALL + 5))
        await store.commit(InsertSession(session(id=S2)), SetHost(S2, HOST), SetReady(S2, WALL + 7))
        await store.accept(message(), Task.OPEN)
        await store.commit(delivery(Delivery.SUBMITTED, session=S2), SetWant(BOB, Want.DOWN, WALL))
        await store.accept(message(id=M2, target=BOB), None)

    in_store(home, story)
    for name in (ADA, BOB):
        write_spec(str(home / "config" / "peers"), spec(name=name))


@pytest.mark.usefixtures("on_record")
def test_the_list_is_that_of_the_store(peerd: Peerd):
    ran = peerd("ls", "--json")

    assert (ran.code, ran.err) == (0, AS_OF_THE_STORE)
    assert ran.json == [
        {
            "peer": "ada",
            "runtime": "actor",
            "want": "on_demand",
            "phase": "running",
            "activity": "unknown",
            "hold": None,
            "since": "2023-11-14T22:13:27.000Z",
            "queued": 0,
            "unclear": None,
            "unreached": None,
            "session": "s-2",
            "awaits": None,
            "limited": None,
            "groups": [],
        },
        {
            "peer": "bob",
            "runtime": "actor",
            "want": "down",
            "phase": "asleep",
            "activity": None,
            "hold": "queue-paused",
            "since": None,
            "queued": 1,
            "unclear": None,
            "unreached": None,
            "session": None,
            "awaits": None,
            "limited": None,
            "groups": [],
        },
    ]


@pytest.mark.usefixtures("on_record")
def test_a_peer_is_explained_from_the_store(peerd: Peerd, home: Path):
    (home / "log").mkdir()
    (home / "log" / "lifecycle.log").write_text("ts=1 ev=wake peer=ada\nts=2 ev=wake peer=bob\n")

    ran = peerd("show", "ada", "--json")

    shown = ran.json
    assert ran.err == AS_OF_THE_STORE
    assert shown["evidence"].pop()["says"] == "session s-2 began, pid 41, no end on record"
    assert shown == {
        "peer": "ada",
        "runtime": "actor",
        "identity": "actor-ada",
        "want": "on_demand",
        "phase": "running",
        "activity": "unknown",
        "verdict": "not known: no daemon watches it; `peerd daemon start` does",
        "unclear": None,
        "awaits": None,
        "evidence": [],
        "decisions": ["ts=1 ev=wake peer=ada"],
        "queue": [],
        "session": "s-2",
        "last_end": {
            "cause": "killed",
            "code": None,
            "signal": 9,
            "why": "kill -9",
            "at": "2023-11-14T22:13:25.000Z",
            "last_lines": ["$ make"],
        },
        "woken": {"mode": "fresh", "cause": "message", "because": "", "at": "2023-11-14T22:13:20.000Z"},
        "spec": {"name": "ada", "runtime": "actor", "dir": "/tmp"},
    }


@pytest.mark.usefixtures("on_record")
def test_a_queue_is_told_from_the_store(peerd: Peerd):
    assert [(each["id"], each["from"]) for each in peerd("show", "bob", "--json").json["queue"]] == [
        ("m-2", "operator")
    ]


def died(home: Path, *writes: Write, ago_s: float = 1.0, **fields: Any) -> None:
    """ada's session was killed this long ago; then `writes`."""
    at = datetime.now(UTC).timestamp() - ago_s

    async def story(store: Store) -> None:
        began = InsertSession(session(started_at=at - 1)), EndSession(S1, End(EndCause.KILLED, signal=9), at)
        await store.commit(*began, *writes)

    in_store(home, story)
    write_spec(str(home / "config" / "peers"), spec(name=ADA, backoff_base_s=30.0, **fields))


def told(peerd: Peerd) -> tuple[str, str]:
    """ada's phase in the list, and the first word of what is said of her."""
    shown = peerd("show", "ada", "--json").json
    (listed,) = peerd("ls", "--json").json
    assert listed["phase"] == shown["phase"]
    return shown["phase"], shown["verdict"].partition(":")[0]


def test_a_peer_left_down_by_a_crash_loop_is_told_as_failed(peerd: Peerd, home: Path):
    died(home, SetCrashLoop(ADA, 1, WALL, True), ago_s=3600.0)

    assert told(peerd) == ("failed", "failed")
    assert "`peerd start ada` tries at once" in peerd("show", "ada").out


def test_a_peer_left_down_is_told_as_failed_also_while_the_daemon_hangs():
    told = verdict(ADA, Phase.FAILED, silent=True)

    assert told.startswith("failed on record: the daemon is there and does not answer; `peerd daemon restart` should")


def test_a_peer_without_a_session_is_so_since_the_last_one_ended(peerd: Peerd, home: Path):
    end = End(EndCause.STOPPED)
    in_store(home, lambda store: store.commit(InsertSession(session()), EndSession(S1, end, WALL + 5)))
    write_spec(str(home / "config" / "peers"), spec(name=ADA))

    (listed,) = peerd("ls", "--json").json

    assert (listed["phase"], listed["since"]) == ("asleep", "2023-11-14T22:13:25.000Z")


def test_a_peer_whose_last_death_was_one_too_many_is_told_as_failed(peerd: Peerd, home: Path):
    died(home, crash_max=1)

    assert told(peerd) == ("failed", "failed")


def test_a_crash_loop_that_is_over_is_not_told(peerd: Peerd, home: Path):
    died(home, SetCrashLoop(ADA, 1, datetime.now(UTC).timestamp(), False), crash_max=1)

    assert told(peerd) == ("asleep", "not known")


@pytest.mark.parametrize(
    ("ago_s", "expected"),
    [(1.0, ("backoff", "backoff")), (40.0, ("asleep", "not known"))],
    ids=["in its backoff", "after it"],
)
def test_a_peer_that_died_lately_is_told_in_its_backoff(
    peerd: Peerd, home: Path, ago_s: float, expected: tuple[str, str]
):
    died(home, ago_s=ago_s)

    assert told(peerd) == expected


@pytest.mark.usefixtures("on_record")
def test_an_unknown_peer_suggests_the_nearest(peerd: Peerd):
    assert peerd("show", "addda") == (1, "", "peerd: no peer 'addda'. Did you mean 'ada'?\n")


@pytest.mark.usefixtures("on_record")
def test_messages_are_told_from_the_store_newest_last(peerd: Peerd):
    ran = peerd("messages", "--json")

    assert ran.err == AS_OF_THE_STORE
    assert [(each["id"], each["to"], each["state"]) for each in ran.json["messages"]] == [
        ("m-1", "ada", "submitted"),
        ("m-2", "bob", "accepted"),
    ]


@pytest.mark.parametrize(
    ("words", "ids"),
    [
        ("--peer bob", ["m-2"]),
        ("--state submitted", ["m-1"]),
        ("--limit 1", ["m-2"]),
        ("--since 2999-01-01T00:00:00Z", []),
    ],
)
@pytest.mark.usefixtures("on_record")
def test_messages_are_chosen_from_the_store(peerd: Peerd, words: str, ids: list[str]):
    assert [each["id"] for each in peerd("messages", "--json", *words.split()).json["messages"]] == ids


@pytest.mark.usefixtures("on_record")
def test_a_since_that_is_no_time_is_refused(peerd: Peerd):
    ran = peerd("messages", "--since", "yesterday")

    assert (ran.code, ran.err) == (2, "peerd: --since 'yesterday': give a time such as 2026-01-02T03:04:05Z.\n")


@pytest.mark.usefixtures("on_record")
@pytest.mark.parametrize("words", ["messages --peer", "inbox ls --from"])
def test_who_never_was_a_peer_sent_nothing_that_could_be_listed(peerd: Peerd, words: str):
    ran = peerd(*words.split(), "bobb")

    assert (ran.code, ran.out, ran.err) == (1, "", "peerd: no peer 'bobb'. Did you mean 'bob'?\n")


@pytest.mark.usefixtures("on_record")
@pytest.mark.parametrize("words", ["messages --peer", "inbox --from", "messages --since", "inbox --since"])
def test_a_name_or_a_time_that_is_empty_is_none(peerd: Peerd, words: str):
    assert peerd(*words.split(), "").code in (1, 2)


@pytest.mark.usefixtures("on_record")
def test_a_message_is_told_from_the_store(peerd: Peerd):
    facts = peerd("message", "m-1", "--json").json

    assert (facts["id"], facts["body"], facts["state"]) == ("m-1", "hello", "submitted")
    assert [(step["state"], step["evidence"]) for step in facts["history"]] == [
        ("accepted", "on disk"),
        ("submitted", "seen submitted"),
    ]
    assert peerd("message", "m-9") == (1, "", "peerd: no message 'm-9'. `peerd messages` lists them.\n")


@pytest.mark.usefixtures("on_record")
def test_messages_are_told_also_where_the_settings_cannot_be_read(peerd: Peerd, home: Path):
    (home / "config" / "peerd.toml").write_text("x = [\n")

    assert [each["want"] for each in peerd("messages", "--json").json["messages"]] == ["on_demand", "down"]
    assert peerd("message", "m-2").out.startswith("m-2 from operator to bob: accepted, waits: stopped")


@pytest.mark.parametrize("command", ["ls", "messages", "message m-1", "show ada", "queue ls", "queue ls ada"])
def test_looking_starts_no_daemon_and_makes_nothing(peerd: Peerd, home: Path, command: str):
    peerd(*command.split())

    assert (os.listdir(home), os.listdir(home / "run")) == (["run"], [])


def test_tail_says_that_nobody_has_the_name_that_was_asked_for(home: Path, peerd: Peerd):
    ran = peerd("tail", "--no-follow", "--peer", "bbo")

    assert (ran.code, "no peer 'bbo' now" in ran.err) == (0, True)


@pytest.mark.parametrize("name", ["operator", "daemon"])
def test_who_is_there_without_a_spec_is_not_said_to_be_gone(home: Path, peerd: Peerd, name: str):
    assert "no peer" not in peerd("tail", "--no-follow", "--peer", name).err
