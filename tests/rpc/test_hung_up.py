"""Clients that have hung up before they are let in: they asked nothing, and are in nobody's way."""

import os
import socket
from pathlib import Path

import pytest

from peerd.rpc.connection import Limits
from peerd.rpc.listen import bound_socket
from tests.rpc.conftest import Connect, Serve
from tests.rpc.serving import STATUS_FIELDS, Client

PROBES = 900


@pytest.fixture
def line(folder: Path) -> socket.socket:
    """A daemon's socket while it boots: who connects waits."""
    bound = bound_socket(str(folder / "peerd.sock"), os.getuid())
    bound.listen(1024)
    return bound


def test_a_line_of_those_that_only_looked_whether_a_daemon_is_there_costs_nobody_a_place(
    line: socket.socket, serve: Serve, connect: Connect
):
    asking = []
    for n in range(PROBES):
        if n % 30 == 0:
            asking.append(connect())
            asking[-1].ask("daemon.status", id=n)
        connect().close()

    serve(Limits(connections=40, reserved=5, silent_s=60.0), passed=line)

    assert [client.answer() for client in asking] == [
        {"jsonrpc": "2.0", "id": n, "result": STATUS_FIELDS} for n in range(0, PROBES, 30)
    ]


def test_what_was_asked_before_hanging_up_is_done(line: socket.socket, serve: Serve, connect: Connect):
    hasty, patient = connect(), connect()
    hasty.send(b'{"jsonrpc":"2.0","method":"daemon.status"}\n')
    hasty.close()

    serving = serve(passed=line)

    assert is_served(patient)
    assert [method for _, method in serving.daemon.asked] == ["daemon.status"] * 2


def is_served(client: Client) -> bool:
    client.ask("daemon.status")
    return bool(client.result() == STATUS_FIELDS)
