"""A full disk under stdout: what was done is done, and is not asked for again."""

import subprocess
import sys
from typing import Any

import pytest

from tests.cli.answers import row, sent, woken
from tests.cli.stub import Stub

pytestmark = pytest.mark.usefixtures("buffered")


def run(*words: str) -> tuple[int, str]:
    """Its exit code, and what it said on stderr."""
    with open("/dev/full", "wb") as full:
        command = [sys.executable, "-m", "peerd", *words]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, timeout=10, check=False)
    return done.returncode, done.stderr.decode()


def told(command: str) -> str:
    return f"peerd: stdout: No space left on device. What `peerd {command}` did is done all the same: "


ADDED = {"peer": "eve", "runtime": "actor", "file": "eve.toml"}


@pytest.mark.parametrize(
    ("words", "answers"),
    [
        ("add eve --runtime actor", {"peer.add": ADDED}),
        ("add eve --runtime actor --json", {"peer.add": ADDED}),
        ("wake ada", {"peer.wake": woken()}),
        ("start ada", {"peer.start": {"peer": "ada", "phase": "asleep", "queued": 0}}),
        ("queue cancel m-1", {"message.cancel": {"id": "m-1", "to": "ada", "state": "cancelled"}}),
    ],
)
def test_what_was_done_is_told_as_done(daemon: Stub, words: str, answers: dict[str, Any]):
    daemon.answers = answers

    code, said = run(*words.split())

    assert (code, said) == (0, f"{told(words.split()[0])}do not ask for it again.\n")


def test_all_that_was_asked_for_is_done(daemon: Stub):
    daemon.first = [{"peers": []}, {"peer": "ada"}, {"peer": "bob"}]

    code, said = run("stop", "ada", "bob")

    assert (code, said.startswith(told("stop"))) == (0, True)
    assert [params["peer"] for method, params in daemon.asked if method == "peer.stop"] == ["ada", "bob"]


@pytest.mark.parametrize("command", ["send", "ask"])
def test_a_message_that_was_sent_is_named(daemon: Stub, command: str):
    daemon.answers = {"message.send": sent(answer="done", answer_from="reply", task="answered")}

    told = "peerd: stdout: No space left on device. m-1 was sent all the same (submitted): do not send it again.\n"
    assert run(command, "ada", "hello") == (0, told)


@pytest.mark.parametrize("words", ["ls", "ls --json", "queue ls --json"])
def test_what_only_looks_has_failed(daemon: Stub, words: str):
    daemon.answers = {"peer.list": {"peers": [row()]}, "queue.list": {"queues": []}}

    code, said = run(*words.split())

    assert (code, "No space left on device" in said, "is done" in said) == (1, True, False)
    assert "Exception ignored" not in said
