"""A small server that speaks the daemon's protocol and answers what a test tells it to."""

import contextlib
import json
import socket
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

Answer = Mapping[str, Any] | Exception | threading.Event | None
"""A result; a PeerdError to be raised at the caller; no answer before this event; or a connection that is cut."""


class Stub:
    """`answers` maps a method to its answer, but the first calls get those of `first`; `asked` is every call but hello,
    in order; `tokens` the tokens shown. `leaves`: nobody listens any more once a connection was cut."""

    leaves = False

    def __init__(self, path: Path) -> None:
        self.answers: dict[str, Answer] = {}
        self.first: list[Answer] = []
        self.asked: list[tuple[str, Mapping[str, Any]]] = []
        self.tokens: list[str | None] = []
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def end(self) -> None:
        with contextlib.suppress(OSError):  # it has left
            self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join(10)
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            with client, client.makefile("rb") as lines:
                for line in lines:
                    answer = self._answered(json.loads(line))
                    if answer is None:
                        if self.leaves:
                            self._listener.close()
                        break
                    with contextlib.suppress(BrokenPipeError):
                        client.sendall(answer)

    def _answered(self, request: Any) -> bytes | None:
        outcome = self._outcome(request["method"], request["params"])
        answer = {"jsonrpc": "2.0", "id": request["id"], **outcome}
        return json.dumps(answer).encode() + b"\n" if outcome else None

    def _outcome(self, method: str, params: Mapping[str, Any]) -> dict[str, Any]:
        if method == "hello":
            self.tokens.append(params["token"])
            return {"result": {"protocol": 1, "version": "0.1.0", "pid": 7, "caller": "operator"}}
        self.asked.append((method, params))
        answer = self.first.pop(0) if self.first else self.answers[method]
        if answer is None:
            return {}
        if isinstance(answer, threading.Event):
            answer.wait(10)
            return {"result": {}}
        if isinstance(answer, Exception):
            data = {"kind": getattr(answer, "kind", ""), "exit": getattr(answer, "exit_code", 1)}
            return {"error": {"code": -32000, "message": str(answer), "data": data}}
        return {"result": dict(answer)}
