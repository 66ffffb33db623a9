"""JSON-RPC 2.0, one object a line: bytes to requests, results and errors to bytes. Pure; reads and writes nothing."""

from typing import Any, Literal, TypeVar

import msgspec

from peerd.errors import PeerdError
from peerd.rpc import protocol

RequestId = int | str | None
P = TypeVar("P", bound=msgspec.Struct)

_UNREADABLE = (ValueError, RecursionError)  # msgspec's and Unicode's errors are ValueErrors; depth is the other
_encode = msgspec.json.encode


class Fault(Exception):
    """A JSON-RPC error: what a caller is told instead of a result. `id` is its request's, where one could be read."""

    def __init__(self, code: int, text: str, data: dict[str, Any] | None = None, id: RequestId = None) -> None:
        super().__init__(text)
        self.code = code
        self.data = data
        self.id = id


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """One call. A call without an id is a notification: it is carried out and never answered."""

    jsonrpc: Literal["2.0"]
    method: str
    params: msgspec.Raw = msgspec.Raw(b"{}")
    id: RequestId | msgspec.UnsetType = msgspec.UNSET


_request = msgspec.json.Decoder(Request)


def decode_request(frame: bytes) -> Request:
    """The request of one line. Raises Fault: parse error, or invalid request with its id."""
    try:
        return _request.decode(frame)
    except _UNREADABLE as error:
        raise _fault(frame, error) from error


def _fault(frame: bytes, error: Exception) -> Fault:
    """What is wrong with a line that is no request: not JSON at all, a batch, or a field amiss."""
    try:
        value = msgspec.json.decode(frame)
    except _UNREADABLE as broken:
        return Fault(protocol.PARSE_ERROR, f"not JSON: {broken}; send one JSON object a line")
    if isinstance(value, list):
        return Fault(protocol.INVALID_REQUEST, "batches are not taken; send one request a line")
    id = value.get("id") if isinstance(value, dict) else None
    known = id if isinstance(id, int | str) and not isinstance(id, bool) else None
    return Fault(protocol.INVALID_REQUEST, f"not a JSON-RPC 2.0 request: {error}", id=known)


def decode_params(request: Request, kind: type[P]) -> P:
    """The params, checked. Raises Fault that names the field."""
    try:
        return msgspec.json.decode(request.params, type=kind)
    except _UNREADABLE as error:
        raise Fault(protocol.INVALID_PARAMS, f"{request.method}: {error}") from error


def encode_result(id: RequestId, result: msgspec.Struct) -> bytes:
    """The answer's line. Raises PeerdError where it would be over the frame cap."""
    line = _encode({"jsonrpc": "2.0", "id": id, "result": result})
    if len(line) > protocol.FRAME_MAX_BYTES:
        raise PeerdError(f"the answer is over {protocol.FRAME_MAX_BYTES} bytes; ask for less at a time")
    return line + b"\n"


def encode_fault(id: RequestId, fault: Fault) -> bytes:
    error: dict[str, Any] = {"code": fault.code, "message": _spelled(str(fault))}
    if fault.data is not None:
        error["data"] = fault.data
    return _encode({"jsonrpc": "2.0", "id": id, "error": error}) + b"\n"


def fault_of(error: PeerdError) -> Fault:
    """One of peerd's own errors as it goes over the socket."""
    data: dict[str, Any] = {"kind": error.kind, "exit": error.exit_code}
    return Fault(protocol.PEERD_ERROR, str(error), data if error.retry_s is None else data | {"retry_s": error.retry_s})


def _spelled(text: str) -> str:
    """A text may quote file names that are no UTF-8; their bytes are spelled out."""
    return text.encode("utf-8", "backslashreplace").decode()


class Frames:
    """Cuts a stream of bytes into lines. Never holds more than the cap: of a longer line nothing is kept, one fault
    tells of it, and the stream goes on after its newline."""

    def __init__(self, max_bytes: int = protocol.FRAME_MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._held = bytearray()
        self._dropping = False

    def feed(self, data: bytes) -> list[bytes | Fault]:
        """The lines that these bytes complete, in order, and a fault where one just grew too long."""
        found: list[bytes | Fault] = []
        *ends, rest = data.split(b"\n")
        for end in ends:
            self._take(end, found)
            if not self._dropping:
                found.append(bytes(self._held))
            self._held.clear()
            self._dropping = False
        self._take(rest, found)
        return found

    def _take(self, part: bytes, found: list[bytes | Fault]) -> None:
        if self._dropping:
            return
        if len(self._held) + len(part) <= self._max_bytes:
            self._held += part
            return
        self._held.clear()
        self._dropping = True
        text = f"a line is at most {self._max_bytes} bytes; this one was skipped"
        found.append(Fault(protocol.INVALID_REQUEST, text))
