"""The caller's half of the socket: one blocking call, or several on one connection.

Starts with every command, so it imports neither msgspec nor asyncio, and of sockets the C half: `socket` itself costs
3 ms more, for selectors and enums that nothing here needs. Starts no daemon and retries nothing.
"""

from __future__ import annotations

import _socket
import json
import os
import stat

from peerd import __version__, errors, paths
from peerd.rpc import protocol

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Self

CONNECT_S = 5.0
READ_BYTES = 1 << 16
HELLO_ID = 0

RESTART = "`peerd daemon restart` starts the daemon in this version; sessions live on."


def call(
    method: str,
    params: dict[str, Any],
    *,
    timeout_s: float,
    socket_path: str | None = None,
    token: str | None = None,
) -> dict[str, Any]:
    """One call on a connection of its own. As `Connection.call`."""
    with Connection(socket_path, token) as connection:
        return connection.call(method, params, timeout_s=timeout_s)


class Connection:
    """Several calls, one after another, by one thread at a time. Connects with the first one, and again after a loss.

    The socket is that of the environment unless one is named; likewise the token, which says whose session asks.
    """

    def __init__(self, socket_path: str | None = None, token: str | None = None) -> None:
        self._path = socket_path or paths.daemon_socket(os.environ)
        self._is_named = socket_path is not None
        self._token = token or os.environ.get("PEERD_TOKEN") or None
        self._sock: _socket.socket | None = None
        self._held = b""
        self._last_id = HELLO_ID
        self.greeting: dict[str, Any] = {}  # what the daemon said of itself when it was last connected to

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the connection; the daemon ends the waiting of a call under way, never its effects."""
        if self._sock is not None:
            self._sock.close()
        self._sock, self._held = None, b""

    def call(self, method: str, params: dict[str, Any], *, timeout_s: float) -> dict[str, Any]:
        """The result. Raises what the daemon raised; DaemonNotRunning where none listens, and nothing was asked;
        DaemonLost where it went away, DaemonSilent where it was silent for `timeout_s`: what became of the call is not
        known."""
        self._last_id += 1
        request = _line(self._last_id, method, params)
        if self._sock is None:
            self._sock = self._connected()
            request = self._hello() + request
        try:
            answer = self._exchange(self._sock, request, timeout_s)
        except BaseException:
            self.close()
            raise
        if "error" in answer:
            raise self._error(method, answer["error"])
        result: dict[str, Any] = answer["result"]
        return result

    def _connected(self) -> _socket.socket:
        """Where nobody listens on the socket of this environment, the home's daemon may on another's."""
        try:
            return connected(self._path)
        except errors.DaemonNotRunning:
            from peerd.rpc.owner import elsewhere  # only then: it costs milliseconds

            found = None if self._is_named else elsewhere(os.environ)
            if found is None:
                raise
            self._path = found
            return connected(found)

    def _hello(self) -> bytes:
        greeting = {"protocol": protocol.PROTOCOL, "version": __version__, "token": self._token}
        return _line(HELLO_ID, "hello", greeting)

    def _exchange(self, sock: _socket.socket, request: bytes, timeout_s: float) -> dict[str, Any]:
        sock.settimeout(max(timeout_s, 0.001))
        try:
            _send(sock, request)
            return self._answer(sock)
        except TimeoutError:
            raise errors.DaemonSilent(
                f"the daemon was silent for {timeout_s:g} s; whether it took the request is not known. "
                "`peerd daemon status` tells whether it is well, `peerd daemon restart` should fix it."
            ) from None
        except ConnectionError:
            raise _went_away() from None

    def _answer(self, sock: _socket.socket) -> dict[str, Any]:
        """The answer to the call last made. One with no id speaks of the connection as a whole."""
        while True:
            answer = self._decoded(self._read_line(sock))
            if answer.get("id") in (self._last_id, None):
                return answer
            if answer.get("id") == HELLO_ID and "result" in answer:
                self.greeting = answer["result"]

    def _read_line(self, sock: _socket.socket) -> bytes:
        parts, size = [self._held], len(self._held)
        while b"\n" not in parts[-1]:
            data = sock.recv(READ_BYTES)
            if not data:
                raise _went_away()
            parts.append(data)
            size += len(data)
            if size > protocol.FRAME_MAX_BYTES + READ_BYTES:
                raise self._no_peerd()
        line, _, self._held = b"".join(parts).partition(b"\n")
        return line

    def _decoded(self, line: bytes) -> dict[str, Any]:
        try:
            answer = json.loads(line)
        except (ValueError, RecursionError):
            raise self._no_peerd() from None
        if not isinstance(answer, dict) or not _whole(answer):
            raise self._no_peerd()
        return answer

    def _no_peerd(self) -> errors.PeerdError:
        return errors.InternalError(
            f"what answers on {self._path} does not speak peerd's protocol. "
            "Is PEERD_SOCKET or PEERD_HOME set to somebody else's socket?"
        )

    def _error(self, method: str, error: dict[str, Any]) -> errors.PeerdError:
        text = str(error["message"])
        version = self.greeting.get("version")
        match error["code"]:
            case protocol.PEERD_ERROR:
                data = error.get("data") or {}
                named = _named(str(data.get("kind", "refused")), int(data.get("exit", 1)), text)
                named.retry_s = data.get("retry_s")
                if isinstance(named, errors.DaemonLost):
                    named.said_so = True
                return named
            case protocol.METHOD_NOT_FOUND:
                return errors.VersionSkew(f"the daemon is another version than this command line: {text}. {RESTART}")
            case protocol.INVALID_PARAMS if version not in (None, __version__):
                return errors.VersionSkew(f"the daemon is peerd {version}, this is {__version__}. {RESTART}")
            case protocol.INVALID_PARAMS | protocol.INVALID_REQUEST | protocol.PARSE_ERROR:
                return errors.UsageError(text)
            case _:
                return errors.InternalError(f"{method}: {text}. `peerd tail` may show more.")


def connected(path: str) -> _socket.socket:
    """A connected socket. Raises DaemonNotRunning where nobody listens, NoPlace where too many wait to get in;
    NotPermitted and ConfigError for a path that cannot be a socket of ours."""
    sock = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    sock.settimeout(CONNECT_S)
    try:
        sock.connect(path)
    except OSError as error:
        sock.close()
        raise _unreachable(path, error) from None
    return sock


def _send(sock: _socket.socket, request: bytes) -> None:
    """A daemon that hung up at once is not an error yet: its reason is there to be read."""
    try:
        sock.sendall(request)
    except ConnectionError:
        return


def _unreachable(path: str, error: OSError) -> errors.PeerdError:
    elsewhere = "Correct PEERD_SOCKET or PEERD_HOME."
    match error:
        case FileNotFoundError():
            return _not_running(path)
        case ConnectionRefusedError():
            return (
                _not_running(path) if _is_socket(path) else errors.ConfigError(f"{path} is not a socket. {elsewhere}")
            )
        case PermissionError():
            return errors.NotPermitted(f"{path}: another user's socket, or in another user's folder. {elsewhere}")
        case BlockingIOError() | TimeoutError():
            return errors.NoPlace("the daemon's connection queue is full; nothing was done, try again")
        case _:
            return errors.ConfigError(f"{path}: {error.strerror or error}. {elsewhere}")


def _not_running(path: str) -> errors.PeerdError:
    return errors.DaemonNotRunning(f"no daemon answers on {path}. `peerd daemon start` starts one.")


def _went_away() -> errors.PeerdError:
    return errors.DaemonLost("the daemon went away before it answered; whether it took the request is not known.")


def _is_socket(path: str) -> bool:
    try:
        return stat.S_ISSOCK(os.stat(path).st_mode)
    except OSError:
        return True  # gone meanwhile: a daemon that has just ended


def _line(id: int, method: str, params: dict[str, Any]) -> bytes:
    """One request. Raises UsageError for one that the daemon would not read."""
    asked = {"jsonrpc": "2.0", "id": id, "method": method, "params": params}
    try:
        line = json.dumps(asked, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        strange = error.object[error.start : error.end].encode("utf-8", "surrogateescape")
        raise errors.UsageError(f"{strange!r} is not valid UTF-8. Nothing was done.") from None
    if len(line) > protocol.FRAME_MAX_BYTES:
        raise errors.UsageError(f"the request is over {protocol.FRAME_MAX_BYTES} bytes. Nothing was sent.")
    return line + b"\n"


def _whole(answer: dict[str, Any]) -> bool:
    error = answer.get("error")
    if isinstance(error, dict):
        return isinstance(error.get("code"), int) and "message" in error
    return isinstance(answer.get("result"), dict)


def _named(kind: str, exit_code: int, text: str) -> errors.PeerdError:
    """The error that was raised at the other end, by its kind; one that is unknown here keeps kind and exit code."""
    known = (each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, errors.PeerdError))
    of_text = (each for each in known if not issubclass(each, errors.TmuxError))
    error = next((each for each in of_text if each.kind == kind), errors.PeerdError)(text)
    error.kind, error.exit_code = kind, exit_code
    return error
