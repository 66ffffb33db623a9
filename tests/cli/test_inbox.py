"""inbox: what was sent to the person in charge; what was not shown is not read."""

import json
import subprocess
import sys

import pytest

from peerd.errors import PeerdError, UnknownMessage
from tests.cli.answers import IN_INBOX as ROW
from tests.cli.answers import message, sent
from tests.cli.conftest import Peerd
from tests.cli.stub import Stub

WHOLE = message(to="operator", body="may I?\nplease", state="accepted", **{"from": "ada"})


@pytest.fixture(autouse=True)
def one(daemon: Stub) -> None:
    listed = {"messages": [ROW], "unread": 1, "more": False, "left_out": []}
    daemon.answers = {"inbox.list": listed, "message.show": WHOLE, "message.read": {}, "message.send": sent(id="m-2")}


def asked(daemon: Stub) -> list[str]:
    return [method for method, _ in daemon.asked]


def test_it_lists_them_a_line_each_and_says_how_many_are_unread(daemon: Stub, peerd: Peerd):
    ran = peerd("inbox", "ls")

    assert ran.out.splitlines()[1].split() == [
        "m-1",
        "ada",
        "unread,",
        "awaits",
        "an",
        "answer",
        "now",
        "tests",
        "may",
        "I?",
    ]
    assert ran.err == "peerd: 1 message unread; `peerd inbox` shows it.\n"
    assert asked(daemon) == ["inbox.list"]


def test_where_no_person_looks_they_are_shown_whole_and_stay_unread(daemon: Stub, peerd: Peerd):
    ran = peerd("inbox")

    head = "-- m-1 from claude-ada (agent), now, topic tests\nunread, awaits an answer: peerd reply m-1 TEXT\n"
    assert ran.out == f"{head}\nmay I?\nplease\n"
    assert ran.err == "peerd: nothing is marked as read: stdout is not a terminal. `peerd inbox read ID` marks one.\n"
    assert asked(daemon) == ["inbox.list", "message.show"]
    assert daemon.asked[1][1] == {"id": "m-1", "look": True}


def test_the_files_that_came_with_one_are_told(daemon: Stub, peerd: Peerd):
    plan = {"name": "plan.txt", "size": 12, "digest": "d", "path": "/files/d"}
    listed = {"messages": [ROW | {"files": 1}], "unread": 1, "more": False, "left_out": []}
    daemon.answers |= {"inbox.list": listed, "message.show": WHOLE | {"attached": [plan]}}

    assert "unread, awaits an answer, 1 file" in peerd("inbox", "ls").out
    assert "\nattached plan.txt (12 bytes): /files/d\n\nmay I?" in peerd("inbox").out
    assert peerd("inbox", "--json").json["messages"][0]["attached"] == [plan]


def test_of_one_whose_text_is_not_kept_it_says_so(daemon: Stub, peerd: Peerd):
    daemon.answers["message.show"] = WHOLE | {"body": None, "gone_at": "2999-01-03T00:00:00Z", "state": "submitted"}

    assert "its text is no longer kept, since 2999-01-03T00:00:00Z" in peerd("inbox", "--all").out


def test_one_that_is_gone_meanwhile_costs_no_other(daemon: Stub, peerd: Peerd):
    rows = [ROW, ROW | {"id": "m-2"}]
    daemon.first = [{"messages": rows, "unread": 2}, UnknownMessage("no message 'm-1'"), WHOLE]

    ran = peerd("inbox")

    assert (ran.code, "-- m-2 from claude-ada" in ran.out) == (0, True)
    assert ran.err.startswith("peerd: no message 'm-1'\n")


def test_the_facts_are_all_there_is_of_each_and_mark_nothing(daemon: Stub, peerd: Peerd):
    assert peerd("inbox", "--json").json == {"messages": [ROW | {"body": "may I?\nplease"}], "unread": 1}
    assert "message.read" not in asked(daemon)


def test_one_that_is_shown_by_its_id_is_read(daemon: Stub, peerd: Peerd):
    ran = peerd("inbox", "read", "m-1")

    assert (ran.code, "may I?\n  please" in ran.out) == (0, True)
    assert asked(daemon) == ["message.show", "message.read"]


def test_an_answer_is_sent_to_who_asked(daemon: Stub, peerd: Peerd):
    assert peerd("inbox", "reply", "m-1", "yes").code == 0

    method, params = daemon.asked[0]
    assert (method, params["reply_to"], params["body"]) == ("message.send", "m-1", "yes")


@pytest.mark.parametrize("words", [["read"], ["reply", "m-1"], ["reply"], ["m-1"]])
def test_what_is_not_said_is_asked_for(daemon: Stub, peerd: Peerd, words: list[str]):
    assert peerd("inbox", *words).code == 2
    assert asked(daemon) == []


def test_what_is_not_to_the_person_in_charge_is_refused(daemon: Stub, peerd: Peerd):
    daemon.answers["message.show"] = message()

    ran = peerd("inbox", "read", "m-1")

    assert (ran.code, ran.err) == (1, "peerd: m-1 was sent to ada, not to you: `peerd message m-1` shows it.\n")
    assert "message.read" not in asked(daemon)


def test_an_error_of_one_costs_no_other(daemon: Stub, peerd: Peerd):
    daemon.first = [PeerdError("no message 'm-0'"), WHOLE, {}]

    ran = peerd("inbox", "read", "m-0", "m-1")

    assert (ran.code, ran.err) == (1, "peerd: no message 'm-0'\n")
    assert asked(daemon)[-1] == "message.read"


@pytest.mark.parametrize("words", [[], ["ls"], ["--json"]])
def test_where_there_is_more_than_is_listed_it_says_so(daemon: Stub, peerd: Peerd, words: list[str]):
    rows = [ROW | {"id": f"m-{n}"} for n in range(2)]
    daemon.answers["inbox.list"] = {"messages": rows, "unread": 75, "more": True, "left_out": []}

    ran = peerd("inbox", *words, "--limit", "2")

    assert "m-1" in ran.out
    assert ran.err.endswith("peerd: these are the first 2, and there are more: `--limit N` lists N.\n")
    assert daemon.asked[0][1]["limit"] == 2


def test_an_error_is_json_where_the_facts_are(daemon: Stub, peerd: Peerd):
    daemon.first = [PeerdError("no message 'm-0'"), WHOLE, {}]

    ran = peerd("inbox", "read", "m-0", "m-1", "--json")

    assert (ran.code, [each["id"] for each in ran.json]) == (1, ["m-1"])
    assert json.loads(ran.err) == {"error": {"kind": "refused", "message": "no message 'm-0'", "exit": 1}}


def test_where_there_is_nothing_it_says_so(daemon: Stub, peerd: Peerd):
    daemon.answers["inbox.list"] = {"messages": [], "unread": 0}

    assert peerd("inbox").out == "nothing is unread, and nothing awaits your answer.\n"
    assert peerd("inbox", "--all").out == "nothing was sent to you.\n"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("ls --from ada", "nothing that was sent by ada is unread or awaits your answer."),
        ("--since 2026-01-02", "nothing that was sent since 2026-01-02 is unread or awaits your answer."),
        ("--all --from ada --since 2026-01-02", "nothing was sent to you by ada since 2026-01-02."),
    ],
)
def test_where_some_was_asked_for_no_more_is_said_to_be_nothing(daemon: Stub, peerd: Peerd, words: str, told: str):
    daemon.answers["inbox.list"] = {"messages": [], "unread": 3}

    assert peerd("inbox", *words.split()).out == f"{told}\n"


@pytest.mark.parametrize("words", [["read", "m-1"], ["read", "m-1", "--json"], []])
def test_what_a_full_disk_under_stdout_took_is_not_read(daemon: Stub, words: list[str]):
    with open("/dev/full", "wb") as full:
        command = [sys.executable, "-m", "peerd", "inbox", *words]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, timeout=10, check=False)

    assert (done.returncode, b"No space left on device" in done.stderr) == (1, True)
    assert "message.read" not in asked(daemon)
