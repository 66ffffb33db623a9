"""Clients of every kind on a real socket, and what the server makes of them."""

import pytest

from peerd.errors import VersionSkew
from peerd.rpc import protocol
from peerd.rpc.connection import refuse_skew
from peerd.rpc.params import HelloParams
from tests.eventually import eventually
from tests.rpc.conftest import Connect
from tests.rpc.serving import FORGED, HELLO, STATUS_FIELDS, Client, Serving


def hello(**fields: object) -> dict[str, object]:
    return {"protocol": 1, "version": "0.1.0", "token": None} | fields


def test_a_call_is_answered_under_its_id(client: Client):
    client.ask("daemon.status", id=41)

    assert client.answer() == {"jsonrpc": "2.0", "id": 41, "result": STATUS_FIELDS}


def test_hello_tells_who_the_caller_is_and_goes_before_the_call_it_came_with(serving: Serving, client: Client):
    client.send(HELLO.replace(b"null", b'"ada"') + b'{"jsonrpc":"2.0","id":1,"method":"daemon.status","params":{}}\n')

    assert [client.answer()["id"], client.answer()["id"]] == [0, 1]
    assert [(caller.token, caller.version, method) for caller, method in serving.daemon.asked] == [
        ("ada", "0.1.0", "hello"),
        ("ada", "0.1.0", "daemon.status"),
    ]


def test_a_caller_without_hello_is_taken_to_speak_the_same_protocol(serving: Serving, client: Client):
    client.ask("daemon.status")

    assert client.result() == STATUS_FIELDS
    assert [(caller.token, caller.version) for caller, _ in serving.daemon.asked] == [(None, None)]


@pytest.mark.parametrize("before", ["hello", "daemon.status"])
def test_hello_comes_first_and_once(client: Client, before: str):
    client.ask(before, hello() if before == "hello" else {})
    client.answer()

    client.ask("hello", hello(token="ada"))

    assert client.error() == {"code": protocol.INVALID_REQUEST, "message": "hello comes first, and once"}


def test_after_a_forged_token_nothing_is_answered(serving: Serving, client: Client):
    client.ask("hello", hello(token=FORGED), id=0)
    client.ask("message.send", {"to": "ada", "body": "x"}, id=1)
    client.ask("daemon.status", id=2)

    answers = [client.answer() for _ in range(3)]

    assert {answer["id"] for answer in answers} == {0, 1, 2}
    assert {answer["error"]["data"]["kind"] for answer in answers} == {"not-permitted"}
    assert [method for _, method in serving.daemon.asked] == ["hello"]


def test_a_caller_of_another_protocol_may_only_see_and_stop_the_daemon(client: Client):
    client.ask("hello", hello(protocol=2, version="9.0", newer="field"), id=0)
    assert client.error()["data"] == {"kind": "version-skew", "exit": 1}

    client.ask("peer.list", id=1)
    assert client.error()["data"] == {"kind": "version-skew", "exit": 1}

    for method in sorted(protocol.SKEW_PROOF):
        client.ask(method, id=2)
        assert client.result() == STATUS_FIELDS


@pytest.mark.parametrize(("theirs", "older"), [(0, "the caller is older"), (2, "the daemon is older")])
def test_skew_is_told_with_who_is_older_and_what_to_do(theirs: int, older: str):
    with pytest.raises(VersionSkew, match=f"{older}. `peerd daemon restart`"):
        refuse_skew(HelloParams(protocol=theirs, version="0.0.1"))


def test_an_error_of_peerds_own_comes_with_kind_and_exit_code(client: Client):
    client.ask("peer.show", {"peer": "bob"})

    assert client.error() == {
        "code": protocol.PEERD_ERROR,
        "message": "no peer 'bob'",
        "data": {"kind": "unknown-peer", "exit": 1},
    }


def test_a_bug_is_reported_and_the_connection_goes_on(serving: Serving, client: Client):
    client.ask("peer.show", {"peer": "bug"})

    assert client.error() == {"code": protocol.INTERNAL_ERROR, "message": "internal error, logged"}
    assert serving.bugs == [("peer.show", "a bug")]
    client.ask("daemon.status")
    assert client.result() == STATUS_FIELDS


@pytest.mark.parametrize(
    ("garbage", "code"),
    [
        pytest.param(b"\n", protocol.PARSE_ERROR, id="an empty line"),
        pytest.param(b"GET / HTTP/1.1\r\n", protocol.PARSE_ERROR, id="another protocol"),
        pytest.param(b"\xff\x00\xfe\n", protocol.PARSE_ERROR, id="bytes"),
        pytest.param(b"[" * 200_000 + b"\n", protocol.PARSE_ERROR, id="a deep hole"),
        pytest.param(b"[{}]\n", protocol.INVALID_REQUEST, id="a batch"),
        pytest.param(b'{"jsonrpc":"2.0","id":1,"method":"x"}\n', protocol.METHOD_NOT_FOUND, id="no such method"),
        pytest.param(
            b'{"jsonrpc":"2.0","id":1,"method":"peer.show","params":{"peer":"a","x":1}}\n',
            protocol.INVALID_PARAMS,
            id="no such field",
        ),
        pytest.param(
            b'{"jsonrpc":"2.0","id":1,"method":"message.send","params":{"to":"a","body":"\xff"}}\n',
            protocol.INVALID_PARAMS,
            id="a body of no UTF-8",
        ),
    ],
)
def test_malformed_input_gets_an_error_and_the_connection_goes_on(client: Client, garbage: bytes, code: int):
    client.send(garbage)
    assert client.error()["code"] == code

    client.ask("daemon.status", id=9)
    assert client.answer() == {"jsonrpc": "2.0", "id": 9, "result": STATUS_FIELDS}


def test_a_notification_is_carried_out_and_not_answered(serving: Serving, client: Client):
    client.send(b'{"jsonrpc":"2.0","method":"daemon.status"}\n{"jsonrpc":"2.0","method":"nonsense"}\n')
    client.ask("daemon.status", id=2)

    assert client.answer()["id"] == 2
    assert [method for _, method in serving.daemon.asked] == ["daemon.status", "daemon.status"]


def test_a_call_that_waits_holds_up_no_other_of_its_connection(serving: Serving, client: Client):
    client.ask("message.wait", {"id": "m-1"}, id=1)
    client.ask("daemon.status", id=2)

    assert client.answer()["id"] == 2
    assert serving.daemon.waiting == 1


def test_a_body_of_a_mebibyte_in_its_longest_spelling_fits_a_line(client: Client):
    body = "\x01" * (1 << 20)

    client.ask("message.send", {"to": "ada", "body": body})

    assert client.result()["answer"] == body


def test_an_answer_over_the_line_cap_is_refused_with_advice(client: Client):
    client.ask("message.send", {"to": "ada", "body": "x" * (protocol.FRAME_MAX_BYTES - 120)})

    assert client.error()["message"] == "the answer is over 8388608 bytes; ask for less at a time"


def test_a_client_that_shuts_its_sending_half_still_gets_its_answer(client: Client):
    client.ask("daemon.status")
    client.socket.shutdown(1)

    assert client.result() == STATUS_FIELDS
    assert client.answer() is None


def test_a_client_that_shuts_its_sending_half_may_wait_long_for_its_answer(serving: Serving, client: Client):
    client.ask("message.wait", {"id": "m-1"})
    client.socket.shutdown(1)
    eventually(lambda: serving.daemon.waiting == 1)

    serving.release()

    assert client.result() == STATUS_FIELDS


def test_the_waiting_of_a_call_ends_when_its_client_goes(serving: Serving, client: Client):
    client.ask("message.wait", {"id": "m-1"})
    eventually(lambda: serving.daemon.waiting == 1)

    client.close()

    eventually(lambda: serving.daemon.ended == 1)


def test_the_waiting_of_a_call_ends_when_its_half_closed_client_goes(serving: Serving, client: Client):
    client.ask("message.wait", {"id": "m-1"})
    client.socket.shutdown(1)
    eventually(lambda: serving.daemon.waiting == 1)

    client.close()

    eventually(lambda: serving.daemon.ended == 1)


def test_closing_tells_waiting_calls_that_the_daemon_stops(serving: Serving, client: Client, connect: Connect):
    client.ask("message.wait", {"id": "m-1"})
    eventually(lambda: serving.daemon.waiting == 1)

    serving.run(serving.server.close(0))

    assert client.error()["data"] == {"kind": "daemon-lost", "exit": 69}
    assert client.answer() is None
    assert serving.daemon.ended == 1
    with pytest.raises(FileNotFoundError):
        connect()


def test_closing_lets_calls_under_way_end_within_the_grace_and_takes_no_new_ones(serving: Serving, client: Client):
    client.ask("message.wait", {"id": "m-1"}, id=1)
    eventually(lambda: serving.daemon.waiting == 1)

    closing = serving.begin(serving.server.close(0.2))
    client.ask("daemon.status", id=2)

    answers = [client.answer(), client.answer()]
    closing.result(10)
    assert {(answer["id"], answer["error"]["data"]["kind"]) for answer in answers} == {
        (1, "daemon-lost"),
        (2, "daemon-stopping"),
    }
