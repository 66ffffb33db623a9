"""send: what is asked of the daemon, what is printed, and the exit codes."""

import io
import json
import os
from collections.abc import Sequence
from pathlib import Path
from unittest.mock import ANY

import pytest

from peerd.errors import NotPermitted, PeerdError, TryAgain, UnknownPeer
from peerd.model.message import MessageId, Task
from tests.build import message
from tests.cli.answers import sent
from tests.cli.conftest import Peerd
from tests.cli.stub import Stub
from tests.store.records import in_store

MEBIBYTE = 1 << 20


@pytest.fixture(autouse=True)
def answered(daemon: Stub) -> None:
    daemon.answers = {"message.send": sent()}


def stdin(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))


def bodies(daemon: Stub) -> list[str]:
    return [params["body"] for _, params in daemon.asked]


def test_how_long_sending_waits_is_the_daemons_to_say_by_whom_it_is_for(daemon: Stub, peerd: Peerd):
    ran = peerd("send", "ada", "hello")

    assert ran == (0, "m-1 to ada: submitted\n", "")
    assert daemon.asked == [
        (
            "message.send",
            {
                "to": "ada",
                "body": "hello",
                "topic": None,
                "reply_to": None,
                "id": ANY,
                "queue": False,
                "timeout_s": 60,
            },
        )
    ]


def test_every_option_of_send_reaches_the_daemon(daemon: Stub, peerd: Peerd):
    options = ("--topic", "T", "--reply-to", "m-0", "--id", "m-9", "--queue", "--wait", "ended", "--timeout", "1.5")

    peerd("send", *options, "ada", "hello")

    assert daemon.asked[0][1] == {
        "to": "ada",
        "body": "hello",
        "topic": "T",
        "reply_to": "m-0",
        "id": "m-9",
        "queue": True,
        "wait": "ended",
        "timeout_s": 1.5,
    }


def test_the_facts_of_a_send_are_these(peerd: Peerd):
    ran = peerd("send", "--json", "ada", "hello")

    assert ran.json == {
        "id": "m-1",
        "to": "ada",
        "state": "submitted",
        "task": "open",
        "hold": None,
        "attempt": 1,
        "session": "s-1",
        "woke": False,
    }


def test_options_may_stand_anywhere(daemon: Stub, peerd: Peerd):
    for words in (["--topic", "T", "ada", "x"], ["ada", "--topic", "T", "x"], ["ada", "x", "--topic", "T"]):
        assert peerd("send", *words).code == 0

    assert [(params["topic"], params["body"]) for _, params in daemon.asked] == [("T", "x")] * 3


@pytest.mark.parametrize("text", ["--json", "-x", "--", "- an item", "-1"])
def test_text_that_begins_with_a_dash_goes_behind_dashes(daemon: Stub, peerd: Peerd, text: str):
    assert peerd("send", "ada", "--", text).code == 0

    assert bodies(daemon) == [text]


def test_a_dash_reads_stdin_to_its_last_newline(daemon: Stub, peerd: Peerd, monkeypatch: pytest.MonkeyPatch):
    stdin(monkeypatch, "two\nlines \u20ac\n\n".encode())

    assert peerd("send", "ada", "-").code == 0

    assert bodies(daemon) == ["two\nlines \u20ac\n\n"]


def test_a_file_is_sent_as_it_is(daemon: Stub, peerd: Peerd, home: Path):
    (home / "note").write_bytes(b"tab\there\r\n")

    assert peerd("send", "ada", "--file", str(home / "note")).code == 0

    assert bodies(daemon) == ["tab\there\r\n"]


def test_a_message_of_exactly_a_mebibyte_is_sent(daemon: Stub, peerd: Peerd, home: Path):
    (home / "note").write_bytes(b"\x01" * MEBIBYTE)

    assert peerd("send", "ada", "--file", str(home / "note")).code == 0

    assert bodies(daemon) == ["\x01" * MEBIBYTE]


@pytest.mark.parametrize(
    ("words", "text"),
    [
        pytest.param([], "no message text: give TEXT, - for stdin, or --file F.", id="nothing"),
        pytest.param([""], "TEXT: the message is empty.", id="empty"),
        pytest.param([" \n\t"], "TEXT: the message is empty.", id="blank"),
        pytest.param(["x", "--file", "note"], "give TEXT or --file, not both.", id="both"),
        pytest.param(["--file", "none"], "--file none: No such file or directory.", id="no file"),
        pytest.param(["--file", "folder"], "--file folder: not a regular file", id="a folder"),
        pytest.param(["--file", "binary"], "binary: not valid UTF-8 at byte 2.", id="a file of no UTF-8"),
        pytest.param(["--file", "empty"], "empty: the message is empty.", id="an empty file"),
        pytest.param(["--file", "large"], "large: over 1048576 bytes; send the path of a file instead.", id="large"),
        pytest.param(
            ["--file", "pipe"],
            "--file pipe: not a regular file (pipe a program's output into stdin, and give - for TEXT).",
            id="a pipe that nobody writes to",
        ),
        pytest.param(["--file", "/dev/zero"], "--file /dev/zero: not a regular file", id="a device"),
        pytest.param(["a\udcff"], "TEXT: not valid UTF-8 at byte 1.", id="a word of no UTF-8"),
    ],
)
def test_what_cannot_be_a_message_is_refused_before_anything_is_sent(
    daemon: Stub, peerd: Peerd, home: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], text: str
):
    monkeypatch.chdir(home)
    (home / "folder").mkdir()
    (home / "note").write_text("x")
    (home / "empty").touch()
    (home / "binary").write_bytes(b"ab\xff")
    (home / "large").write_bytes(b"x" * (MEBIBYTE + 1))
    os.mkfifo(home / "pipe")

    ran = peerd("send", "ada", *words)

    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"peerd: {text}")
    assert ran.err.endswith("Nothing was sent.\n")
    assert daemon.asked == []


@pytest.mark.parametrize("words", [("send", "ada", "-"), ("wake", "ada", "--task", "-")], ids=["send", "wake"])
def test_stdin_that_does_not_end_is_not_waited_for_longer_than_said(
    daemon: Stub, peerd: Peerd, monkeypatch: pytest.MonkeyPatch, words: Sequence[str]
):
    monkeypatch.setattr("peerd.cli.body.STDIN_S", 0.0)
    reading, writing = os.pipe()
    os.write(writing, b"half a mes")

    with open(reading, encoding="utf-8") as endless, open(writing, "wb"):
        monkeypatch.setattr("sys.stdin", endless)
        ran = peerd(*words, "--timeout", "0.05")

    told = "peerd: stdin did not end within 0.05 s; --timeout S waits longer. Nothing was sent.\n"
    assert (ran.code, ran.err, daemon.asked) == (2, told, [])


@pytest.mark.skipif(os.getuid() == 0, reason="root reads everything")
def test_an_unreadable_file_is_refused(daemon: Stub, peerd: Peerd, home: Path):
    (home / "note").touch(mode=0o000)

    assert peerd("send", "ada", "--file", str(home / "note")).code == 2
    assert daemon.asked == []


def test_a_line_tells_of_waking_and_of_another_attempt(daemon: Stub, peerd: Peerd):
    daemon.answers["message.send"] = sent(attempt=2, woke=True, task="turn_ended")

    assert peerd("send", "ada", "hello").out == "m-1 to ada: submitted, turn_ended, attempt 2, woke ada\n"


def test_a_daemon_lost_on_the_way_is_said_with_the_messages_id(daemon: Stub, peerd: Peerd):
    daemon.answers["message.send"] = None

    ran = peerd("send", "ada", "hello", "--id", "m-7")

    assert (ran.code, ran.out) == (69, "")
    assert "m-7 may have been accepted: `peerd message m-7` tells" in ran.err
    assert "the same command with `--id m-7` sends it" in ran.err


@pytest.mark.parametrize(
    ("to", "said", "code"),
    [
        ("ada", ("hello",), 3),
        ("bob", ("hello",), 69),
        ("ada", ("other words",), 69),
        ("ada", ("hello", "--topic", "tax"), 69),
        ("ada", ("hello", "--reply-to", "m-1"), 69),
    ],
    ids=["this one", "to somebody else", "other words", "about something else", "a reply"],
)
def test_only_the_very_message_on_record_counts_as_accepted_by_a_daemon_that_was_lost(
    home: Path, daemon: Stub, peerd: Peerd, to: str, said: tuple[str, ...], code: int
):
    """Another one under its id would have been refused."""
    in_store(home, lambda store: store.accept(message(id=MessageId("m-7"), body="hello"), Task.OPEN))
    daemon.answers["message.send"] = None

    ran = peerd("send", to, *said, "--id", "m-7")

    assert (ran.code, "m-7 is accepted: do not send it again" in ran.err) == (code, code == 3)


def test_what_is_asked_has_the_id_it_is_given(daemon: Stub, peerd: Peerd):
    daemon.answers["message.send"] = sent(task="answered", answer="hi")

    peerd("ask", "ada", "hello", "--id", "m-7")

    assert [params["id"] for _, params in daemon.asked] == ["m-7"]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        pytest.param(UnknownPeer("no peer 'adda'. Did you mean 'ada'?"), 1, id="unknown peer"),
        pytest.param(NotPermitted("ada takes messages from the operator only"), 1, id="not permitted"),
        pytest.param(PeerdError("ada is stopped. `peerd start ada`, or --queue"), 1, id="stopped"),
        pytest.param(TryAgain("1000 messages wait for ada"), 75, id="queue full"),
    ],
)
def test_what_the_daemon_refuses_is_said_with_its_exit_code(daemon: Stub, peerd: Peerd, error: PeerdError, code: int):
    daemon.answers["message.send"] = error

    assert peerd("send", "ada", "hello") == (code, "", f"peerd: {error}\n")


def test_with_json_an_error_is_an_object_on_stderr(daemon: Stub, peerd: Peerd):
    daemon.answers["message.send"] = UnknownPeer("no peer 'adda'")

    ran = peerd("send", "adda", "hello", "--json")

    assert (ran.code, ran.out) == (1, "")
    assert json.loads(ran.err) == {"error": {"kind": "unknown-peer", "message": "no peer 'adda'", "exit": 1}}


def test_json_in_the_text_is_no_option(daemon: Stub, peerd: Peerd):
    daemon.answers["message.send"] = UnknownPeer("no")

    assert peerd("send", "ada", "--", "--json").err == "peerd: no\n"


def test_the_token_of_the_session_is_shown(daemon: Stub, peerd: Peerd, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PEERD_TOKEN", "secret")

    peerd("send", "ada", "hello")

    assert daemon.tokens == ["secret"]
