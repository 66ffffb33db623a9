"""Fixtures of the socket's tests."""

import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from peerd.rpc.connection import Limits
from tests.rpc.serving import Client, Serving, own_uid

Serve = Callable[..., Serving]
Connect = Callable[[], Client]


@pytest.fixture
def folder() -> Iterator[Path]:
    """Short enough for a socket's path, and closed to others."""
    path = Path(tempfile.mkdtemp(prefix="peerd-", dir="/tmp"))
    yield path
    shutil.rmtree(path)


@pytest.fixture
def serve(folder: Path) -> Iterator[Serve]:
    """Starts a server with the limits given."""
    with ExitStack() as ends:

        def start(limits: Limits | None = None, uid: int | None = None, passed: socket.socket | None = None) -> Serving:
            uid = own_uid() if uid is None else uid
            serving = Serving(str(folder / "peerd.sock"), limits or Limits(), uid, passed)
            ends.callback(serving.end)
            return serving

        yield start


@pytest.fixture
def serving(serve: Serve) -> Serving:
    return serve()


@pytest.fixture
def connect(folder: Path) -> Iterator[Connect]:
    """Connects one more client to the server."""
    with ExitStack() as ends:

        def start() -> Client:
            client = Client(str(folder / "peerd.sock"))
            ends.callback(client.close)
            return client

        yield start


@pytest.fixture
def client(serving: Serving, connect: Connect) -> Client:
    return connect()
