"""An answer lies unread until the command that prints it has written it out; it is told by which that was."""

import os
import subprocess
import sys
from typing import Any

import pytest

from peerd.errors import DaemonNotRunning
from tests.cli.answers import sent
from tests.cli.conftest import Peerd
from tests.cli.stub import Stub

ASKED = sent(task="answered", answer="42", answer_from="reply", unread="re-m-1")


@pytest.fixture(autouse=True)
def answered(daemon: Stub) -> None:
    ofteam = {"group": "ours", "id": "m", "sent": [ASKED], "errors": []}
    daemon.answers = {"message.send": ASKED, "message.wait": ASKED, "group.send": ofteam, "message.read": {}}


def read(daemon: Stub) -> list[Any]:
    return [params for method, params in daemon.asked if method == "message.read"]


@pytest.mark.parametrize(
    ("words", "by"),
    [
        ("ask ada what?", "ask"),
        ("ask ada what? --json", "ask"),
        ("ask @ours what?", "ask"),
        ("ask @ours what? --json", "ask"),
        ("wait m-1 --for ended", "wait"),
        ("wait m-1 --json", "wait"),
        ("send ada what? --wait ended --json", "send"),
    ],
)
def test_who_printed_the_answer_says_that_it_was_read(daemon: Stub, peerd: Peerd, words: str, by: str):
    ran = peerd(*words.split())

    assert (ran.code, "42" in ran.out, ran.err) == (0, True, "")
    assert read(daemon) == [{"id": "re-m-1", "by": by}]


@pytest.mark.parametrize("words", ["send ada what? --wait ended", "send @ours what? --wait ended", "wait m-1"])
def test_who_printed_none_says_where_it_lies_unread(daemon: Stub, peerd: Peerd, words: str):
    ran = peerd(*words.split())

    told = "peerd: the answer is unread: `peerd inbox read re-m-1` shows it.\n"
    assert (ran.out, ran.err) == ("m-1 to ada: submitted, answered\n", told)
    assert read(daemon) == []


def test_where_none_lies_unread_nothing_more_is_asked(daemon: Stub, peerd: Peerd):
    daemon.answers["message.send"] = ASKED | {"unread": None}

    assert peerd("ask", "ada", "what?") == (0, "42\n", "")
    assert [method for method, _ in daemon.asked] == ["message.send"]


def test_an_answer_that_cannot_be_marked_as_read_is_no_less_an_answer(daemon: Stub, peerd: Peerd):
    daemon.answers["message.read"] = DaemonNotRunning("no daemon runs.")

    ran = peerd("ask", "ada", "what?")

    assert ran == (0, "42\n", "peerd: re-m-1 is not marked as read. no daemon runs.\n")


@pytest.mark.parametrize("to", ["/dev/full", "a pipe that nobody reads", "nowhere"])
@pytest.mark.parametrize("words", ["ask ada what?", "ask ada what? --json", "wait m-1 --for ended"])
def test_what_was_written_nowhere_was_not_read(daemon: Stub, words: str, to: str):
    ours, fd = os.pipe()
    os.close(ours)
    command = [sys.executable, "-m", "peerd", *words.split()]
    with os.fdopen(fd, "wb") as pipe, open("/dev/full", "wb") as full:
        line = ["sh", "-c", 'exec "$@" >&-', "sh", *command] if to == "nowhere" else command
        out = full if to == "/dev/full" else pipe
        subprocess.run(line, stdout=out, stderr=subprocess.DEVNULL, timeout=10, check=False)

    assert [method for method, _ in daemon.asked][1:] == []
