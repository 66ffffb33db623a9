"""The caller's half, against the real server and against sockets where something else answers."""

import errno
import json
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from peerd import errors
from peerd.rpc.client import Connection, call, connected
from tests.eventually import eventually
from tests.rpc.conftest import Serve
from tests.rpc.serving import FORGED, STATUS_FIELDS, Serving

Answering = Callable[..., str]


@pytest.fixture
def answering(folder: Path) -> Iterator[Answering]:
    """A socket on which a single client is answered with these bytes, whatever it says, and then hung up on."""
    ends: list[Callable[[], None]] = []

    def start(data: bytes = b"", *, hang_up: bool = True, listen: bool = True) -> str:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(folder / "s"))
        listener.listen()
        thread = threading.Thread(target=lambda: one_client(listener, data, hang_up, listen), daemon=True)
        thread.start()
        ends.extend([lambda: thread.join(10), listener.close])
        return str(folder / "s")

    yield start
    for end in ends:
        end()


def one_client(listener: socket.socket, data: bytes, hang_up: bool, listen: bool) -> None:
    client, _ = listener.accept()
    with client:
        if listen:
            client.recv(1 << 16)
        with suppress(BrokenPipeError):
            client.sendall(data)
        while not hang_up and client.recv(1 << 16):
            pass


def line(**fields: object) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": 1} | fields).encode() + b"\n"


def error(code: int, message: str = "x", **data: object) -> bytes:
    return line(error={"code": code, "message": message, "data": data})


def status(path: str, timeout_s: float = 10) -> dict[str, object]:
    return call("daemon.status", {}, timeout_s=timeout_s, socket_path=path)


def test_a_call_is_answered(serving: Serving):
    assert status(serving.path) == STATUS_FIELDS


def test_the_token_of_the_environment_says_whose_session_asks(serving: Serving, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PEERD_SOCKET", serving.path)
    monkeypatch.setenv("PEERD_TOKEN", "adas")

    call("daemon.status", {}, timeout_s=10)

    assert [(caller.token, method) for caller, method in serving.daemon.asked] == [
        ("adas", "hello"),
        ("adas", "daemon.status"),
    ]


def test_a_forged_token_is_refused(serving: Serving):
    with pytest.raises(errors.NotPermitted, match="no session has this token"):
        call("daemon.status", {}, timeout_s=10, socket_path=serving.path, token=FORGED)


def test_several_calls_go_over_one_connection(serving: Serving):
    with Connection(serving.path) as connection:
        answers = [connection.call("message.send", {"to": "ada", "body": body}, timeout_s=10) for body in "ab"]

    assert [answer["answer"] for answer in answers] == ["a", "b"]
    assert [method for _, method in serving.daemon.asked] == ["hello", "message.send", "message.send"]


def test_a_connection_goes_on_after_an_error(serving: Serving):
    with Connection(serving.path) as connection:
        with pytest.raises(errors.UnknownPeer):
            connection.call("peer.show", {"peer": "bob"}, timeout_s=10)

        assert connection.call("daemon.status", {}, timeout_s=10) == STATUS_FIELDS


def test_a_connection_connects_again_after_its_daemon_was_replaced(serve: Serve):
    first = serve()
    with Connection(first.path) as connection:
        connection.call("daemon.status", {}, timeout_s=10)
        first.run(first.server.close(0))
        with pytest.raises(errors.DaemonLost):
            connection.call("daemon.status", {}, timeout_s=10)
        serve()

        assert connection.call("daemon.status", {}, timeout_s=10) == STATUS_FIELDS


def test_a_body_of_a_mebibyte_goes_there_and_back(serving: Serving):
    body = "\x01é€\U0001f600" * 100_000

    sent = call("message.send", {"to": "ada", "body": body}, timeout_s=10, socket_path=serving.path)

    assert sent["answer"] == body


def test_a_request_over_the_line_cap_is_not_sent(serving: Serving):
    with pytest.raises(errors.UsageError, match="over 8388608 bytes. Nothing was sent"):
        call("message.send", {"to": "ada", "body": "x" * (8 << 20)}, timeout_s=10, socket_path=serving.path)

    assert serving.daemon.asked == []


def test_an_answer_that_never_comes_ends_with_the_deadline_and_the_daemon_stops_waiting(serving: Serving):
    with pytest.raises(errors.DaemonLost, match=r"silent for 0\.1 s.*`peerd daemon restart`"):
        call("message.wait", {"id": "m-1"}, timeout_s=0.1, socket_path=serving.path)

    eventually(lambda: serving.daemon.ended == 1)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(b"", errors.DaemonLost, id="nothing"),
        pytest.param(b'{"jsonrpc"', errors.DaemonLost, id="half a line"),
        pytest.param(b"220 smtp.example.org\r\n", errors.InternalError, id="another protocol"),
        pytest.param(b"\xff\xfe\n", errors.InternalError, id="bytes"),
        pytest.param(b"[]\n", errors.InternalError, id="a list"),
        pytest.param(b"[" * 100_000 + b"\n", errors.InternalError, id="a deep hole"),
        pytest.param(line(result=3), errors.InternalError, id="a result that is no object"),
        pytest.param(line(error="no"), errors.InternalError, id="an error that is no object"),
        pytest.param(b"x" * (9 << 20), errors.InternalError, id="an endless line"),
    ],
)
def test_garbage_for_an_answer_is_told_as_such(answering: Answering, data: bytes, expected: type[Exception]):
    path = answering(data)

    with pytest.raises(expected):
        status(path)


def test_a_daemon_that_says_nothing_is_given_up(answering: Answering):
    path = answering(hang_up=False)

    with pytest.raises(errors.DaemonLost, match="silent for 0.05 s"):
        status(path, timeout_s=0.05)


def test_why_a_daemon_hung_up_at_once_is_told(answering: Answering):
    path = answering(
        error(-32000, "512 connections open", kind="try-again", exit=75).replace(b'"id": 1', b'"id": null')
    )

    with pytest.raises(errors.TryAgain, match="512 connections open"):
        status(path)


def test_why_a_daemon_hung_up_amid_the_request_is_told(answering: Answering):
    refusal = error(-32000, "not you", kind="not-permitted", exit=1).replace(b'"id": 1', b'"id": null')
    path = answering(refusal, listen=False)

    with pytest.raises(errors.NotPermitted, match="not you"):
        call("message.send", {"to": "ada", "body": "x" * (1 << 20)}, timeout_s=10, socket_path=path)


@pytest.mark.parametrize(
    ("data", "expected", "exit_code"),
    [
        pytest.param(error(-32000, kind="unknown-peer", exit=1), errors.UnknownPeer, 1, id="of peerd's own"),
        pytest.param(error(-32000, kind="waiting", exit=3), errors.NotYet, 3, id="not yet"),
        pytest.param(error(-32000, kind="config", exit=78), errors.ConfigError, 78, id="configuration"),
        pytest.param(error(-32000, kind="pane-dead", exit=1), errors.PeerdError, 1, id="of tmux"),
        pytest.param(error(-32000, kind="of-tomorrow", exit=9), errors.PeerdError, 9, id="of a newer daemon"),
        pytest.param(error(-32601), errors.VersionSkew, 1, id="no such method"),
        pytest.param(error(-32602), errors.UsageError, 2, id="wrong params"),
        pytest.param(error(-32603), errors.InternalError, 70, id="a bug"),
    ],
)
def test_an_error_comes_out_as_it_was_raised(
    answering: Answering, data: bytes, expected: type[errors.PeerdError], exit_code: int
):
    path = answering(data)

    with pytest.raises(expected) as caught:
        status(path)

    assert (type(caught.value), caught.value.exit_code) == (expected, exit_code)


def test_the_kind_of_an_error_is_kept_where_its_class_is_not(answering: Answering):
    path = answering(error(-32000, "tmux paste: gone", kind="pane-dead", exit=1))

    with pytest.raises(errors.PeerdError, match="tmux paste: gone") as caught:
        status(path)

    assert caught.value.kind == "pane-dead"


def test_params_that_another_version_does_not_know_are_skew(answering: Answering):
    greeting = line(id=0, result={"protocol": 1, "version": "0.0.9", "pid": 7, "caller": "operator"})
    path = answering(greeting + error(-32602, "unknown field `newer`"))

    with pytest.raises(errors.VersionSkew, match="the daemon is peerd 0.0.9.*`peerd daemon restart`"):
        status(path)


def test_where_nobody_listens_the_daemon_is_not_running(folder: Path):
    with socket.socket(socket.AF_UNIX) as left_behind:
        left_behind.bind(str(folder / "s"))

    for path in (folder / "s", folder / "none", folder / "no folder" / "s"):
        with pytest.raises(errors.DaemonNotRunning, match="`peerd daemon start` starts one"):
            status(str(path))


def test_a_path_that_is_no_socket_is_named(folder: Path):
    (folder / "file").touch()

    for path in (folder, folder / "file", folder / "file" / "s", folder / ("x" * 120)):
        with pytest.raises(errors.ConfigError, match=str(path)):
            status(str(path))


def test_too_many_waiting_to_get_in_is_worth_another_try(folder: Path):
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(folder / "s"))
    listener.listen(0)
    waiting: list[object] = []

    with pytest.raises(errors.TryAgain):
        waiting.extend(connected(str(folder / "s")) for _ in range(9))
    listener.close()


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")
def test_another_users_socket_is_not_ours_to_use(serving: Serving, folder: Path):
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setuid(65534)
            connected(str(folder / "peerd.sock"))
        except errors.NotPermitted:
            os.write(writing, b"refused")
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    os.close(writing)

    assert os.read(reading, 100) == b"refused"
    os.close(reading)


def test_a_socket_of_another_kind_is_named(folder: Path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as datagrams:
        datagrams.bind(str(folder / "s"))
        with pytest.raises(errors.ConfigError, match=os.strerror(errno.EPROTOTYPE)):
            status(str(folder / "s"))
