"""Clients that do everything wrong: they cost nobody but themselves."""

import os
import random
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings

from peerd.rpc import protocol
from peerd.rpc.caller import Caller, admit
from peerd.rpc.connection import Limits
from tests.eventually import eventually
from tests.rpc.conftest import Connect, Serve
from tests.rpc.serving import STATUS_FIELDS, Client, Serving

NOBODY = 65534


@pytest.fixture
def many_files() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 4096)), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def is_served(client: Client) -> None:
    client.ask("daemon.status", id=99)
    assert client.answer() == {"jsonrpc": "2.0", "id": 99, "result": STATUS_FIELDS}


def gets_in(client: Client) -> bool:
    client.ask("daemon.status")
    return "result" in client.answer()


def test_an_endless_line_is_skipped_and_its_connection_goes_on(client: Client):
    for _ in range(12):
        client.send(b"x" * (1 << 20))
    client.send(b"\n")

    assert client.error() == {
        "code": protocol.INVALID_REQUEST,
        "message": "a line is at most 8388608 bytes; this one was skipped",
    }
    is_served(client)


def test_an_endless_line_costs_only_its_own_client(client: Client, connect: Connect):
    for _ in range(10):
        client.send(b"x" * (1 << 20))

    is_served(connect())


def test_half_a_line_is_dropped_with_its_client(serving: Serving, client: Client, connect: Connect):
    client.send(b'{"jsonrpc":"2.0","id":1,"method":"daemon.status"')
    client.close()

    is_served(connect())
    assert [method for _, method in serving.daemon.asked] == ["daemon.status"]


def test_a_silent_client_costs_nobody_anything(client: Client, connect: Connect):
    is_served(connect())
    is_served(client)


def test_a_client_that_never_reads_is_dropped_and_nobody_else(serve: Serve, connect: Connect):
    serve(Limits(unread_s=0.2))
    deaf, other = connect(), connect()

    with suppress(BrokenPipeError):  # dropped before the last of them
        for _ in range(64):
            deaf.ask("message.send", {"to": "ada", "body": "x" * 100_000})

    is_served(other)
    eventually(deaf.hung_up)


def test_a_client_that_leaves_too_much_unread_is_dropped_at_once(serve: Serve, connect: Connect):
    serve(Limits(unread_bytes=1 << 20))
    deaf = connect()

    with suppress(BrokenPipeError):
        for _ in range(64):
            deaf.ask("message.send", {"to": "ada", "body": "x" * 100_000})

    eventually(deaf.hung_up)


def test_calls_past_the_cap_wait_for_a_place(serve: Serve, connect: Connect):
    serving = serve(Limits(calls=3))
    client = connect()

    for id in range(3):
        client.ask("message.wait", {"id": "m-1"}, id=id)
    client.ask("daemon.status", id=3)
    eventually(lambda: serving.daemon.waiting == 3)

    is_served(connect())
    assert [method for _, method in serving.daemon.asked].count("daemon.status") == 1


def test_a_client_that_goes_with_all_its_calls_under_way_is_noticed(serve: Serve, connect: Connect):
    serving = serve(Limits(calls=2))
    client = connect()
    for id in range(5):
        client.ask("message.wait", {"id": "m-1"}, id=id)
    eventually(lambda: serving.daemon.waiting == 2)

    client.close()

    eventually(lambda: serving.daemon.ended == 2)


def test_pipelined_calls_are_all_answered(client: Client):
    for id in range(300):
        client.ask("daemon.status", id=id)

    assert sorted(client.answer()["id"] for _ in range(300)) == list(range(300))


@pytest.mark.usefixtures("many_files")
def test_of_1000_connections_those_past_the_cap_are_told_so(serve: Serve, connect: Connect):
    serve(Limits(silent_s=60.0))
    clients = [connect() for _ in range(1000)]

    for client in clients[:512]:
        client.ask("daemon.status", id=99)
    served = [client.answer()["result"] for client in clients[:512]]
    refused = [client.error() for client in clients[512:]]

    assert served == [STATUS_FIELDS] * 512
    assert {(each["message"], each["data"]["exit"]) for each in refused} == {
        (
            "the daemon has 512 connections open, the most it takes; nothing was done. Try again: one that is "
            f"silent for 60 s is closed. `ss -xp` shows who holds them, and `kill {os.getpid()}` ends the daemon; "
            "sessions live on.",
            75,
        )
    }
    clients[0].close()
    eventually(lambda: gets_in(connect()))


def test_where_there_is_no_place_the_one_that_was_silent_for_longest_gives_way(serve: Serve, connect: Connect):
    serving = serve(Limits(connections=3, reserved=0, silent_s=0.0))
    silent, talks, waits = connect(), connect(), connect()
    waits.ask("message.wait", {"id": "m-1"})
    eventually(lambda: serving.daemon.waiting == 1)
    is_served(talks)

    is_served(connect())

    eventually(silent.hung_up)
    is_served(talks)
    assert serving.daemon.ended == 0


def test_the_last_places_are_kept_for_callers_outside_of_every_session(serve: Serve, connect: Connect):
    serving = serve(Limits(connections=4, reserved=2))
    serving.in_session = True
    for _ in range(2):
        is_served(connect())

    refused = connect().error()
    serving.in_session = False

    assert refused["data"]["exit"] == 75
    assert "but for 2 that are kept for callers outside of every session" in refused["message"]
    for _ in range(2):
        is_served(connect())
    assert "the most it takes; nothing was done" in connect().error()["message"]


@pytest.mark.parametrize(("uid", "admitted"), [(1000, True), (1001, False), (0, False)])
def test_only_our_own_uid_is_admitted(uid: int, admitted: bool):
    assert admit(uid, own_uid=1000) is admitted


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")
def test_another_uid_is_refused_even_where_the_files_let_it_in(serving: Serving, folder: Path):
    folder.chmod(0o755)
    (folder / "peerd.sock").chmod(0o666)
    stranger = (
        "import os, socket, sys; os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "sock = socket.socket(socket.AF_UNIX); sock.connect(sys.argv[1])\n"
        "print(sock.makefile().read())"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", stranger, str(folder / "peerd.sock")],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )

    assert f"this daemon serves uid 0 only, and you are uid {NOBODY}" in done.stdout + done.stderr
    assert serving.daemon.asked == []


def test_a_caller_is_known_by_the_kernels_word(serving: Serving, client: Client):
    is_served(client)

    assert [caller for caller, _ in serving.daemon.asked] == [Caller(uid=os.getuid(), pid=os.getpid())]


def test_a_callers_token_is_not_in_its_picture():
    assert "secret" not in repr(Caller(uid=1, pid=2, token="secret"))


@given(lines=st.lists(st.binary(max_size=60).map(lambda data: data.replace(b"\n", b"") + b"\n"), max_size=8))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_line_of_garbage_gets_one_error_and_the_connection_goes_on(client: Client, lines: list[bytes]):
    client.send(b"".join(lines))

    assert all("error" in client.answer() for _ in lines)
    is_served(client)


def test_requests_cut_and_spoiled_at_random_leave_the_connection_alive(client: Client):
    whole = b'{"jsonrpc":"2.0","id":5,"method":"message.send","params":{"to":"ada","body":"hi","timeout_s":1}}'
    chance = random.Random(7)

    for _ in range(300):
        spoiled = bytearray(whole)
        for _ in range(chance.randrange(1, 4)):
            spoiled[chance.randrange(len(spoiled))] = chance.choice(b'"{}[]:,\\0a\xff')
        client.send(bytes(spoiled[: chance.randrange(20, len(spoiled) + 1)]) + b"\n")
    client.ask("daemon.status", id=99)

    assert 99 in (answer["id"] for answer in iter(client.answer, None))
