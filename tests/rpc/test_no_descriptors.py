"""A daemon that can open no file more: those who come are let in once it can, and the log does not run over."""

import asyncio
import os
import resource
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from peerd.rpc import door
from tests.eventually import eventually
from tests.rpc.serving import STATUS_FIELDS, Client, Serving


@contextmanager
def no_descriptors() -> Iterator[None]:
    """This process, which the server is in, opens no file more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with open(os.devnull) as lowest_free:
        free = lowest_free.fileno()
    resource.setrlimit(resource.RLIMIT_NOFILE, (free, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


class Waiting(Client):
    """One whose own descriptor is there before."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(10)
        self._lines = self.socket.makefile("rb")


def test_it_is_told_once_and_who_waits_is_let_in_once_there_is_one(
    serving: Serving, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setattr(door, "AGAIN_S", 0.01)
    client = Waiting()

    with no_descriptors():
        client.socket.connect(serving.path)
        client.ask("daemon.status")
        eventually(lambda: serving.bugs or caplog.records)
        serving.run(asyncio.sleep(0.2))

    assert client.result() == STATUS_FIELDS
    assert serving.bugs == [("accept", "[Errno 24] Too many open files")]
    assert caplog.records == []
    client.close()
