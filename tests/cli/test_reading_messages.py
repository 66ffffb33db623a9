"""message and messages: what became of what was sent."""

import io
import os
import subprocess
import sys
from typing import Any

import pytest
from rich.console import Console

from peerd.cli.table import draw
from peerd.errors import UnknownMessage
from tests.cli.answers import message
from tests.cli.conftest import Peerd
from tests.cli.stub import Stub

LISTED: dict[str, Any] = {
    "id": "m-1",
    "from": "bob",
    "to": "ada",
    "topic": "tests\x1b[31m",
    "reply_to": None,
    "state": "accepted",
    "task": "open",
    "hold": "busy",
    "attempt": 0,
    "session": None,
    "accepted_at": "2999-01-02T03:04:05.678Z",
}


def test_a_message_is_shown_with_its_history(daemon: Stub, peerd: Peerd):
    daemon.answers = {"message.show": message(answer="done", answer_from="turn", exit_status=0, reply_to="m-0")}

    assert peerd("message", "m-1").out == (
        "m-1 from bob to ada: submitted, task open, exit status 0\n"
        "ada has it and is working on it\n"
        "topic tests\nin reply to m-0\n"
        "\ntext\n  run\n  them\n"
        "\nlast words of the turn\n  done\n"
        "\nhistory\n  10:00  leased (attempt 1)\n"
    )
    assert daemon.asked == [("message.show", {"id": "m-1", "look": True})]


def test_the_facts_of_a_message_are_those_of_its_send_and_more(daemon: Stub, peerd: Peerd):
    daemon.answers = {"message.show": message()}

    assert peerd("message", "m-1", "--json").json == {
        "id": "m-1",
        "to": "ada",
        "state": "submitted",
        "task": "open",
        "hold": None,
        "attempt": 1,
        "session": "s-1",
        "woke": False,
        "from": "bob",
        "topic": "tests",
        "priority": "normal",
        "accepted_at": "2026-01-02T03:04:05.678Z",
        "reply_to": None,
        "history": [{"at": "10:00", "state": "leased", "attempt": 1, "evidence": ""}],
        "body": "run\nthem",
    }


def test_a_text_that_may_not_be_read_is_left_out(daemon: Stub, peerd: Peerd):
    daemon.answers = {"message.show": message(body=None)}

    assert "body" not in peerd("message", "m-1", "--json").json
    assert "text" not in peerd("message", "m-1").out


def test_an_unknown_message_is_exit_code_1(daemon: Stub, peerd: Peerd):
    daemon.answers = {"message.show": UnknownMessage("no message 'm-9'")}

    assert peerd("message", "m-9") == (1, "", "peerd: no message 'm-9'\n")


def test_what_was_sent_to_the_person_in_charge_is_read_once_it_is_shown(daemon: Stub, peerd: Peerd):
    daemon.answers = {"message.show": message(to="operator", state="accepted")}

    assert peerd("message", "m-1").code == 0

    assert daemon.asked == [("message.show", {"id": "m-1", "look": True}), ("message.show", {"id": "m-1"})]


@pytest.mark.parametrize("words", [[], ["--json"]], ids=["words", "facts"])
def test_what_a_reader_that_is_gone_took_is_not_read(daemon: Stub, words: list[str]):
    daemon.answers = {"message.show": message(to="operator", state="accepted")}
    reading, writing = os.pipe()
    os.close(reading)

    command = [sys.executable, "-m", "peerd", "message", "m-1", *words]
    done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, timeout=10, check=False)
    os.close(writing)

    assert (done.returncode, daemon.asked) == (141, [("message.show", {"id": "m-1", "look": True})])


def test_messages_are_a_table_that_nothing_in_them_can_colour(daemon: Stub, peerd: Peerd):
    daemon.answers = {"message.list": {"messages": [LISTED]}}

    titles, line = peerd("messages").out.splitlines()

    assert titles.split() == ["ID", "FROM", "TO", "STATE", "TASK", "WAITS", "FOR", "AGE", "TOPIC"]
    assert line.split() == ["m-1", "bob", "ada", "accepted", "open", "busy", "now", "tests\ufffd[31m"]


def test_messages_in_json_are_the_daemons(daemon: Stub, peerd: Peerd):
    daemon.answers = {"message.list": {"messages": [LISTED], "left_out": ["m-0", None]}}

    words = ("--peer", "ada", "--state", "accepted", "--since", "2026-01-02T03:04:05Z", "--limit", "3")

    assert peerd("messages", *words, "--json").json == {"messages": [LISTED], "left_out": ["m-0", None]}
    assert daemon.asked == [
        ("message.list", {"peer": "ada", "state": "accepted", "since": "2026-01-02T03:04:05Z", "limit": 3})
    ]


def test_where_there_are_no_messages_it_says_so(daemon: Stub, peerd: Peerd):
    daemon.answers = {"message.list": {"messages": []}}

    assert peerd("messages") == (0, "no messages.\n", "")


@pytest.mark.parametrize("limit", ["0", "1001", "x"])
def test_a_limit_out_of_range_is_refused(peerd: Peerd, limit: str):
    ran = peerd("messages", "--limit", limit)

    assert ran.code == 2
    assert "give a number from 1 to 1000" in ran.err


def test_an_id_is_never_cut_and_what_does_not_fit_is_left_out():
    screen = io.StringIO()
    narrow = Console(file=screen, force_terminal=True, color_system=None, width=40)

    draw(("ID", "STATE", "TOPIC"), [(("re-m-01k8cmumd1niopshq1", ""), ("submitted", ""), ("x" * 90, ""))], narrow)

    assert [line.rstrip() for line in screen.getvalue().splitlines()] == [
        "ID                       STATE",
        "re-m-01k8cmumd1niopshq1  submitted",
    ]
