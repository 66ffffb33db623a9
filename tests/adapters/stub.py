"""A daemon's socket with nobody behind it: it takes every call down and answers what it was told to."""

import json
import socket
import threading
from collections.abc import Callable
from typing import Any

Answer = Callable[[str, dict[str, Any]], dict[str, Any]]


def accepted(method: str, params: dict[str, Any]) -> dict[str, Any]:
    return {"result": {"id": params["id"], "to": params["to"], "state": "accepted"}}


def refused(method: str, params: dict[str, Any]) -> dict[str, Any]:
    return {"error": {"code": -32000, "message": "no such peer", "data": {"kind": "unknown-peer", "exit": 1}}}


class StubDaemon:
    """`calls` are (token, method, params) in the order they came, but for the hello."""

    def __init__(self, path: str, answer: Answer = accepted) -> None:
        self.calls: list[tuple[str | None, str, dict[str, Any]]] = []
        self._answer = answer
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.bind(path)
        self._socket.listen()
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._socket.accept()
            except OSError:
                return
            with client, client.makefile("rwb") as stream:
                self._talk(stream)

    def _talk(self, stream: Any) -> None:
        token = None
        for line in stream:
            asked = json.loads(line)
            if asked["method"] == "hello":
                token = asked["params"]["token"]
                said: dict[str, Any] = {"result": {"protocol": 1, "version": "0.1.0", "pid": 1, "caller": "actor-ada"}}
            else:
                self.calls.append((token, asked["method"], asked["params"]))
                said = self._answer(asked["method"], asked["params"])
            stream.write(json.dumps({"jsonrpc": "2.0", "id": asked["id"]} | said).encode() + b"\n")
            stream.flush()
