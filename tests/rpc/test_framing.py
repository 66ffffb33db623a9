"""Bytes to requests and back, without a socket."""

import json

import hypothesis.strategies as st
import msgspec
import pytest
from hypothesis import given, settings

from peerd.errors import PaneDead, UnknownPeer
from peerd.rpc import framing, protocol
from peerd.rpc.framing import Fault, Frames
from peerd.rpc.params import MessageSendParams, PeerParams
from peerd.rpc.results import DaemonStopped


def line(**fields: object) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": "peer.show", "params": {"peer": "ada"}} | fields).encode()


def seen(frames: list[bytes | Fault]) -> list[bytes | int]:
    return [frame.code if isinstance(frame, Fault) else frame for frame in frames]


@pytest.mark.parametrize("id", [0, -7, 2**70, "a", "", None], ids=repr)
def test_a_request_keeps_its_id(id: framing.RequestId):
    assert framing.decode_request(line(id=id)).id == id


def test_a_request_without_an_id_is_a_notification():
    request = framing.decode_request(b'{"jsonrpc":"2.0","method":"peer.list"}')

    assert (request.id, bytes(request.params)) == (msgspec.UNSET, b"{}")


@pytest.mark.parametrize(
    ("frame", "code", "id"),
    [
        pytest.param(b"", protocol.PARSE_ERROR, None, id="nothing"),
        pytest.param(b"{", protocol.PARSE_ERROR, None, id="half an object"),
        pytest.param(b"\xff\xfe", protocol.PARSE_ERROR, None, id="no text"),
        pytest.param(b'{"jsonrpc":"2.0","id":1,"method":"\xff"}', protocol.PARSE_ERROR, None, id="no UTF-8 inside"),
        pytest.param(b"[" * 100_000, protocol.PARSE_ERROR, None, id="too deep"),
        pytest.param(b'{"jsonrpc":"1.0","id":1,"method"', protocol.PARSE_ERROR, None, id="cut after a wrong field"),
        pytest.param(b"[]", protocol.INVALID_REQUEST, None, id="an empty batch"),
        pytest.param(b"[" + line() + b"]", protocol.INVALID_REQUEST, None, id="a batch"),
        pytest.param(b"3", protocol.INVALID_REQUEST, None, id="a number"),
        pytest.param(b"{}", protocol.INVALID_REQUEST, None, id="no fields"),
        pytest.param(line(jsonrpc="1.0"), protocol.INVALID_REQUEST, 1, id="another version"),
        pytest.param(line(method=3, id="x"), protocol.INVALID_REQUEST, "x", id="a method that is no text"),
        pytest.param(line(id=1.5), protocol.INVALID_REQUEST, None, id="a broken id"),
        pytest.param(line(id=True), protocol.INVALID_REQUEST, None, id="a truth for an id"),
        pytest.param(line(id={}), protocol.INVALID_REQUEST, None, id="an object for an id"),
    ],
)
def test_a_malformed_line_is_a_fault_with_the_id_if_one_can_be_read(frame: bytes, code: int, id: framing.RequestId):
    with pytest.raises(Fault) as caught:
        framing.decode_request(frame)

    assert (caught.value.code, caught.value.id) == (code, id)


def test_a_batch_is_told_to_come_line_by_line():
    with pytest.raises(Fault, match="batches are not taken; send one request a line"):
        framing.decode_request(b"[" + line() + b"]")


@pytest.mark.parametrize(
    ("params", "text"),
    [
        pytest.param({"peer": "ada", "pear": 1}, "peer.show: Object contains unknown field `pear`", id="unknown"),
        pytest.param({}, "peer.show: Object missing required field `peer`", id="missing"),
        pytest.param({"peer": 3}, "peer.show: Expected `str`, got `int` - at `$.peer`", id="wrong type"),
        pytest.param(["ada"], "peer.show: Expected `object`, got `array`", id="by position"),
        pytest.param(None, "peer.show: Expected `object`, got `null`", id="null"),
    ],
)
def test_params_that_do_not_fit_name_their_field(params: object, text: str):
    request = framing.decode_request(line(params=params))

    with pytest.raises(Fault) as caught:
        framing.decode_params(request, PeerParams)

    assert (caught.value.code, str(caught.value)) == (protocol.INVALID_PARAMS, text)


def test_a_wait_longer_than_a_week_is_refused_by_name():
    request = framing.decode_request(line(params={"to": "ada", "body": "x", "timeout_s": 1e9}))

    with pytest.raises(Fault, match=r"\$\.timeout_s"):
        framing.decode_params(request, MessageSendParams)


def test_a_result_goes_out_as_one_line():
    assert framing.encode_result("a", DaemonStopped(pid=7)) == b'{"jsonrpc":"2.0","id":"a","result":{"pid":7}}\n'


@pytest.mark.parametrize(
    ("error", "data"),
    [
        pytest.param(UnknownPeer("no peer"), {"kind": "unknown-peer", "exit": 1}, id="by its own kind"),
        pytest.param(PaneDead("paste", "gone"), {"kind": "pane-dead", "exit": 1}, id="by the narrowest kind"),
    ],
)
def test_an_error_of_peerds_own_carries_kind_and_exit_code(error: UnknownPeer, data: dict[str, object]):
    answer = json.loads(framing.encode_fault(4, framing.fault_of(error)))

    assert answer == {
        "jsonrpc": "2.0",
        "id": 4,
        "error": {"code": protocol.PEERD_ERROR, "message": str(error), "data": data},
    }


def test_an_error_that_quotes_a_file_name_of_no_utf8_can_be_sent():
    answer = json.loads(framing.encode_fault(1, framing.fault_of(UnknownPeer("/tmp/\udcff"))))

    assert answer["error"]["message"] == "/tmp/\\udcff"


@pytest.mark.parametrize("cap", [5, 8])
def test_a_line_at_the_cap_is_whole(cap: int):
    assert seen(Frames(cap).feed(b"x" * cap + b"\n")) == [b"x" * cap]


@pytest.mark.parametrize("at_once", [1, 3, 100])
def test_a_longer_line_is_one_fault_and_the_next_line_is_whole(at_once: int):
    frames, data, found = Frames(8), b"ab\n" + b"x" * 20 + b"\nnext\n", []

    for at in range(0, len(data), at_once):
        found += seen(frames.feed(data[at : at + at_once]))

    assert found == [b"ab", protocol.INVALID_REQUEST, b"next"]


@given(st.lists(st.binary(max_size=12)))
@settings(deadline=None)
def test_the_cut_does_not_depend_on_how_the_bytes_arrive(parts: list[bytes]):
    piecewise, frames = [], Frames(8)
    for part in parts:
        piecewise += seen(frames.feed(part))

    assert piecewise == seen(Frames(8).feed(b"".join(parts)))


JSON = st.recursive(
    st.none() | st.text() | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
)


@given(st.binary() | JSON.map(lambda value: json.dumps(value).encode()))
@settings(deadline=None, max_examples=60)
def test_whatever_the_bytes_a_line_is_a_request_or_a_fault(data: bytes):
    assert verdict(data) in {protocol.PARSE_ERROR, protocol.INVALID_REQUEST, protocol.INVALID_PARAMS, None}


def verdict(data: bytes) -> int | None:
    try:
        framing.decode_params(framing.decode_request(data), PeerParams)
    except Fault as fault:
        return fault.code
    return None
