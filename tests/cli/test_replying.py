"""reply: an answer to whoever sent a message."""

import io
from typing import Any

import pytest

from peerd.errors import UsageError
from tests.cli.answers import sent
from tests.cli.conftest import Peerd
from tests.cli.stub import Stub


def test_it_names_the_message_alone_and_says_where_the_answer_stands(daemon: Stub, peerd: Peerd):
    daemon.answers = {"message.send": sent(id="m-2", task=None)}

    ran = peerd("reply", "m-1", "yes, do", "--id", "m-2")

    assert ran == (0, "m-2 to ada: submitted\n", "")
    asked: dict[str, Any] = {"reply_to": "m-1", "body": "yes, do", "id": "m-2", "timeout_s": 60.0}
    assert daemon.asked == [("message.send", asked)]


def test_its_text_may_come_from_stdin(daemon: Stub, peerd: Peerd, monkeypatch: pytest.MonkeyPatch):
    daemon.answers = {"message.send": sent(task=None)}
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"a\nb\n")))

    assert peerd("reply", "m-1", "-").code == 0
    assert daemon.asked[0][1]["body"] == "a\nb\n"


def test_what_is_refused_is_told(daemon: Stub, peerd: Peerd):
    daemon.answers = {"message.send": UsageError("m-1 is a notice from peerd: nobody reads an answer.")}

    assert peerd("reply", "m-1", "thanks") == (2, "", "peerd: m-1 is a notice from peerd: nobody reads an answer.\n")


def test_one_that_may_have_been_accepted_is_sent_again_under_its_id(daemon: Stub, peerd: Peerd):
    daemon.answers = {"message.send": None}

    ran = peerd("reply", "m-1", "yes", "--id", "m-2")

    assert ran.code == 69
    assert "If it was not, the same command with `--id m-2` sends it." in ran.err
