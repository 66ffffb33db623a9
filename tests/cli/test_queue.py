"""queue: what is asked of the daemon and what a person sees."""

import json

import pytest

from peerd.errors import TryAgain, UnknownMessage, UnknownPeer
from tests.cli.answers import message
from tests.cli.conftest import Peerd
from tests.cli.stub import Stub

ROW = {"peer": "ada", "waiting": 2, "paused": True, "hold": "queue-paused", "dead": 1}
WAITING = {
    "id": "m-1",
    "from": "bob",
    "to": "ada",
    "topic": None,
    "reply_to": None,
    "state": "accepted",
    "task": "open",
    "hold": "queue-paused",
    "attempt": 0,
    "session": None,
    "accepted_at": "2026-01-02T03:04:05.678Z",
}


def test_the_queues_are_a_table(daemon: Stub, peerd: Peerd):
    daemon.answers = {"queue.list": {"queues": [ROW], "waiting": [], "dead": []}}

    ran = peerd("queue", "ls")

    assert ran.out.splitlines()[1].split() == ["ada", "2", "queue-paused", "paused", "1"]
    assert daemon.asked == [("queue.list", {"peer": None})]


def test_what_waits_for_a_peer_that_is_stopped_is_said_to_wait_for_its_start(daemon: Stub, peerd: Peerd):
    row, waits = ROW | {"paused": False, "want": "down"}, WAITING | {"want": "down"}
    daemon.answers = {"queue.list": {"queues": [row], "waiting": [waits], "dead": []}}

    assert peerd("queue", "ls").out.splitlines()[1].split() == ["ada", "2", "stopped", "1"]
    ran = peerd("queue", "ls", "ada")
    assert ran.out.splitlines()[-1].split()[5] == "stopped"
    assert ran.err == "peerd: ada is stopped: `peerd start ada` lets it go on.\n"


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"paused": True}, "the queue of ada is held back: `peerd queue resume ada` lets it go on."),
        (
            {"paused": True, "want": "down"},
            "ada is stopped, and its queue held back: `peerd start ada` and `peerd queue resume ada` let it go on.",
        ),
    ],
)
def test_what_lets_a_queue_go_on_is_said(daemon: Stub, peerd: Peerd, fields: dict[str, object], told: str):
    daemon.answers = {"queue.list": {"queues": [ROW | {"waiting": 1} | fields], "waiting": [], "dead": []}}

    ran = peerd("queue", "ls", "ada")

    assert (ran.out.splitlines()[0], ran.err) == ("ada: 1 waits, held back", f"peerd: {told}\n")


def test_where_there_are_no_peers_no_table_without_rows_is_drawn(daemon: Stub, peerd: Peerd):
    daemon.answers = {"queue.list": {"queues": [], "waiting": [], "dead": []}}

    assert peerd("queue", "ls").out.startswith("no peers yet, so nothing waits. `peerd add NAME")


def test_one_queue_shows_its_messages_and_what_came_to_nothing(daemon: Stub, peerd: Peerd):
    dead = WAITING | {"id": "m-0", "state": "expired", "task": "dead", "hold": None}
    daemon.answers = {"queue.list": {"queues": [ROW], "waiting": [WAITING], "dead": [dead]}}

    lines = peerd("queue", "ls", "ada").out.splitlines()

    assert lines[0] == "ada: 2 wait, held back"
    assert [line.split()[0] for line in (lines[2], lines[-1])] == ["m-1", "m-0"]


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        ("cancel m-1 m-2", [("message.cancel", {"id": "m-1"}), ("message.cancel", {"id": "m-2"})]),
        ("requeue m-1", [("message.requeue", {"id": "m-1"})]),
        ("pause ada", [("queue.pause", {"peer": "ada"})]),
        ("resume ada", [("queue.resume", {"peer": "ada"})]),
        ("purge ada", [("queue.purge", {"peer": "ada"})]),
    ],
)
def test_each_verb_asks_for_each_name(daemon: Stub, peerd: Peerd, words: str, asked: list[tuple[str, dict[str, str]]]):
    fields = {"id": "m-1", "to": "ada", "state": "cancelled", "peer": "ada", "waiting": 0, "dropped": 0}
    daemon.answers = {method: fields for method, _ in asked}

    assert peerd("queue", *words.split()).code == 0
    assert daemon.asked == asked


def test_one_that_cannot_be_cancelled_costs_no_other_and_each_is_told(daemon: Stub, peerd: Peerd):
    done = {"id": "m-1", "to": "ada", "state": "cancelled"}
    daemon.first = [done, UnknownMessage("no message m-bogus"), done | {"id": "m-2"}] * 2

    ran = peerd("queue", "cancel", "m-1", "m-bogus", "m-2")
    as_json = peerd("queue", "cancel", "m-1", "m-bogus", "m-2", "--json")

    assert (ran.code, ran.out) == (1, "m-1 to ada: cancelled\nm-2 to ada: cancelled\n")
    assert ran.err == "peerd: no message m-bogus\n"
    failed = {"id": "m-bogus", "kind": "unknown-message", "message": "no message m-bogus"}
    assert (as_json.code, json.loads(as_json.out)) == (1, [done, done | {"id": "m-2"}, failed])


def test_one_that_cannot_be_shown_costs_no_other_and_json_is_one_document(daemon: Stub, peerd: Peerd):
    daemon.first = [UnknownMessage("no message m-bogus"), message(id="m-2"), message(id="m-3")] * 2

    ran = peerd("queue", "show", "m-bogus", "m-2", "m-3")
    as_json = peerd("queue", "show", "m-bogus", "m-2", "m-3", "--json")

    assert (ran.code, ran.err) == (1, "peerd: no message m-bogus\n")
    assert [line.split()[0] for line in ran.out.splitlines() if "submitted" in line] == ["m-2", "m-3"]
    *shown, failed = as_json.json
    assert (as_json.code, [each["id"] for each in shown]) == (1, ["m-2", "m-3"])
    assert failed == {"id": "m-bogus", "kind": "unknown-message", "message": "no message m-bogus"}


@pytest.mark.parametrize("verb", ["purge", "pause", "resume"])
def test_a_peer_whose_queue_cannot_be_changed_costs_no_other(daemon: Stub, peerd: Peerd, verb: str):
    done = {"peer": "bob", "waiting": 0, "dropped": 0}
    daemon.first = [UnknownPeer("no peer ada"), TryAgain("the disk is full"), done]

    ran = peerd("queue", verb, "ada", "eve", "bob")

    assert (ran.code, ran.out.startswith("bob: ")) == (75, True)
    assert ran.err == "peerd: no peer ada\npeerd: the disk is full\n"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("cancel", "queue cancel: say which message."),
        ("purge", "queue purge: say which peer."),
        ("ls ada bob", "queue ls: all queues, or those of one peer."),
        ("empty", "invalid choice: 'empty'"),
    ],
)
def test_what_is_missing_is_said(daemon: Stub, peerd: Peerd, words: str, told: str):
    ran = peerd("queue", *words.split())

    assert (ran.code, daemon.asked) == (2, [])
    assert told in ran.err


@pytest.mark.parametrize("words", ["--expires 0", "--deadline -1", "--expires soon"])
def test_a_limit_of_a_message_is_more_than_no_time(daemon: Stub, peerd: Peerd, words: str):
    assert peerd("send", "ada", "hello", *words.split()).code == 2
    assert daemon.asked == []


def test_what_makes_no_sense_is_said_to_be_left_out(daemon: Stub, peerd: Peerd):
    daemon.answers = {"queue.list": {"queues": [ROW], "waiting": [], "dead": [], "left_out": ["m-3"]}}

    assert peerd("queue", "ls", "ada").err.endswith(
        "peerd: 1 message has an invalid record and is left out (m-3); `peerd message ID` tells why.\n"
    )


def test_a_peer_that_is_no_more_waits_for_a_peer(daemon: Stub, peerd: Peerd):
    gone = ROW | {"paused": False, "hold": None, "gone": True}
    daemon.answers = {"queue.list": {"queues": [gone], "waiting": [], "dead": []}}

    assert peerd("queue", "ls").out.splitlines()[1].split() == ["ada", "2", "a", "peer", "1"]


def test_what_a_purge_removed_is_counted_in_words(daemon: Stub, peerd: Peerd):
    daemon.answers = {
        "message.purge": {"texts": 2, "receipts": 1, "sessions": 22, "files": 0, "bytes": 0, "more": False}
    }

    assert peerd("purge", "--receipts").out == "2 texts, 1 receipt, 22 old sessions removed.\n"
