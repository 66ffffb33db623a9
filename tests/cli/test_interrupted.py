"""Ctrl-C at a message that was sent: it is named, for it goes on."""

import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from peerd.model.message import MessageId, Task
from tests.build import message
from tests.cli.stub import Stub
from tests.eventually import eventually
from tests.store.records import in_store


@pytest.mark.parametrize("words", ["send ada hello", "ask ada hello", "reply m-0 hello", "send @ours hello"])
def test_an_interrupt_of_what_was_sent_names_it(daemon: Stub, words: str):
    never = threading.Event()
    daemon.answers = {"message.send": never, "group.send": never}
    child = subprocess.Popen([sys.executable, "-m", "peerd", *words.split(), "--id", "m-7"], stderr=subprocess.PIPE)
    eventually(lambda: daemon.asked)

    child.send_signal(signal.SIGINT)

    err = child.communicate(timeout=10)[1].decode()
    never.set()
    assert child.returncode == 130
    assert err.startswith("peerd: m-7 may have been accepted")
    assert err.count("\n") == 1


def test_one_that_is_on_record_is_said_to_be_accepted(home: Path, daemon: Stub):
    in_store(home, lambda store: store.accept(message(id=MessageId("m-7"), body="hello"), Task.OPEN))
    never = threading.Event()
    daemon.answers = {"message.send": never}
    command = [sys.executable, "-m", "peerd", "ask", "ada", "hello", "--id", "m-7"]
    child = subprocess.Popen(command, stderr=subprocess.PIPE)
    eventually(lambda: daemon.asked)

    child.send_signal(signal.SIGINT)

    err = child.communicate(timeout=10)[1].decode()
    never.set()
    told = "peerd: m-7 is accepted: do not send it again. `peerd wait m-7 --for ended` waits on.\n"
    assert (child.returncode, err) == (130, told)
