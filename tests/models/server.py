"""A model server on loopback for the real runtimes: Anthropic Messages and OpenAI Responses, told what to say by the
messages themselves (see `script`). Keeps every request it got. Nothing leaves the machine.
"""

import contextlib
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import ModuleType
from typing import Any, NamedTuple

from tests.models import anthropic, openai
from tests.models.script import Script, pieces, script

Event = tuple[str, dict[str, Any]]
APIS: dict[str, ModuleType] = {"/messages": anthropic, "/responses": openai}
PIECES_A_SECOND = 10


class Request(NamedTuple):
    """One request for a turn, when it came (`time.time`), and whether its answer was read to the end."""

    api: ModuleType
    at: float
    body: dict[str, Any]
    read: threading.Event

    @property
    def users_texts(self) -> list[str]:
        found: list[str] = self.api.users_texts(self.body)
        return found


class Models:
    """`requests` holds those that belong to turns, in the order they came. As long as it is `refusing` it answers each
    with that HTTP status, and with these headers."""

    refusing: tuple[int, dict[str, str]] | None = None

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.closing = threading.Event()
        self._failed: Counter[str] = Counter()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.models = self
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def still_fails(self, wanted: Script, text: str) -> bool:
        """Counts the tries."""
        self._failed[text] += 1
        return wanted.fail is not None and (wanted.fail_times is None or self._failed[text] <= wanted.fail_times)

    def close(self) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    models: Models


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing on the tests' output."""

    def do_HEAD(self) -> None:
        self._whole(200, b"")

    def do_GET(self) -> None:
        self._json(200, {"data": [], "models": []})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
        path = self.path.partition("?")[0]
        api = next((api for end, api in APIS.items() if path.endswith(end)), None)
        if api is None:
            self._json(200, {"input_tokens": 1000})
            return
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self._answer(api, body)

    def _answer(self, api: ModuleType, body: dict[str, Any]) -> None:
        text, has_result = api.newest(body)
        wanted = script(text)
        request = Request(api, time.time(), body, threading.Event())
        if api.is_turn(body):
            self.server.models.requests.append(request)
        else:
            wanted = Script("a title")
        refused = self.server.models.refusing
        if refused is not None:
            self._json(refused[0], api.failure(refused[0]), refused[1])
            return
        if wanted.fail is not None and self.server.models.still_fails(wanted, text):
            self._json(wanted.fail, api.failure(wanted.fail))
            return
        self._stream(api, wanted, has_result)
        request.read.set()

    def _stream(self, api: ModuleType, wanted: Script, has_result: bool) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        self._event(api.begin())
        if wanted.hang:
            self.server.models.closing.wait()
            return
        parts = pieces(wanted.say, max(1, round(wanted.slow_s * PIECES_A_SECOND)))
        for event in api.say(parts) if has_result else _wanted(api, wanted) or api.say(parts):
            self._event(event)
            if "delta" in event[0] and wanted.slow_s:
                self.server.models.closing.wait(wanted.slow_s / len(parts))

    def _event(self, event: tuple[str, dict[str, Any]]) -> None:
        name, data = event
        self.wfile.write(f"event: {name}\ndata: {json.dumps(data)}\n\n".encode())
        self.wfile.flush()

    def _json(self, status: int, answer: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        self._whole(status, json.dumps(answer).encode(), headers or {})

    def _whole(self, status: int, data: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def _wanted(api: ModuleType, wanted: Script) -> Iterator[Event] | None:
    """The tool to be used, if any."""
    if wanted.tool is not None:
        found: Iterator[Event] = api.use(*wanted.tool)
        return found
    return api.run(wanted.run, wanted.asks) if wanted.run is not None else None


@contextlib.contextmanager
def models() -> Iterator[Models]:
    serving = Models()
    try:
        yield serving
    finally:
        serving.close()
