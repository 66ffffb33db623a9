"""Descriptors given to a process that is no child of ours: to the first who asks, once."""

import asyncio
import os
import socket
from pathlib import Path

import pytest

from peerd.edges import passing


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "ask")


def asker(path: str) -> socket.socket:
    sock = socket.socket(socket.AF_UNIX)
    sock.settimeout(5)
    sock.connect(path)
    return sock


def test_the_first_who_asks_is_given_them_in_order(path: str):
    ask, (reads, writes) = passing.bound(path), os.pipe()
    with asker(path) as first:
        assert asyncio.run(passing.given(ask, b"a:b", [reads, writes]))

        words, given, _, _ = socket.recv_fds(first, 100, 10)

    os.write(given[1], b"hello")
    assert (words, os.read(given[0], 9)) == (b"a:b", b"hello")
    for each in (reads, writes, *given):
        os.close(each)


def test_nobody_is_given_them_after_the_first(path: str):
    ask = passing.bound(path)
    with asker(path):
        asyncio.run(passing.given(ask, b"a", [0]))

    with pytest.raises(ConnectionRefusedError):
        asker(path)


def test_one_who_asked_and_went_is_no_fault_of_ours(path: str):
    ask = passing.bound(path)
    asker(path).close()

    assert not asyncio.run(passing.given(ask, b"a", [0]))


def test_only_its_owner_may_ask(path: str):
    with passing.bound(path):
        assert os.stat(path).st_mode & 0o777 == 0o600
